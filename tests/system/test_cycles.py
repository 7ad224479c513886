# SPDX-License-Identifier: BSD-2-Clause
"""Counted system calls: what a program asks for, and the table at its end."""
import re

import pytest

import cpio
from conftest import boot, make, run

BUSYBOX = "/bin/busybox"
ROW = r"^ *(\d+) +(\d+) (\w+) +(\d+) +(\d+) +(\d+) +(\d+) +((?: ?2\^\d+:\d+)+)$"


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
    rows = {row[2]: row for row in re.findall(ROW, said, re.M)}
    cpu, number, _, calls, least, mean, most, histogram = rows["getppid"]
    assert (cpu, number) == ("0", "110") and int(calls) >= 1000
    assert 0 < int(least) <= int(mean) <= int(most)
    assert sum(int(n) for n in re.findall(r":(\d+)", histogram)) == int(calls)
    assert "clone" in rows and "exit_group" not in rows
    assert said.rstrip().endswith("pagurus: exit status 0")


def test_signals_go_through_that_door_too(image):
    status, said = boot(image, append="pagurus.program=test-signals")
    assert status == 0 and "not ok" not in said, said[-3000:]


@pytest.fixture(scope="module")
def linux_image(work):
    """For Linux programs, with a file that has the table."""
    out = work / "cycles-linux"
    make(f"O={out}", "kvm_defconfig")
    config = (out / ".config").read_text(encoding="utf-8")
    config = config.replace("# CONFIG_SYSCALL_CYCLES is not set", "CONFIG_SYSCALL_CYCLES=y")
    config = config.replace("# CONFIG_FS is not set\n", "")
    (out / ".config").write_text(config.replace("CONFIG_PROGRAM_NATIVE=y", "CONFIG_PROGRAM_MODULE=y"),
                                 encoding="utf-8")
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "all")
    return out


def test_the_file(linux_image, tmp_path):
    """A shell sees in it the calls that it makes."""
    archive = tmp_path / "cycles.cpio"
    with open(BUSYBOX, "rb") as f:
        files = {"bin": None, "bin/busybox": f.read(), "bin/sh": "busybox"}
    archive.write_bytes(cpio.archive(files))
    script = ("show() { while read -r line; do echo \"$line\"; done </proc/pagurus/syscalls; }; "
              "show; umask 1; umask 2; umask 3; echo again; show")
    status, said = boot(linux_image, f"--initrd={archive}", append="pagurus.program=/bin/sh",
                        args=("-c", script))
    assert status == 0, said
    first, second = ({row[2]: row for row in re.findall(ROW, part, re.M)}
                     for part in said.split("again\n"))
    for rows in (first, second):
        for cpu, _, name, calls, least, mean, most, histogram in rows.values():
            assert cpu == "0" and 0 < int(least) <= int(mean) <= int(most), name
            assert sum(int(n) for n in re.findall(r":(\d+)", histogram)) == int(calls), name
    assert "read" not in first and int(second["read"][3]) > 10
    assert "umask" not in first and int(second["umask"][3]) >= 3


def test_nothing_of_it_elsewhere(image, work):
    """An image without the option has neither code nor data for it; the door reads no clock."""
    out = work / "no-cycles"
    make(f"O={out}", "kvm_defconfig")
    make(f"O={out}", "all")

    def door(folder):
        return run(["objdump", "-d", "--disassemble=syscall_entry", folder / "pagurus.debug"]).stdout

    def names(folder):
        return re.findall(r"\w*syscall_(?:account|cycles|stats)\w*|\bcounted\b",
                          run(["nm", folder / "pagurus.debug"]).stdout)

    assert "rdtsc" in door(image) and "syscall_account" in names(image)
    assert "rdtsc" not in door(out) and "<syscall_entry>" in door(out)
    assert names(out) == []
