# SPDX-License-Identifier: BSD-2-Clause
"""docs/syscalls.md is what core/syscalls.h and core/syscalls.txt say, and those two agree."""
import re
import shutil

import pytest

from conftest import TREE, run

NAMES = ["core/syscalls.h", "core/syscalls.txt", "docs/syscalls.md", "scripts/syscalls-doc"]


@pytest.fixture
def copy(tmp_path):
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(TREE / name, tmp_path / name)
    return tmp_path


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_page_is_up_to_date():
    done = run(["scripts/syscalls-doc", "--check"])
    assert done.returncode == 0, done.stdout


def test_numbers_are_linux_own():
    """Of the calls that the installed headers know."""
    with open("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", encoding="utf-8") as file:
        linux = {int(n): name for name, n in re.findall(r"#define __NR_(\w+) (\d+)", file.read())}
    ours = {int(n): name for n, name in
            re.findall(r"^(\d+) (\w+)", (TREE / "core/syscalls.txt").read_text(), re.M)}
    assert {n: ours.get(n) for n in linux if n <= max(ours)} == {
        n: name for n, name in linux.items() if n <= max(ours)}


@pytest.mark.parametrize("name, old, new, said", [
    ("core/syscalls.h", "SYSCALL(39, getpid)\n", "", "out of date"),
    ("core/syscalls.h", "SYSCALL(39, getpid)", "SYSCALL(101, getpid)", "101 getpid"),
    ("core/syscalls.txt", "\n39 getpid\n", "\n39 getpid | all of it\n", "out of date"),
    ("core/syscalls.txt", "\n101 ptrace\n", "\n101 ptrace | a note\n", "101 ptrace")])
def test_changes_are_noticed(copy, name, old, new, said):
    assert run([copy / "scripts/syscalls-doc", "--check"], cwd=copy).returncode == 0
    change(copy / name, old, new)
    done = run([copy / "scripts/syscalls-doc", "--check"], cwd=copy)
    assert done.returncode == 1 and said in done.stdout
