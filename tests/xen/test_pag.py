# SPDX-License-Identifier: BSD-2-Clause
"""scripts/pag with Xen's targets: a program of this machine in a guest under real Xen."""
import subprocess

import pytest

from conftest import TREE


@pytest.mark.parametrize("target", ["pvh", "hvm"])
def test_run(target):
    """In a lab of its own, which pag starts; what the guest says and how it ends come back."""
    done = subprocess.run([TREE / "scripts/pag", "run", "-t", target, "--", "/bin/busybox", "sh", "-c",
                           "echo from $0; exit 3", "a guest"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600, check=False)
    assert done.returncode == 3, done.stderr.decode()
    assert "from a guest\n" in done.stdout.decode().replace("\r", "")
