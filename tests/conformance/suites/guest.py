# SPDX-License-Identifier: BSD-2-Clause
"""In the guest: runs modules of Python's test package and says how each test that did not pass ended.
usage: guest.py MODULE [TEST...]; TESTs are left out"""
import importlib
import os
import sys
import traceback
import unittest


class Result(unittest.TestResult):
    """Remembers the last line of what went wrong."""
    def __init__(self, without):
        super().__init__()
        self.bad, self.left_out, self.without = [], [], tuple(without)

    def startTest(self, test):
        super().startTest(test)
        if self.without and test.id().endswith(self.without):
            setattr(test, test._testMethodName, lambda: test.fail("not run: would not end"))
        print("begins %s" % test.id(), flush=True)  # the last one, where the guest does not end

    def note(self, test, err):
        text = "%s: %s" % (err[0].__name__, err[1])
        lines = " / ".join(line.strip() for line in text.strip().splitlines() if line.strip())
        frames = ["%s:%d" % (os.path.basename(frame.filename), frame.lineno)
                  for frame in traceback.extract_tb(err[2])
                  if "/unittest/" not in frame.filename]
        self.bad.append((test.id(), "%s [%s]" % (lines[:240], " ".join(frames[-3:]))))

    def addError(self, test, err):
        self.note(test, err)

    def addFailure(self, test, err):
        self.note(test, err)

    def addSubTest(self, test, subtest, err):
        if err:
            self.note(test, err)

    def addSkip(self, test, reason):
        self.left_out.append((test.id(), reason))


def run(name, left_out):
    result = Result(left_out)
    try:
        module = importlib.import_module("test." + name)
        unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    except unittest.SkipTest as skip:
        result.left_out.append((name, str(skip)))
    except Exception as error:  # pylint: disable=broad-except
        result.bad.append((name, "%s: %s" % (type(error).__name__, error)))
    failed = len({test for test, _ in result.bad})
    print("\nresult %s %d %d %d" % (name, max(0, result.testsRun - failed - len(result.left_out)),
                                  failed, len(result.left_out)), flush=True)
    for kind, tests in (("failed", result.bad), ("skipped", result.left_out)):
        for test, why in tests:
            print("%s %s: %s" % (kind, test, why.replace("\n", " ")), flush=True)


os.makedirs("/tmp/work", exist_ok=True)
os.chdir("/tmp/work")
run(sys.argv[1], sys.argv[2:])
print("end", flush=True)
os._exit(0)
