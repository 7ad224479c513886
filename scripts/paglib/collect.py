# SPDX-License-Identifier: BSD-2-Clause
"""Which files of this machine a program needs in the guest."""
import glob
import os
import re
import shutil
import stat

from . import PagError, elf

SCRIPTS_MAX = 4  # that are interpreted by scripts, as the guest has it
LINKS_MAX = 40
MADE_UP = ("/dev", "/proc", "/sys")  # the guest has its own
# What a program loads without naming it in its file: its path, and what goes with it.
COMPANIONS = [
    (r".*/python(3\.\d+)", [r"/usr/lib/python\1"]),
    (r".*/perl(5\.[\d.]+)?", ["/usr/lib/x86_64-linux-gnu/perl-base",
                              "/usr/lib/x86_64-linux-gnu/perl/5.*", "/usr/share/perl/5.*"]),
]
LEFT_OUT = re.compile(r"/usr/lib/python3[^/]*/(test|idlelib|turtledemo|config-[^/]*)$")


class Collection:
    """entries: {guest path: source} for cpio.write(). warnings: what is missing and may not matter."""

    def __init__(self, library_folders=()):
        self.entries = {"/tmp": ("dir", 0o1777), "/root": ("dir", 0o700),
                        "/etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
                        "/etc/group": b"root:x:0:\n"}
        self.library_folders = [os.path.abspath(folder) for folder in library_folders]
        self.warnings = []
        self.seen = set()

    def _folders_above(self, guest):
        for above in (guest[:at.start()] for at in re.finditer("/", guest)):
            if above:
                self.entries.setdefault(above, ("dir", 0o755))

    def add_path(self, path):
        """Adds a file of this machine under its own name, with all links on the way to it. Returns its
        path without links."""
        done, left = "", [part for part in os.path.abspath(path).split("/") if part]
        links = 0
        while left:
            part = left.pop(0)
            if part == "..":
                done = os.path.dirname(done)
                continue
            here = done + "/" + part
            if os.path.islink(here):
                links += 1
                if links > LINKS_MAX:
                    raise PagError(f"{path}: links that lead in a circle")
                target = os.readlink(here)
                self._folders_above(here)
                self.entries[here] = ("link", target)
                if target.startswith("/"):
                    done = ""
                left = [p for p in target.split("/") if p not in ("", ".")] + left
                continue
            done = here
        if not os.path.isdir(done):
            self._add_file(done, done)
        return done

    def _add_file(self, source, guest):
        try:
            mode = os.stat(source).st_mode
        except OSError as error:
            raise PagError(f"{source}: {error.strerror}") from error
        if not stat.S_ISREG(mode):
            raise PagError(f"{source}: no regular file: only files, folders and links can be packed")
        if not os.access(source, os.R_OK):
            raise PagError(f"{source}: may not be read: run pag as who may read it, or chmod it")
        self._folders_above(guest)
        self.entries[guest] = source

    def add_tree(self, source, guest, required=False):
        """Adds a file or folder of this machine as the guest's path, with the libraries that its
        ELF files need; libraries that are missing fail only where required."""
        guest = "/" + os.path.normpath(guest).lstrip("/")
        if guest.startswith(tuple(m + "/" for m in MADE_UP)) or guest in MADE_UP:
            raise PagError(f"{guest}: /dev, /proc and /sys are the guest's own: choose another place")
        if not os.path.lexists(source):
            raise PagError(f"{source}: no such file or folder")
        if not os.path.isdir(source):
            self._add_file(source, guest)
            self._libraries(source, required)
            return
        self._folders_above(guest + "/")
        for folder, folders, names in os.walk(source):
            inside = os.path.normpath(os.path.join(guest, os.path.relpath(folder, source)))
            folders[:] = [name for name in sorted(folders)
                          if not LEFT_OUT.search(os.path.join(folder, name))]
            for name in folders + names:
                path, to = os.path.join(folder, name), os.path.join(inside, name)
                if os.path.islink(path):
                    self.entries[to] = ("link", os.readlink(path))
                elif os.path.isdir(path):
                    self.entries[to] = ("dir", stat.S_IMODE(os.stat(path).st_mode))
                elif stat.S_ISREG(os.stat(path).st_mode) and os.access(path, os.R_OK):
                    self.entries[to] = path
                    self._libraries(path, required)
                else:
                    self.warnings.append(f"{path} is left out: no readable regular file")

    def _libraries(self, path, required=True, interpreter=None, above=()):
        """Adds what an ELF file needs, and what that needs. above: search folders of its users."""
        real = os.path.realpath(path)
        if (real, required) in self.seen or not elf.is_elf(real):
            return
        self.seen.add((real, required))
        try:
            file = elf.Elf(real)
        except PagError as error:
            if required:
                raise
            self.warnings.append(str(error))
            return
        interpreter = file.interpreter or interpreter
        if file.interpreter:
            if not os.path.exists(file.interpreter):
                self._missing(f"the dynamic linker {file.interpreter}", path, required)
                return
            self.add_path(file.interpreter)
            if os.path.exists("/etc/ld.so.cache") and "musl" not in file.interpreter:
                self.add_path("/etc/ld.so.cache")
        own = [*file.folders, *above]
        folders = own + self.library_folders + elf.search_folders(interpreter)
        for name in file.needed:
            found = elf.find_library(name, folders)
            if not found and os.path.basename(interpreter or "") == name:
                found = interpreter
            if not found and re.match(r"libc\.musl-|libc\.so$", name):
                found = elf.find_library("ld-musl-x86_64.so.1", ["/lib"])
            if not found:
                self._missing(name, path, required)
                continue
            self.add_path(found)
            self._libraries(found, required, interpreter, own)

    def _missing(self, name, path, required):
        text = (f"{name}, which {path} needs, is not found here. Install the package that has it, or "
                f"name the folder where it is: -L FOLDER")
        if required:
            raise PagError(text)
        self.warnings.append(text)

    def add_program(self, name):
        """Adds what is to run, with all that it needs. Returns its path in the guest, and arguments
        that come before its own: the guest has no exec, so what env would run is run at once."""
        path = name if "/" in name else shutil.which(name)
        if not path:
            raise PagError(f"{name}: not found in PATH: name the file, like ./{name}")
        path = os.path.abspath(path)
        return self._program(path, 0)

    def _program(self, path, depth):
        if not os.path.exists(path):
            raise PagError(f"{path}: no such file" + (": a script's interpreter must be installed here"
                                                      if depth else ""))
        real = self.add_path(path)
        if os.path.isdir(real):
            raise PagError(f"{path} is a folder: name a program; folders come with -v or --file")
        if not os.access(real, os.X_OK):
            raise PagError(f"{path} is not executable: chmod +x {path}")
        with open(real, "rb") as file:
            line = file.read(256).split(b"\n")[0]
        if line.startswith(b"#!"):
            return self._script(path, line[2:].decode("utf-8", "replace").split(None, 1), depth)
        if not elf.is_elf(real):
            raise PagError(f"{path}: neither an ELF file nor a script that begins with #!")
        self._libraries(real)
        self._companions(real)
        return path, []

    def _script(self, path, words, depth):
        if not words:
            raise PagError(f"{path}: its first line names no interpreter")
        if depth == SCRIPTS_MAX:
            raise PagError(f"{path}: scripts interpreted by scripts, more than {SCRIPTS_MAX} deep")
        interpreter, before = self._program(words[0], depth + 1)
        if os.path.basename(words[0]) != "env" or len(words) < 2:
            return (interpreter, before + [path]) if before else (path, [])
        wanted = words[1].replace("-S", "", 1).split() if words[1].startswith("-S") else [
            words[1].strip()]
        found = wanted and shutil.which(wanted[0], path="/usr/local/bin:/usr/bin:/bin")
        if not found:
            raise PagError(f"{path}: env is to run {' '.join(wanted)}, which is not found here")
        interpreter, before = self._program(found, depth + 1)
        return interpreter, before + wanted[1:] + [path]

    def _companions(self, program):
        for pattern, places in COMPANIONS:
            match = re.fullmatch(pattern, program)
            for place in places if match else ():
                for found in glob.glob(match.expand(place)):
                    self.add_path(found)
                    real = os.path.realpath(found)
                    self.add_tree(real, real)
