# SPDX-License-Identifier: BSD-2-Clause
"""libuv's own tests, from Debian's source package libuv1: one program, to which the test is named."""
import re

import debian
from common import Programs, build_all, libraries

TITLE = "libuv (Debian's source package libuv1)"
ABOUT = """By file of the suite. Each test is run in its own guest with 256 MiB and one CPU, without the helpers
that libuv's runner starts as other processes."""
OTHERS = r"aix|android|bsd|cygwin|darwin|freebsd|fsevents|haiku|hurd|ibmi|kqueue|netbsd|no-|openbsd|os390|" \
    r"posix-hrtime|posix-poll|pthread-fixes|qnx|sunos|random-getentropy|posix-poll|-win"
FLAGS = ["-O1", "-w", "-std=gnu11", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-D_LARGEFILE_SOURCE"]


class Suite(Programs):
    """Groups are the files of the suite, without test- and .c."""
    SKIP = {7: "the test leaves itself out"}
    TIMEOUT = 30
    ENV = "PATH=/usr/bin:/bin HOME=/tmp TMPDIR=/tmp UV_RUN_AS_ROOT=1"

    def prepare(self, out):
        """Builds libuv and its tests."""
        self.out = out
        source = debian.unpack_source("libuv1", out / "source")
        tests = sorted((source / "test").glob("test-*.c"))
        files = [*(source / "src").glob("*.c"), *(source / "src/unix").glob("*.c"), *tests,
                 *(source / "test" / (name + ".c") for name in (
                     "blackhole-server", "echo-server", "run-tests", "runner", "runner-unix"))]
        files = [path for path in files if not re.search(OTHERS, path.stem)]
        jobs = []
        for path in files:
            made = out / "o" / path.relative_to(source).with_suffix(".o")
            jobs.append((made, ["gcc", *FLAGS, "-I", source / "include", "-I", source / "src", "-c", path,
                                "-o", made]))
        unbuilt = build_all(jobs)
        binary = out / "uv_run_tests"
        unbuilt.update(build_all([(binary, ["gcc", "-Wl,-z,muldefs", "-o", binary, *(path for path, _ in jobs),
                                            "-lpthread", "-ldl", "-lrt", "-lutil"])]))
        if unbuilt:
            raise debian.NoPackage("libuv's tests do not build: " + str(list(unbuilt.values())[0])[-500:])
        known = set(re.findall(r"^\s*TEST_ENTRY(?:_CUSTOM)?\s*\((\w+)", (
            source / "test/test-list.h").read_text(), re.M))
        for path in tests:
            for name in re.findall(r"^TEST_IMPL\((\w+)\)", path.read_text(), re.M):
                if name in known:
                    self.groups[path.stem[5:]][name] = None
        self.common = {**libraries(binary), "/test": ("dir", 0o755), "/test/uv_run_tests": str(binary)}
        self.common.update({folder: ("dir", 0o755) for folder in (
            "/work", "/work/test", "/work/test/fixtures")})
        for path in (source / "test/fixtures").iterdir():
            self.common["/work/test/fixtures/" + path.name] = str(path)
        return {}

    def judge(self, result, test, ended):
        """Tests that only Windows or macOS have are in the list and not in the program."""
        if "No test part with that name" in ended.said:
            result.skipped.append((test, "not for Linux"))
        else:
            super().judge(result, test, ended)

    def words(self, name):
        return ["/bin/sh", "-c", "cd /work && exec /test/uv_run_tests %s %s" % (name, name)]
