# SPDX-License-Identifier: BSD-2-Clause
"""debug_defconfig finds the bugs that are planted, says where they are, and finds none elsewhere."""
import re

import pytest

from conftest import boot, make

APPS = ("memory", "signals", "syscalls", "threads")


def build(out, options):
    make(f"O={out}", "debug_defconfig")
    config = (out / ".config").read_text(encoding="utf-8")
    (out / ".config").write_text(config + "CONFIG_PLANTED_BUGS=y\n" + options, encoding="utf-8")
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "APP=" + " ".join(f"tests/guest/{name}" for name in APPS))
    return out


@pytest.fixture(scope="module")
def image(work):
    return build(work / "debug", "")


@pytest.fixture(scope="module")
def without_kasan(work):
    """Where the guards find what the sanitizer would have found before."""
    return build(work / "guards", "# CONFIG_KASAN is not set\n")


def find(image, bug, message):
    status, said = boot(image, append=f"pagurus.program=hello pagurus.plant={bug}")
    assert status not in (0, None), said
    assert re.search("^PANIC: (" + message + ")", said, re.M), said
    # One of them happens in a thread of its own.
    assert "was not found" not in said and ("plant_bug+" in said or bug == "mutex_end"), said


@pytest.mark.parametrize("bug,message", [
    ("frame_after_free", r"frame_alloc: \S+ was written to while free"),
    ("frame_twice", r"frame_free: \S+ \(order 2\) is free already"),
    ("heap_overflow", r"kasan: write of 1 bytes where nothing is allocated: at byte 100 of the "
                      r"100 at \S+ \(from heap_overflow\+\S+\), by heap_overflow\+"),
    ("heap_underflow", r"kasan: write of 1 bytes where .*: at byte -40 of the 128 at "),
    ("heap_after_free", r"kasan: write of 1 bytes after it was freed: at byte 7 of the 300 at "),
    ("heap_read", r"kasan: read of \d bytes where .* of the 100 at .*by memcpy\+"),
    ("heap_read_freed", r"kasan: read of 1 bytes after it was freed: at byte 7 of the 300 at "),
    ("heap_twice", r"heap: freed twice: 100 bytes at "),
    ("lock_order", r"lock order: &first \(core/plant\.c:\d+\) is taken while &third "
                   r"\(core/plant\.c:\d+\) is held; the other way round, after &second "),
    ("lock_twice", r"lock order: &first \S+ is taken again"),
    ("lock_sleep", r"lock order: a thread sleeps while it holds &first \(core/plant\.c:\d+\)"),
    ("lock_unheld", r"lock order: the lock at \S+ is released, but this CPU does not"),
    ("mutex_order", r"lock order: b \(core/plant\.c:\d+\) is taken while a \(core/plant\.c:\d+\) is "
                    r"held; the other way round, after b \(core/plant\.c:\d+\), it was seen before"),
    ("mutex_twice", r"lock order: b \S+ is taken again, by who took it as a \S+$"),
    ("mutex_unheld", r"lock order: the lock at \S+ is released, but this thread does not"),
    ("mutex_end", r"lock order: a thread ends while it holds &outer \(core/plant\.c:\d+\)")])
def test_planted_bug_is_found(image, bug, message):
    find(image, bug, message)


@pytest.mark.parametrize("bug,message", [
    ("heap_overflow", r"heap: written beyond the end: byte 100 of the 100 at \S+ "
                      r"\(from heap_overflow\+"),
    ("heap_underflow", r"heap: written before the beginning: byte -40 of the 128 at "),
    ("heap_after_free", r"heap: written after it was freed: byte 7 of the 300 at ")])
def test_guards_find_planted_bug(without_kasan, bug, message):
    find(without_kasan, bug, message)


def test_no_bug_is_found_without_one(image):
    status, said = boot(image, append="pagurus.program=hello")
    assert status == 0 and "PANIC" not in said, said


@pytest.mark.parametrize("vcpus", [1, 4])
@pytest.mark.parametrize("name", APPS)
def test_guest_programs(image, name, vcpus):
    status, said = boot(image, f"--smp={vcpus}", append=f"pagurus.program=test-{name}", timeout=300)
    assert status == 0 and "PANIC" not in said, said[-3000:]
