#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the seed inputs in tests/fuzz/corpus, one folder for each target: what real loaders hand
over, so that the fuzzer begins behind the magic numbers. Run it again after changing it; the files
are checked in."""
import gzip
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import cpio  # noqa: E402  tests/ must be on the path first

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
BASE = 0x1000  # FUZZ_BASE: physical address of the input's first byte

MAP = [(0, 0x9FC00, 1), (0x9FC00, 0x400, 2), (0xF0000, 0x10000, 2), (0x100000, 0x7EE0000, 1),
       (0x7FE0000, 0x20000, 3), (0xFFFC0000, 0x40000, 2), (0x100000000, 0x40000000, 1)]


def write(target, name, data):
    folder = os.path.join(HERE, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def place(parts):
    """Lays parts one behind the other, 8-aligned. Returns (bytes, their physical addresses)."""
    data, places = b"", []
    for part in parts:
        data += bytes(-len(data) % 8)
        places.append(BASE + len(data))
        data += part
    return data, places


def pvh(version, modules):
    parts = [bytes(56), b"one two pagurus.loglevel=7\0", b"initrd a\0", bytes(32 * modules),
             b"".join(struct.pack("<QQII", *entry, 0) for entry in MAP)]
    _, at = place(parts)
    parts[3] = b"".join(struct.pack("<QQQQ", 0x2000000 + i * 0x10000, 0x8123, at[2], 0)
                        for i in range(modules))
    parts[0] = struct.pack("<IIIIQQQQII", 0x336EC578, version, 0, modules, at[3], at[1],
                           0xFC000000, at[4], len(MAP), 0)
    return place(parts)[0]


def multiboot(flags, modules):
    parts = [bytes(68), b"pagurus one two\0", b"qemu\0", bytes(16 * modules),
             b"".join(struct.pack("<IQQI", 20, *entry) for entry in MAP)]
    _, at = place(parts)
    parts[3] = b"".join(struct.pack("<IIII", 0x2000000 + i * 0x10000, 0x2008123 + i * 0x10000,
                                    at[1], 0) for i in range(modules))
    parts[0] = struct.pack("<IIIIIIIIIIIIIIIII", flags, 639, 0x1FB80, 0, at[1], modules, at[3],
                           0, 0, 0, 0, len(parts[4]), at[4], 0, 0, 0, at[2])
    return place(parts)[0]


def tag(number, body):
    data = struct.pack("<II", number, 8 + len(body)) + body
    return data + bytes(-len(data) % 8)


def multiboot2(tags):
    data = b"".join(tags)
    return struct.pack("<II", 8 + len(data), 0) + data


MB2_MAP = tag(6, struct.pack("<II", 24, 0) +
              b"".join(struct.pack("<QQII", *entry, 0) for entry in MAP))
MB2_REST = [tag(1, b"one two\0"), tag(2, b"GRUB 2.06-13\0"),
            tag(3, struct.pack("<II", 0x2000000, 0x2008123) + b"initrd\0"),
            tag(4, struct.pack("<II", 639, 0x1FB80)), tag(14, b"RSD PTR " + bytes(12)),
            tag(15, b"RSD PTR " + bytes(28)), tag(21, bytes(4))]


def memmap():
    data = b"".join(struct.pack("<BQQ", 0 if kind == 1 else 1, start, size)
                    for start, size, kind in sorted(MAP, key=lambda e: e[2]))
    return data + struct.pack("<BQQ", 2, 0x100000, 0x125000)


def elf(kind, base):
    """A small static program; kind is ET_EXEC (2) or ET_DYN (3)."""
    loads = [(1, 4, 0, base, 0x1C0, 0x1C0, 0x1000), (1, 5, 0x1C0, base + 0x11C0, 64, 64, 0x1000),
             (1, 6, 0x200, base + 0x2200, 32, 0x1000, 0x1000),
             (7, 4, 0x200, base + 0x2200, 8, 24, 8), (0x6474E551, 6, 0, 0, 0, 0, 16),
             (6, 4, 64, base + 64, 6 * 56, 6 * 56, 8)]
    data = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", kind, 62, 1, base + 0x11C8, 64, 0, 0,
                       64, 56, len(loads), 0, 0, 0)
    data += b"".join(struct.pack("<IIQQQQQQ", kind_, flags, offset, start, 0, size, memory, align)
                     for kind_, flags, offset, start, size, memory, align in loads)
    return data + bytes(0x220 - len(data))


def lz4(flags):
    """A frame with a block that is stored and one that is not; checksums as the target has them: 0."""
    word = struct.pack("<I", 0)
    check = word if flags & 0x10 else b""
    packed = b"\x52hello\x05\x00\x50world"
    data = struct.pack("<IBB", 0x184D2204, flags, 0x40)
    data += struct.pack("<Q", 5 + 16) if flags & 8 else b""
    data += b"\0" + struct.pack("<I", 0x80000005) + b"plain" + check
    data += struct.pack("<I", len(packed)) + packed + check + word
    return data + (word if flags & 4 else b"")


def main():
    write("gunzip", "members", gzip.compress(b"one" * 99, mtime=0) + gzip.compress(b"two", 0, mtime=0))
    write("unlz4", "independent", lz4(0x60 | 0x1C))
    write("unlz4", "linked", lz4(0x40) + struct.pack("<II", 0x184D2A51, 4) + b"skip" + bytes(8))
    write("unlz4", "legacy", struct.pack("<II", 0x184C2102, 14) + b"\x52hello\x05\x00\x50world")
    write("unzstd", "frames", subprocess.run(["zstd", "-c19q"], input=b"one two " * 99, check=True,
                                             stdout=subprocess.PIPE).stdout + bytes(4)
          + struct.pack("<IIB", 0xFD2FB528, 0x190520, 0) + b"hello" + struct.pack("<II", 0x184D2A50, 0))
    write("pvh", "version1", pvh(1, 2))
    write("pvh", "version0", pvh(0, 0)[:40])
    write("multiboot", "qemu", multiboot(0x24F, 2))
    write("multiboot", "meminfo", multiboot(0x001, 0))
    write("multiboot2", "grub", multiboot2(MB2_REST + [MB2_MAP, tag(0, b"")]))
    write("multiboot2", "meminfo", multiboot2([MB2_REST[3], tag(0, b"")]))
    write("memmap", "typical", memmap())
    write("elf", "static", elf(2, 0x400000))
    write("elf", "static-pie", elf(3, 0))
    write("cpio", "archive", cpio.archive({"dir": None, "dir/file": b"content", "./link": "dir/file",
                                           "dev/null": (0o20666, b"")}))
    write("cpio", "aligned", cpio.archive({"file": b"content"}, align=True))
    # The first byte: how often memory is short, and whether the archive comes twice.
    write("initrd", "archive", b"\x83" + cpio.archive({
        "dir/file": b"content", "link": "dir", "dir": None, "dir/more": (0o100600, b""),
        "link/x": b"", "f": (0o10600, b""), "f/y": b"y"}))
    linked = [cpio.entry(name, 0o100644, data, ino=7, nlink=3) for name, data in
              (("a/x", b""), ("b", b"data"), ("a/y", b""))]
    write("initrd", "linked", b"\0" + cpio.entry("a/x", 0o100600, b"old") + b"".join(linked))
    write("params", "words", b"one 'two three' A=1 pagurus.loglevel=7 -- B=2 \"x\\\"y\"")
    write("params", "number", b"0x10M")


if __name__ == "__main__":
    main()
