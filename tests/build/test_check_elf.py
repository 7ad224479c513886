# SPDX-License-Identifier: BSD-2-Clause
"""scripts/check-elf must notice each broken rule: an image is broken in one way after the other."""
import struct

import pytest

from conftest import TREE, make, run

PT_LOAD, PT_NOTE = 1, 4
PHDR = 56


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """An image with all three boot protocols."""
    out = tmp_path_factory.mktemp("elf") / "out"
    make(f"O={out}", "allyesconfig", "all")
    return (out / "pagurus.elf").read_bytes()


def check(path, data):
    path.write_bytes(data)
    done = run([TREE / "scripts/check-elf", path])
    return done.returncode, done.stdout


def headers(data, kind):
    """Offsets of the program headers of a kind."""
    start, = struct.unpack_from("<Q", data, 32)
    count, = struct.unpack_from("<H", data, 56)
    return [start + i * PHDR for i in range(count)
            if struct.unpack_from("<I", data, start + i * PHDR)[0] == kind]


def put(data, fmt, at, value):
    struct.pack_into("<" + fmt, data, at, value)


def add(data, fmt, at, value):
    put(data, fmt, at, struct.unpack_from("<" + fmt, data, at)[0] + value)


def note(data):
    return struct.unpack_from("<Q", data, headers(data, PT_NOTE)[0] + 8)[0]


def multiboot1(data):
    return data.index(struct.pack("<I", 0x1BADB002))


def multiboot2(data):
    return data.index(struct.pack("<I", 0xE85250D6))


def second_note(data):
    loads = headers(data, PT_LOAD)
    put(data, "I", loads[-1], PT_NOTE)


def no_addresses(data):
    at = multiboot1(data)
    put(data, "I", at + 4, 3)
    put(data, "I", at + 8, -(0x1BADB002 + 3) & 0xFFFFFFFF)


BREAKS = {
    "not a little-endian": lambda d: put(d, "B", 4, 1),
    "not for x86-64": lambda d: put(d, "H", 18, 3),
    "ET_EXEC": lambda d: put(d, "H", 16, 3),
    "at or above 1 MiB": lambda d: put(d, "Q", 24, 0x80000),
    "is not the physical address of code": lambda d: put(d, "Q", 24, 0x200000000),
    "overlap or are not sorted": lambda d: put(d, "Q", headers(d, PT_LOAD)[1] + 24, 0x100000),
    "shares a page": lambda d: add(d, "Q", headers(d, PT_LOAD)[1] + 24, -1),
    "below 1 MiB, where": lambda d: put(d, "Q", headers(d, PT_LOAD)[0] + 24, 0x1000),
    "larger in the file": lambda d: put(d, "Q", headers(d, PT_LOAD)[0] + 40, 1),
    "ends behind the file": lambda d: put(d, "Q", headers(d, PT_LOAD)[2] + 32, 1 << 30),
    "modulo its alignment": lambda d: add(d, "Q", headers(d, PT_LOAD)[0] + 8, 8),
    "writable and executable": lambda d: put(d, "I", headers(d, PT_LOAD)[0] + 4, 7),
    "loaders differ in which": second_note,
    "has alignment 8, not 4": lambda d: put(d, "Q", headers(d, PT_NOTE)[0] + 48, 8),
    "not those of one Xen note": lambda d: put(d, "Q", headers(d, PT_NOTE)[0] + 32, 48),
    "the note is not Xen's": lambda d: put(d, "I", note(d) + 12, 0x00584E47),
    "not 18": lambda d: put(d, "I", note(d) + 8, 2),
    "has 4 bytes, not 8": lambda d: put(d, "I", note(d) + 4, 4),
    "has a top half": lambda d: put(d, "I", note(d) + 20, 1),
    "PVH entry": lambda d: put(d, "I", note(d) + 16, 0x1000),
    "no address fields": no_addresses,
    "contradict": lambda d: put(d, "I", multiboot1(d) + 16, 0x7FFFFFFF),
    "lies elsewhere": lambda d: add(d, "I", multiboot1(d) + 12, -16),
    "section headers lie outside": lambda d: put(d, "Q", 40, len(d)),
    "memory ends behind bss_end": lambda d: put(
        d, "I", multiboot1(d) + 24, struct.unpack_from("<I", d, multiboot1(d) + 20)[0]),
    "is not in code": lambda d: put(d, "I", multiboot1(d) + 28, 0x1000),
    "no address tag": lambda d: put(d, "H", multiboot2(d) + 16, 99),
}


def test_the_unbroken_image_passes(image, tmp_path):
    status, said = check(tmp_path / "image", image)
    assert status == 0, said
    assert "MULTIBOOT, MULTIBOOT2, PVH" in said


@pytest.mark.parametrize("message", BREAKS)
def test_broken_image_is_refused(image, tmp_path, message):
    data = bytearray(image)
    BREAKS[message](data)
    status, said = check(tmp_path / "image", data)
    assert status == 1
    assert message in said, said


def test_every_cut_is_refused_without_a_crash(image, tmp_path):
    for length in [0, 1, 63, 64, 200, 4096, 5000, len(image) // 2]:
        status, said = check(tmp_path / "image", image[:length])
        assert status == 1 and "Traceback" not in said, (length, said)
