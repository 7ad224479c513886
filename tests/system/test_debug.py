# SPDX-License-Identifier: BSD-2-Clause
"""gdb with the image's symbols and scripts/pagurus-gdb.py, on a machine that waits for it."""
import shutil
import socket
import subprocess

import pytest

from conftest import TREE, make, run


def free_port():
    with socket.socket() as s:
        s.bind(("localhost", 0))
        return s.getsockname()[1]


@pytest.mark.skipif(not shutil.which("gdb"), reason="gdb is not installed")
def test_gdb_from_the_first_instruction_to_main(work):
    out = work / "kvm"
    make(f"O={out}", "kvm_defconfig", "all")
    port = free_port()
    qemu = subprocess.Popen(
        ["scripts/run", f"--out={out}", "--debug", f"--gdb-port={port}", "--timeout=120",
         "--append=pagurus.program=hello"], cwd=TREE, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        done = run(["gdb", "-q", "-batch", out / "pagurus.debug", "-x", "scripts/pagurus-gdb.py",
                    "-ex", f"pagurus-attach {port}", "-ex", "continue", "-ex", "backtrace",
                    "-ex", "thbreak main_hello", "-ex", "continue", "-ex", "pagurus-threads",
                    "-ex", "pagurus-boot", "-ex", "info source", "-ex", "kill"], timeout=100)
    finally:
        qemu.terminate()
        qemu.wait()
    said = done.stdout
    assert "core_main" in said and "core/main.c" in said, said
    assert "apps/hello/" in said, said
    assert "first instruction" in said, said
    assert " main " in said, said
