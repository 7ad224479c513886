# SPDX-License-Identifier: BSD-2-Clause
"""What an ELF file asks for (System V gABI, chapters 4 and 5): its interpreter and libraries, and
where the dynamic linker looks for these."""
import glob
import os
import struct

from . import PagError

PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NULL, DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_RPATH, DT_RUNPATH = 0, 1, 5, 10, 15, 29
EM_X86_64 = 62
GLIBC_FOLDERS = ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib",
                 "/usr/lib"]
MUSL_FOLDERS = ["/lib/x86_64-linux-musl", "/usr/lib/x86_64-linux-musl", "/lib", "/usr/local/lib",
                "/usr/lib"]


class Elf:
    """interpreter: path or None. needed: names. folders: DT_RUNPATH's, or DT_RPATH's."""

    def __init__(self, path):
        self.path = path
        self.interpreter, self.needed, self.folders = None, [], []
        with open(path, "rb") as file:
            self.data = file.read()
        try:
            self._read()
        except (struct.error, IndexError, ValueError, UnicodeDecodeError) as error:
            raise PagError(f"{path}: a damaged ELF file") from error

    def _read(self):
        data = self.data
        if data[4] != 2 or data[5] != 1 or struct.unpack_from("<H", data, 18)[0] != EM_X86_64:
            raise PagError(f"{self.path}: an ELF file, but not for x86-64")
        table, = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        self.segments = [struct.unpack_from("<IIQQQQQQ", data, table + i * size)
                         for i in range(count)]
        for kind, _, offset, _, _, file_size, _, _ in self.segments:
            if kind == PT_INTERP:
                self.interpreter = data[offset:offset + file_size].split(b"\0")[0].decode()
            elif kind == PT_DYNAMIC:
                self._read_dynamic(offset, file_size)

    def _at(self, address):
        """Offset in the file of what is loaded at address."""
        for kind, _, offset, start, _, file_size, _, _ in self.segments:
            if kind == PT_LOAD and start <= address < start + file_size:
                return offset + address - start
        raise ValueError("an address that nothing is loaded at")

    def _read_dynamic(self, offset, size):
        entries = [struct.unpack_from("<QQ", self.data, at)
                   for at in range(offset, offset + size - 15, 16)]
        if (DT_NULL, 0) in entries:
            entries = entries[:entries.index((DT_NULL, 0))]
        values = dict(entries)
        if DT_STRTAB not in values:
            return
        table = self._at(values[DT_STRTAB])

        def text(at):
            start = table + at
            return self.data[start:self.data.index(b"\0", start)].decode()

        self.needed = [text(value) for tag, value in entries if tag == DT_NEEDED]
        for tag in (DT_RUNPATH, DT_RPATH):
            if tag in values and not self.folders:
                origin = os.path.dirname(os.path.abspath(self.path))
                self.folders = [folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)
                                for folder in text(values[tag]).split(":") if folder]


def is_elf(path):
    """Does the file begin like one? An unreadable one does not."""
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def configured_folders(path="/etc/ld.so.conf"):
    """What ldconfig is told to look through."""
    folders = []
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        return folders
    for line in lines:
        line = line.split("#")[0].strip()
        if line.startswith("include"):
            for name in sorted(glob.glob(line.split(None, 1)[1])):
                folders += configured_folders(name)
        elif line:
            folders.append(line)
    return folders


def search_folders(interpreter):
    """Where this dynamic linker looks when nobody says otherwise."""
    if "musl" in os.path.basename(interpreter or ""):
        return MUSL_FOLDERS
    return configured_folders() + GLIBC_FOLDERS


def find_library(name, folders):
    """Path of a library for this machine, None where there is none."""
    if "/" in name:
        return name if os.path.exists(name) else None
    for folder in folders:
        path = os.path.join(folder, name)
        if is_elf(path):
            with open(path, "rb") as file:
                head = file.read(20)
            if head[4:6] == b"\2\1" and struct.unpack_from("<H", head, 18)[0] == EM_X86_64:
                return path
    return None
