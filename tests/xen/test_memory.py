# SPDX-License-Identifier: BSD-2-Clause
"""xl mem-set: the balloon, down and up, beside a program that uses memory."""
import re
import time

from .test_control import ready


# In an HVM guest firmware has taken some of its memory before us, and xl leaves it out.
HVM_SLACK_MIB = 2


def settled(lab, guest, mib, seconds=120, slack=0):
    """Waits until xl list shows so many MiB. Returns what it shows in the end."""
    for _ in range(seconds * 2):
        shown = int(lab.must(f"xl list {guest.name}").out.splitlines()[1].split()[2])
        if abs(shown - mib) <= slack:
            break
        time.sleep(0.5)
    return shown


def free_kib(lab, guest):
    lab.must(f"xl sysrq {guest.name} m")
    return int(guest.expect(r"of them (\d+) free").group(1))


def test_down_and_up(create, lab, pvh, slack=0):
    guest = ready(create, pvh, memory=128)
    before = free_kib(lab, guest)
    for mib in (64, 33, 100, 128, 16, 128):
        lab.must(f"xl mem-set {guest.name} {mib}")
        assert abs(settled(lab, guest, mib, slack=slack) - mib) <= slack
        assert abs(before - free_kib(lab, guest) - (128 - mib) * 1024) < 512 + slack * 1024
    guest.type("alive\n")
    guest.expect("got 1 <alive>")


def test_never_below_what_is_used(create, lab, pvh):
    """The program's memory stays whole; what is missing is given once the target is higher."""
    guest = ready(create, pvh, "keep 60", "test-steady", "round 1 good", memory=128)
    lab.must(f"xl mem-set {guest.name} 16")
    guest.expect("round 12 good", 180)
    shown = settled(lab, guest, 16, 3)
    assert 61 < shown < 80, shown
    lab.must(f"xl mem-set {guest.name} 128")
    assert settled(lab, guest, 128) == 128
    guest.expect(r"round 2\d good", 180)
    assert "has changed" not in guest.console()


def test_memory_below_maxmem(create, lab, pvh, slack=0):
    """Populated on demand: the guest gives the difference back before it can miss it."""
    guest = ready(create, pvh, memory=48, maxmem=192)
    assert -slack <= settled(lab, guest, 48, slack=slack) - 48 <= 1 + slack
    assert free_kib(lab, guest) < 48 * 1024
    lab.must(f"xl mem-set {guest.name} 150")
    assert abs(settled(lab, guest, 150, slack=slack) - 150) <= slack
    assert re.search("ready", guest.console())
