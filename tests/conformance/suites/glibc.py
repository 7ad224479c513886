# SPDX-License-Identifier: BSD-2-Clause
"""Tests of glibc's own, from Debian's source package glibc, built with this machine's compiler against
this machine's glibc (of the same version): a program each, without the parent process that glibc's
driver starts elsewhere (--direct)."""
import re
import signal

import debian
from common import Programs, build_all, libraries

TITLE = "glibc (Debian's source package glibc)"
ABOUT = """The tests of what a kernel has a part in, by folder; those that build outside of glibc's own build.
Each is a dynamic program in a guest of its own with 1 GiB and one CPU, started with `--direct`."""
FOLDERS = ("dirent", "io", "libio", "malloc", "misc", "nptl", "posix", "resource", "rt", "setjmp", "signal",
           "socket", "stdio-common", "stdlib", "sysdeps/pthread", "sysdeps/unix/sysv/linux", "time")
# What tests include of glibc's tree, which as a whole stands in the way of the machine's own headers.
HEADERS = ("support", "test-skeleton.c", "include/intprops.h", "include/array_length.h",
           "include/libc-diag.h", "include/scratch_buffer.h", "include/libc-pointer-arith.h",
           "include/verify.h", "sysdeps/x86_64/stackinfo.h", "include/alloc_buffer.h", "include/file_change_detection.h", "include/allocate_once.h", "malloc/dynarray-skeleton.c", "malloc/dynarray.h")
FLAGS = ["-O1", "-w", "-std=gnu11", "-D_GNU_SOURCE", "-include",
         str(__file__).replace("glibc.py", "glibc_shim.h")]


class Suite(Programs):
    """Groups are folders; / in them is written +."""
    ARGUMENTS = ("--direct",)
    MEMORY, TIMEOUT = "1G", 100

    def __init__(self):
        super().__init__()
        self.sources = {}

    def prepare(self, out):
        """Builds glibc's support library and all tests; returns the tests that do not build."""
        self.out = out
        source = debian.unpack_source("glibc", out / "source")
        inside = out / "include"
        inside.mkdir(exist_ok=True)
        (inside / "config.h").write_text("")
        for name in HEADERS:
            to = inside / (name if name.startswith("malloc/") else name.split("/")[-1])
            to.parent.mkdir(exist_ok=True)
            if not to.exists() and (source / name).exists():
                to.symlink_to(source / name)
        (inside / "x").mkdir(exist_ok=True)  # for "../test-skeleton.c"
        words = ["gcc", *FLAGS, "-I", inside, "-I", inside / "x"]
        objects = [(out / "support" / (path.stem + ".o"),
                    [*words, "-I", source / "support", "-c", path, "-o",
                     out / "support" / (path.stem + ".o")])
                   for path in sorted((source / "support").glob("*.c"))
                   if not path.stem.startswith("tst-") and "int\nmain" not in path.read_text()]
        missing = build_all(objects)
        library = out / "libsupport.a"
        build_all([(library, ["ar", "rcs", library, *(path for path, _ in objects if path not in missing)])])
        jobs = []
        for folder in FOLDERS:
            group = folder.replace("/", "+")
            for path in sorted((source / folder).glob("*.c")):
                text = path.read_text(errors="replace")
                if not re.match(r"tst|test-|bug-", path.stem) or not re.search(
                        r"test-skeleton\.c|test-driver\.c|\bmain\b|do_test", text):
                    continue
                binary = out / "bin" / group / path.stem
                jobs.append((binary, [*words, "-I", source / folder, "-o", binary, path, library,
                                      "-lpthread", "-lrt", "-lm", "-ldl"]))
                self.groups[group][path.stem] = binary
                self.sources[f"{group}/{path.stem}"] = text
        unbuilt = build_all(jobs)
        for binary in unbuilt:
            del self.groups[binary.parent.name][binary.name]
        self.common = libraries(next(path for path, _ in jobs if path.exists()))
        return {"%s/%s" % (path.parent.name, path.name): said for path, said in unbuilt.items()}

    def judge(self, result, test, ended):
        """The source may say that the end is a signal or a status."""
        text = self.sources[test]
        wanted = re.search(r"#\s*define\s+EXPECTED_(SIGNAL|STATUS)\s+(\w+)", text)
        if wanted:
            alias = re.search(r"#\s*define\s+%s\s+(\w+)" % wanted[2], text)
            name = alias[1] if alias else wanted[2]
            number = int(name) if name.isdigit() else getattr(signal, name, 0)
            if ended.status == (number + 128 if wanted[1] == "SIGNAL" else number):
                result.passed += 1
                return
        super().judge(result, test, ended)
