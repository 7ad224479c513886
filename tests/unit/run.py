#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs cmocka test programs and sums up: `unit: N passed, N failed`.

Counts come from cmocka's own summary; a program that is missing, crashes, hangs or runs no test
counts as one failure more. Output is shown only for programs that fail.
"""
import os
import re
import subprocess
import sys
import time

TIMEOUT_S = 300
PASSED = re.compile(rb"^\[  PASSED  \] (\d+) test", re.M)
FAILED = re.compile(rb"^\[  FAILED  \] [^,\n]*?: (\d+) test|^\[  FAILED  \] (\d+) test", re.M)


def run(path):
    """Returns (passed, failed, output) of one program."""
    if not os.access(path, os.X_OK):
        return 0, 1, b"was not built\n"
    try:
        done = subprocess.run([path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        return 0, 1, (error.stdout or b"") + b"\nstill running after %d s\n" % TIMEOUT_S
    passed = sum(int(n) for n in PASSED.findall(done.stdout))
    failed = sum(int(a or b) for a, b in FAILED.findall(done.stdout))
    if failed == 0 and (done.returncode != 0 or passed == 0):
        note = b"\nexit status %d, %d tests passed\n" % (done.returncode, passed)
        return passed, 1, done.stdout + note
    return passed, failed, done.stdout


def main(paths):
    total_passed = total_failed = 0
    for path in paths:
        start = time.monotonic()
        passed, failed, output = run(path)
        total_passed += passed
        total_failed += failed
        print(f"  {'FAIL' if failed else 'PASS'}  {os.path.basename(path)}: {passed} passed, "
              f"{failed} failed ({time.monotonic() - start:.1f} s)", flush=True)
        if failed:
            sys.stdout.buffer.write(output)
            sys.stdout.flush()
    print(f"unit: {total_passed} passed, {total_failed} failed")
    return 1 if total_failed or not total_passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
