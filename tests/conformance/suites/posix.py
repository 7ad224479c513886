# SPDX-License-Identifier: BSD-2-Clause
"""The Open POSIX Test Suite's tests of interfaces, from Debian's source package posixtestsuite, built
with this machine's compiler and C library: a program each."""
import pathlib

import debian
from common import Programs, build_all, libraries

HEADER = pathlib.Path(__file__).parent / "posix2001.h"
TITLE = "POSIX interfaces (Debian's source package posixtestsuite)"
ABOUT = """Each test is a dynamic program of glibc's, in a guest of its own with 256 MiB and one CPU. Unresolved,
unsupported and untested are the suite's own words; they count as skipped."""


class Suite(Programs):
    """Groups are interfaces."""
    SKIP = {2: "unresolved", 4: "unsupported", 5: "untested"}

    def prepare(self, out):
        """Builds all tests; returns those that do not build."""
        self.out = out
        source = debian.unpack_source("posixtestsuite", out / "source")
        top = source / "conformance/interfaces"
        jobs = []
        for path in sorted(top.glob("*/*.c")):
            interface, name = path.parent.name, path.stem
            if "buildonly" in name or "int main" not in path.read_text(errors="replace"):
                continue
            binary = out / "bin" / interface / name
            jobs.append((binary, ["gcc", "-O1", "-w", "-D_GNU_SOURCE", "-include", HEADER, "-I", source / "include", "-I",
                                  path.parent, "-o", binary, path, "-lpthread", "-lrt", "-lm"]))
            self.groups[interface][name] = binary
        unbuilt = build_all(jobs)
        for binary in unbuilt:
            del self.groups[binary.parent.name][binary.name]
        self.common = libraries(next(path for path, _ in jobs if path.exists()))
        return {"%s/%s" % (path.parent.name, path.name): said for path, said in unbuilt.items()}
