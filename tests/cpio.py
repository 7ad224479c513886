# SPDX-License-Identifier: BSD-2-Clause
"""Writes cpio archives of the kind that Linux takes as initial RAM disk ("newc")."""
import os
import stat

PAGE = 4096


def entry(name, mode, data=b"", ino=0, nlink=1, mtime=0, rdev=(0, 0), align=False, at=0):
    """One entry that begins at offset at. align: names get NULs until the data lie on a page."""
    name = name.encode() + b"\0"
    if align and data:
        name += bytes(-(at + 110 + len(name)) % PAGE)
    head = b"070701" + b"".join(b"%08x" % value for value in (
        ino, mode, 0, 0, nlink, mtime, len(data), 0, 0, rdev[0], rdev[1], len(name), 0)) + name
    head += bytes(-len(head) % 4)
    return head + data + bytes(-len(data) % 4)


def archive(files, align=False):
    """files: {name: bytes (a file, executable), str (a link's text), None (a directory), or a
    (mode, bytes) pair}."""
    out = bytearray()
    for number, (name, what) in enumerate(files.items(), 1):
        if what is None:
            mode, data = stat.S_IFDIR | 0o755, b""
        elif isinstance(what, str):
            mode, data = stat.S_IFLNK | 0o777, what.encode()
        elif isinstance(what, tuple):
            mode, data = what
        else:
            mode, data = stat.S_IFREG | 0o755, what
        out += entry(name, mode, data, ino=number, align=align and stat.S_ISREG(mode),
                     at=len(out))
    return bytes(out) + entry("TRAILER!!!", 0)


def from_machine(*paths):
    """Files of this machine under their own names, links with what they lead to."""
    files = {}
    for path in paths:
        while True:
            if os.path.islink(path):
                files[path.lstrip("/")] = os.readlink(path)
                path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
            else:
                with open(path, "rb") as f:
                    files[path.lstrip("/")] = f.read()
                break
    return files
