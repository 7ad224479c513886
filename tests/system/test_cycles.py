# SPDX-License-Identifier: BSD-2-Clause
"""Counted system calls: what a program asks for, and the table at its end."""
import re

import pytest

from conftest import boot, make


@pytest.fixture(scope="module")
def image(work):
    out = work / "cycles"
    make(f"O={out}", "kvm_defconfig")
    config = (out / ".config").read_text(encoding="utf-8")
    config = config.replace("# CONFIG_SYSCALL_CYCLES is not set", "CONFIG_SYSCALL_CYCLES=y")
    (out / ".config").write_text(config.replace("CONFIG_NR_CPUS=1", "CONFIG_NR_CPUS=2"),
                                 encoding="utf-8")
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "APP=tests/guest/cycles tests/guest/signals")
    return out


@pytest.mark.parametrize("cpus", [1, 2])
def test_the_programs_own_call(image, cpus):
    status, said = boot(image, f"--smp={cpus}", append="pagurus.program=test-cycles")
    assert status == 0 and "not ok" not in said and "# SKIP" not in said, said
    assert "system calls through" not in said


def test_table_at_the_end(image):
    status, said = boot(image, append="pagurus.program=test-cycles pagurus.stats")
    assert status == 0, said
    assert re.search(r"^system calls .*counting adds at least \d+ to each$", said, re.M), said
    rows = {row[2]: row for row in re.findall(
        r"^ *(\d+) +(\d+) (\w+) +(\d+) +(\d+) +(\d+) +(\d+) +((?: ?2\^\d+:\d+)+)$", said, re.M)}
    cpu, number, _, calls, least, mean, most, histogram = rows["getppid"]
    assert (cpu, number) == ("0", "110") and int(calls) >= 1000
    assert 0 < int(least) <= int(mean) <= int(most)
    assert sum(int(n) for n in re.findall(r":(\d+)", histogram)) == int(calls)
    assert "clone" in rows and "exit_group" not in rows
    assert said.rstrip().endswith("pagurus: exit status 0")


def test_signals_go_through_that_door_too(image):
    status, said = boot(image, append="pagurus.program=test-signals")
    assert status == 0 and "not ok" not in said, said[-3000:]
