# SPDX-License-Identifier: BSD-2-Clause
"""Kinds of guests that must boot, and the programs that check the system from inside."""
import re
import time

import pytest

from .conftest import PROGRAMS

HELLO = r"Hello from Pagurus \S+ \(xen, (\w+)\): (\d+) us"
# Not those that want files, or more of the machine (test_cpus.py), or that end as they like.
SELF_CHECKING = [name for name in PROGRAMS if name not in (
    "cputime", "events", "exec", "files", "identity", "sockets", "cpus", "many", "exit", "hostile")]


def says_hello(guest, protocol="PVH", timeout=180):
    match = guest.expect(HELLO, timeout)
    assert match.group(1).decode() == protocol


@pytest.mark.parametrize("memory", [8, 16, 64, 512, 2048])
def test_memory(create, hello, memory):
    guest = create(hello, "hello", memory=memory)
    says_hello(guest)
    assert guest.wait() == "poweroff"


@pytest.mark.parametrize("vcpus", [2, 4])
def test_vcpus(create, hello, vcpus):
    guest = create(hello, "hello", vcpus=vcpus)
    says_hello(guest)
    assert guest.wait() == "poweroff"


# No {"hap": 0}: Debian's Xen is built without shadow paging.
@pytest.mark.parametrize("settings", [
    {"tsc_mode": "default"}, {"tsc_mode": "always_emulate"}, {"tsc_mode": "native"},
    {"maxmem": 256, "memory": 64}],
    ids=lambda settings: "-".join(f"{k}={v}" for k, v in settings.items()))
def test_settings(create, hello, settings):
    guest = create(hello, "hello", **settings)
    says_hello(guest)
    assert guest.wait() == "poweroff"


def test_ramdisk(create, hello, tmp_path):
    ramdisk = tmp_path / "ramdisk"
    ramdisk.write_bytes(bytes(range(256)) * 4096)
    guest = create(hello, "hello", ramdisk=str(ramdisk))
    says_hello(guest)
    assert guest.wait() == "poweroff"


def test_long_command_line(create, pvh):
    words = " ".join(f"w{i:03d}" for i in range(180))
    guest = create(pvh, "test-start", words)
    assert guest.wait() == "poweroff"
    assert "=<w179>" in guest.whole_console()


def test_odd_command_line(create, pvh):
    guest = create(pvh, "test-start", "'two words' '' a=b \\\\ '\"'")
    assert guest.wait() == "poweroff"
    found = re.findall(r"# argv\[\d+\]=<(.*)>\r", guest.whole_console())
    assert found[1:] == ["two words", "", "\\", '"']


@pytest.mark.parametrize("name", SELF_CHECKING)
def test_program(create, pvh, name):
    guest = create(pvh, f"test-{name}", f"HOST_TIME={int(time.time())}", memory=256)
    reason = guest.wait(300)
    said = guest.whole_console()
    checks = re.findall(r"^(?:not )?ok \d+.*$", said, re.M)
    bad = [line for line in checks if line.startswith("not")]
    plan = re.search(r"^1\.\.(\d+)\r$", said, re.M)
    assert not bad, "\n".join(bad) + "\n" + said[-3000:]
    assert reason == "poweroff" and plan, said[-3000:]
    assert len(checks) == int(plan.group(1)) > 0


@pytest.mark.parametrize("memory", [16, 64])
def test_hvm(create, iso, memory):
    guest = create(None, iso=iso, memory=memory)
    says_hello(guest, "multiboot2")
    assert guest.wait() == "poweroff"
