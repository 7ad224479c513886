# SPDX-License-Identifier: BSD-2-Clause
"""Random addresses: every part of a program elsewhere at each boot, and the same where asked."""
import re

import pytest

import cpio
from conftest import boot, modules_image

PAGE = 4096
LIBC = "/lib/x86_64-linux-gnu/libc.so.6"
PARTS = {"program": r"AT_PHDR: +0x(\w+)", "linker": r"AT_BASE: +0x(\w+)",
         "vDSO": r"AT_SYSINFO_EHDR: +0x(\w+)", "stack": r"AT_RANDOM: +0x(\w+)",
         "library": r"^(\w+)-.*libc\.so\.6", "heap": r"^(\w+)-.*\[heap\]"}


@pytest.fixture(scope="module")
def image(work):
    return modules_image(work / "modules")


@pytest.fixture(scope="module")
def cat(tmp_path_factory):
    """Debian's cat, position-independent and dynamic."""
    module = tmp_path_factory.mktemp("aslr") / "cat.cpio"
    files = {"lib": "usr/lib", "lib64": "usr/lib64", "bin": "usr/bin"}
    files |= cpio.from_machine("/usr/bin/cat", "/usr" + LIBC, "/usr/lib64/ld-linux-x86-64.so.2")
    module.write_bytes(cpio.archive(files))
    return module


def places(image, cat, words="", *options):
    """Where the parts lie, and what else was said."""
    status, said = boot(image, f"--initrd={cat}", *options, args=["/proc/self/maps"],
                        append=f"pagurus.program=/usr/bin/cat LD_SHOW_AUXV=1 {words}")
    assert status == 0, said
    found = {name: re.search(pattern, said, re.M) for name, pattern in PARTS.items()}
    assert all(found.values()), said
    return {name: int(match.group(1), 16) for name, match in found.items()}, said


def test_every_part_moves(image, cat):
    boots = [places(image, cat)[0] for _ in range(3)]
    for name in PARTS:
        assert len({where[name] for where in boots}) == 3, (name, boots)
    # Program, mmap and stack by themselves: no distance between two of them stays.
    for one, other in (("program", "linker"), ("linker", "stack"), ("program", "heap")):
        assert len({where[one] - where[other] for where in boots}) > 1, (one, other, boots)
    for where in boots:
        assert where["program"] < where["heap"] < where["library"] < where["stack"]


def test_far_enough(image, cat):
    """Of the bits that may differ, some high ones do: three boots agree in the top 12 of 28 bits once in
    16 million."""
    boots = [places(image, cat)[0] for _ in range(3)]
    for name in ("program", "linker"):
        assert len({where[name] // PAGE >> 16 for where in boots}) > 1, (name, boots)
    assert len({where["stack"] >> 24 for where in boots}) > 1, boots


def test_noaslr_repeats(image, cat):
    first, second = (places(image, cat, "pagurus.noaslr")[0] for _ in range(2))
    assert first == second


def test_without_rdrand(image, cat):
    """It says so."""
    assert "ASLR: the CPU has no RDRAND" in places(image, cat, "", "--cpu=qemu64")[1]
    assert "ASLR" not in places(image, cat)[1]
    assert "ASLR" not in places(image, cat, "pagurus.noaslr", "--cpu=qemu64")[1]
