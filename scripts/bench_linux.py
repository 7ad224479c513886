# SPDX-License-Identifier: BSD-2-Clause
"""For bench.py: Debian's cloud kernel, fetched and unpacked but never installed, with a static
program as the only file of its initial RAM disk."""
import pathlib
import re

import debian

PACKAGE = "linux-image-cloud-amd64"


class NoLinux(Exception):
    """There is no kernel to compare with, and why."""


def kernel(folder):
    """The kernel's image below folder, fetched when it is not there. Returns (path, version)."""
    found = sorted(pathlib.Path(folder).glob("*/boot/vmlinuz-*"))
    try:
        if not found:
            depends = re.search(r"Depends: (linux-image-\S+)",
                                debian.output(["apt-cache", "depends", PACKAGE]))
            if not depends:
                raise NoLinux("apt-cache knows no %s: run apt-get update" % PACKAGE)
            found = sorted(debian.unpack(depends.group(1), folder).glob("boot/vmlinuz-*"))
    except debian.NoPackage as error:
        raise NoLinux(str(error)) from error
    if not found:
        raise NoLinux("no vmlinuz in " + PACKAGE)
    return found[-1], found[-1].name.split("-", 1)[1]


def _entry(name, mode, data=b"", device=(0, 0)):
    """One file of a cpio archive in the "newc" format (Linux: initramfs buffer format)."""
    name = name.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def initrd(program, path):
    """Writes an initial RAM disk whose /init is program. Returns its path."""
    archive = _entry("dev", 0o040755) + _entry("dev/console", 0o020600, device=(5, 1)) + \
        _entry("init", 0o100755, pathlib.Path(program).read_bytes()) + _entry("TRAILER!!!", 0)
    pathlib.Path(path).write_bytes(archive)
    return path


def append(arguments="", console="ttyS0"):
    """The kernel's command line: quiet, and a reset (QEMU's end) when the program has ended."""
    return ("console=%s quiet panic=-1 -- %s" % (console, arguments)).strip()
