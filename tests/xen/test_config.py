# SPDX-License-Identifier: BSD-2-Clause
"""The xl configurations that make leaves beside an image, word for word as a user copies them."""
import pytest

from conftest import make
from xenlablib.guest import Guest

IMAGES = "/var/lib/xen/images"


@pytest.fixture
def ready_made(lab, work):
    """ready_made(kind, image): builds it, and starts the configuration beside it, with the image
    where that says. hello alone: the TSC is emulated here, since no configuration says otherwise,
    and basic takes minutes."""
    guests = []

    def start(kind, image):
        out = work / f"config-{kind}"
        make(f"O={out}", f"{kind}_defconfig")
        make(f"O={out}", "APP=apps/hello")
        image = out / image
        lab.put(f"{IMAGES}/{image.name}", image.read_bytes())
        config = f"/etc/xen/pagurus-{kind}.cfg"
        lab.put(config, (image.parent / f"pagurus-{kind}.cfg").read_bytes())
        guests.append(Guest(lab, "pagurus", config=config))
        guests[-1].create()
        return guests[-1]

    yield start
    for guest in guests:
        guest.destroy()


def gone(lab, guest):
    return lab.run(f"for i in $(seq 50); do xl domid {guest.name} || exit 0; sleep 0.2; done; exit 1",
                   60).status == 0


def test_pvh(ready_made, lab):
    guest = ready_made("pvh", "pagurus.elf")
    guest.expect(r"Hello from Pagurus \S+ \(xen, PVH\)")
    assert guest.wait() == "poweroff"
    assert gone(lab, guest)


def test_hvm(ready_made, lab):
    guest = ready_made("hvm", "pagurus.iso")
    guest.expect(r"Hello from Pagurus \S+ \(xen, multiboot2\)", 120)
    assert guest.wait() == "poweroff"
    assert gone(lab, guest)
