# SPDX-License-Identifier: BSD-2-Clause
"""SQLite's own tests, from Debian's source package sqlite3: its testfixture, built with its own makefile
and this machine's Tcl, runs one script in each guest."""
import pathlib
import re
import subprocess

import debian
import page
from common import Result, archive, libraries

TITLE = "SQLite (Debian's source package sqlite3)"
ABOUT = """A selection of its scripts, which at this speed end in minutes: those that look at files, locks,
shared memory, mappings and threads, and the quicker ones on SQL. One script in each guest of 512 MiB
with one CPU; a test counts as SQLite counts it. All run in tmpfs."""
TCL = "/usr/share/tcltk/tcl8.6"


class Suite:
    """Groups are the scripts that lists/sqlite.txt names."""
    def __init__(self):
        self.groups = {group: None for group in page.rows("sqlite")}
        self.module = None

    def prepare(self, out):
        """Builds testfixture, packs it with the scripts."""
        source = debian.unpack_source("sqlite3", out / "source")
        build = out / "build"
        build.mkdir(exist_ok=True)
        program = build / "testfixture"
        for made, words in ((build / "Makefile", [source / "configure", "--enable-all"]),
                            (program, ["make", "testfixture", "CFLAGS=-O1 -w"])):
            if made.exists():
                continue
            done = subprocess.run([str(word) for word in words], cwd=build, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False)
            if done.returncode:
                raise debian.NoPackage("testfixture does not build:\n" + done.stdout[-2000:])
        entries = {**libraries(program), "/sqlite/testfixture": str(program)}
        for pattern in ("test/*.tcl", "ext/*/*.tcl", "ext/*/test/*.tcl", "test/*.test"):
            for path in source.glob(pattern):
                entries["/sqlite/" + str(path.relative_to(source))] = str(path)
        place = pathlib.Path(TCL)
        for path in place.rglob("*.tcl"):
            entries[str(path)] = str(path)
        folders = {name[:at.start()] for name in entries for at in re.finditer("/", name)} - {""}
        entries.update({folder: ("dir", 0o755) for folder in folders if folder not in entries})
        self.module = archive(out / "sqlite.cpio", entries)
        return {}

    def run(self, group, guest):
        """Runs one script."""
        ended = guest.run(group, self.module, ["/sqlite/testfixture", f"/sqlite/test/{group}.test"],
                          memory="512M", timeout=400, env=f"PATH=/usr/bin:/bin HOME=/tmp TCL_LIBRARY={TCL}")
        total = re.search(r"^(\d+) errors out of (\d+) tests", ended.said, re.M)
        failed = [(name, why) for name, why in re.findall(
            r"^! (\S+) expected: .*\n+! \S+ got: +(.*)$", ended.said, re.M)]
        bad = re.search(r"^!Failures on these tests: (.*)$", ended.said, re.M)
        names = bad[1].split() if bad else []
        failed += [(name, "failed") for name in names if name not in dict(failed)]
        if "couldn't fork child process" in ended.said:
            failed = [(name, why + ", in a script that could not fork") for name, why in failed]
        skipped = re.findall(r"^\.? +(\S+) +(?:omitted|(?:skipped|.*not).*)$", ended.said, re.M)
        if not total:
            return Result(len(re.findall(r"\.\.\. Ok$", ended.said, re.M)),
                          failed + [(group, "%s: %s%s" % (
                              ended.how(), ended.last_line(),
                              ", could not fork" if "couldn't fork" in ended.said else ""))], [], ended=False)
        return Result(int(total[2]) - int(total[1]), failed, [(name, "left out") for name in skipped])
