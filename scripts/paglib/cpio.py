# SPDX-License-Identifier: BSD-2-Clause
"""Writes a cpio archive as Linux takes it for its initial RAM disk ("newc"). Data lie on pages, so
that the guest maps them where they are."""
import os
import stat

from . import PagError

PAGE = 4096
HEADER = 110
SIZE_MAX = (1 << 32) - 1  # eight hexadecimal digits


def header(name, mode, size, number, mtime=0, pad_to_page=False, at=0):
    """One entry's header that begins at offset at, with the name and what aligns the data."""
    name = os.fsencode(name) + b"\0"
    if pad_to_page:
        name += bytes(-(at + HEADER + len(name)) % PAGE)
    head = b"070701" + b"".join(b"%08x" % value for value in (
        number, mode, 0, 0, 1, mtime, size, 0, 0, 0, 0, len(name), 0)) + name
    return head + bytes(-len(head) % 4)


def write(out, entries):
    """entries: {guest path: source}. source: a path of this machine (str), bytes (a file of 0644),
    ("link", text) or ("dir", mode). out: a file open for writing. Returns the size."""
    at = 0
    for number, (name, source) in enumerate(sorted(entries.items()), 1):
        data, mtime = b"", 0
        if isinstance(source, bytes):
            data, mode = source, stat.S_IFREG | 0o644
        elif isinstance(source, tuple):
            kind, value = source
            mode = stat.S_IFLNK | 0o777 if kind == "link" else stat.S_IFDIR | value
            data = os.fsencode(value) if kind == "link" else b""
        else:
            with open(source, "rb") as file:
                about = os.fstat(file.fileno())
                data = file.read()
            mode = stat.S_IFREG | stat.S_IMODE(about.st_mode)
            mtime = max(0, min(int(about.st_mtime), SIZE_MAX))
        if len(data) > SIZE_MAX:
            raise PagError(f"{name}: larger than 4 GiB, which an archive cannot hold")
        head = header(name.lstrip("/"), mode, len(data), number, mtime,
                      stat.S_ISREG(mode) and bool(data), at)
        out.write(head + data + bytes(-len(data) % 4))
        at += len(head) + len(data) + -len(data) % 4
    tail = header("TRAILER!!!", 0, 0, 0)
    out.write(tail)
    return at + len(tail)
