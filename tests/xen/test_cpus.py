# SPDX-License-Identifier: BSD-2-Clause
"""Several vCPUs: started by Xen, stressed by tests/guest/cpus, saved and restored."""
import re

import pytest

from conftest import make

from .test_control import ready


@pytest.fixture(scope="module")
def smp(work):
    """An image for up to 4 vCPUs with tests/guest's cpus and steady."""
    out = work / "pvh-smp"
    make(f"O={out}", "pvh_defconfig")
    config = (out / ".config").read_text()
    assert "CONFIG_NR_CPUS=1\n" in config
    (out / ".config").write_text(config.replace("CONFIG_NR_CPUS=1\n", "CONFIG_NR_CPUS=4\n"))
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "APP=tests/guest/cpus tests/guest/steady")
    return str(out / "pagurus.elf")


@pytest.mark.parametrize("vcpus", [2, 4])
def test_pvh(create, smp, vcpus):
    guest = create(smp, "test-cpus", f"CPUS={vcpus}", vcpus=vcpus)
    assert guest.wait(timeout=300) == "poweroff"
    said = guest.whole_console()
    bad = re.findall(r"^not ok.*$", said, re.M)
    assert not bad and re.search(r"^1\.\.\d+\r?$", said, re.M), said[-3000:]


def rounds(text):
    return re.findall(r"crowd \d+: .*\r\n", text)


@pytest.mark.slow
def test_save_and_restore(create, lab, smp):
    """All of them stand still meanwhile and go on afterwards, and so do the clocks they see."""
    guest = ready(create, smp, "crowd 8", "test-steady", "crowd 2: ", vcpus=4)
    for _ in range(4):
        lab.must(f"xl save {guest.name} /tmp/{guest.name} && xl restore /tmp/{guest.name}", 240)
        guest.expect(r"crowd \d+: .*crowd \d+: ", 120)
    lab.must(f"rm /tmp/{guest.name}")
    said = rounds(guest.console())
    assert len(said) > 8
    for line in said[1:]:
        assert ": 0 stand still, the clock ran back 0 times" in line, "".join(said)


def test_more_than_the_image_is_built_for(create, smp):
    guest = create(smp, "test-steady", vcpus=6)
    assert guest.wait() == "poweroff"
    assert "not ok" not in guest.whole_console()
