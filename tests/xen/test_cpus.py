# SPDX-License-Identifier: BSD-2-Clause
"""Several vCPUs: started by Xen and stressed by tests/guest/cpus."""
import re

import pytest

from conftest import make


def build(out, target):
    make(f"O={out}", target + "_defconfig")
    config = (out / ".config").read_text()
    (out / ".config").write_text(config.replace("CONFIG_NR_CPUS=1", "CONFIG_NR_CPUS=4"))
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "APP=tests/guest/cpus")
    return out / "pagurus.elf"


def check(guest):
    assert guest.wait(timeout=300) == "poweroff"
    said = guest.whole_console()
    bad = re.findall(r"^not ok.*$", said, re.M)
    assert not bad and re.search(r"^1\.\.19", said, re.M), said[-3000:]


@pytest.mark.parametrize("vcpus", [2, 4])
def test_pvh(create, work, vcpus):
    image = build(work / "pvh-smp", "pvh")
    check(create(str(image), "test-cpus", f"CPUS={vcpus}", vcpus=vcpus))
