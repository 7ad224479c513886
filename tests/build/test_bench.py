# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's parts as a Linux program (make bench-host) build and do what they are timed for."""
import re

from conftest import make


def test_core_on_this_machine(out):
    said = make(f"O={out}", "bench-host-core")
    rows = {row[0]: row[1:] for row in re.findall(
        r"^\| (\w.*?) \| ([\d.]+) \| ([\d.]+) \| (.*?) \| ([\d.]*) \| ([\d.]*) \| [\d.]* \|$",
        said.replace("| | | | |", "|  |  |  |  |"), re.M)}
    for name in ("getpid by call", "context_switch()", "malloc and free of 64 B",
                 "an area found, among 1000000"):
        least, median, _, their_least, their_median = rows[name]
        assert 0 < float(least) <= float(median), name
        assert 0 < float(their_least) <= float(their_median), name
    # One is four instructions, the other a switch to Linux and back.
    assert float(rows["getpid by call"][0]) < float(rows["getpid by call"][3])
    assert len(rows) >= 16
