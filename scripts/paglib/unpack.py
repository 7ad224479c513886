# SPDX-License-Identifier: BSD-2-Clause
"""Compressed modules: what an image does not unpack by itself is unpacked before it boots."""
import os
import shutil
import subprocess

from . import PagError

# First bytes, what Linux calls it, what unpacks it to standard output.
FORMATS = [
    (b"\x1f\x8b", "gzip", ["gzip", "-dc"]),
    (b"\x28\xb5\x2f\xfd", "zstd", ["zstd", "-dcq"]),
    (b"\x04\x22\x4d\x18", "lz4", ["lz4", "-dcq"]),
    (b"\x02\x21\x4c\x18", "lz4", ["lz4", "-dcq"]),
    (b"\xfd7zXZ", "xz", ["xz", "-dc"]),
]


def compression(path):
    """(name, command) of what the file is compressed with, None where it is not."""
    with open(path, "rb") as file:
        head = file.read(6)
    return next(((name, command) for magic, name, command in FORMATS if head.startswith(magic)), None)


def unpack(path, folder, known=()):
    """Unpacks a compressed file into folder, unless the image knows how. Returns the new file's path, or
    path itself."""
    found = compression(path)
    if not found or found[0] in known:
        return path
    name, command = found
    if not shutil.which(command[0]):
        raise PagError(f"{path} is compressed with {name}: install {command[0]}, or unpack it")
    to = os.path.join(folder, "module")  # QEMU takes blanks and commas of a path for its own
    with open(path, "rb") as source, open(to, "wb") as target:
        done = subprocess.run(command, stdin=source, stdout=target, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise PagError(f"{path}: damaged, or no {name}: " + done.stderr.decode(errors="replace").strip())
    return to
