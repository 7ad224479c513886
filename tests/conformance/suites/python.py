# SPDX-License-Identifier: BSD-2-Clause
"""Python's own test package (Debian's libpythonX.Y-testsuite, unpacked and not installed): groups are
modules, each in a guest of its own."""
import pathlib
import re
import sys

import debian
import page
from common import Result, TREE, archive
from paglib.collect import Collection

TITLE = "Python (Debian's libpython3.11-testsuite)"
ABOUT = """A module at a time, in guests of 768 MiB with one CPU."""
PYTHON = "/usr/bin/python3"
# Tests that wait for ever where fork or a socket fails in another thread; they count as failed.
NEVER_END = {"test_thread": ["test_forkinthread"],
             "test_asyncio.test_streams": ["test_drain_raises"]}


class Suite:
    """Groups are the modules that lists/python.txt names."""
    def __init__(self):
        self.groups = {group: None for group in page.rows("python")}
        self.module = None

    def prepare(self, out):
        """Packs Python, its library, its tests and guest.py."""
        version = "python%d.%d" % sys.version_info[:2]
        tests = debian.unpack(f"lib{version}-testsuite", out / "debian") / "usr/lib" / version / "test"
        found = Collection()
        found.add_program(PYTHON)
        place = f"/usr/lib/{version}/test"
        found.add_tree(str(tests), place)
        installed = pathlib.Path(place)
        for path in installed.glob("*.py") if installed.exists() else ():  # support/ is libpython's own
            found.entries.setdefault(str(path), str(path))
        if (installed / "support").exists():
            found.add_tree(str(installed / "support"), place + "/support")
        found.add_tree(str(TREE / "tests/conformance/suites/guest.py"), "/guest.py")
        self.module = archive(out / "python.cpio", found.entries)
        return {}

    def run(self, group, guest):
        """Runs one module."""
        ended = guest.run(group, self.module, [PYTHON, "-I", "/guest.py", group,
                                               *NEVER_END.get(group, ())], memory="768M",
                          timeout=420, env="PATH=/usr/bin:/bin HOME=/tmp")
        found = re.search(r"^result \S+ (\d+) (\d+) (\d+)$", ended.said, re.M)
        failed = [(test, why) for test, why in re.findall(r"^failed (\S.*?): (.*)$", ended.said, re.M)]
        skipped = re.findall(r"^skipped (\S.*?): (.*)$", ended.said, re.M)
        if found:
            return Result(int(found[1]), failed, skipped)
        begun = re.findall(r"^begins (\S+)", ended.said, re.M)
        return Result(max(0, len(begun) - 1), [(group, "%s, in %s" % (
            ended.how(), begun[-1] if begun else "its start"))], [], ended=False)
