# SPDX-License-Identifier: BSD-2-Clause
"""What may go wrong in dom0 during a guest's life. See also test_console.py (a reader that is away),
test_control.py (storms of requests, a xenstore that sleeps), test_suspend.py (a minute of pause)."""
import re
import time

import pytest

from .test_console import lines

DAEMONS = ("xenstored --pid-file /run/xenstored.pid && /usr/lib/xen-4.*/bin/xen-init-dom0 && "
           "/usr/lib/xen-4.*/bin/xenconsoled --log=all --log-dir=/var/log/xen/console "
           "--pid-file=/run/xenconsoled.pid")


@pytest.fixture
def spoilt(dom0):
    """A dom0 that nobody uses afterwards."""
    lab = dom0()
    yield lab
    lab.stop()


def row(lab, domid):
    """Of xl list: state and CPU time in seconds."""
    columns = lab.must(f"xl list {domid}").out.splitlines()[1].split()
    return columns[-2], float(columns[-1])


def lose_xenstore(lab):
    """A new daemon, which knows nothing of what the old one knew."""
    lab.must("pkill -KILL xenstored; sleep 3")
    lab.must("pkill -KILL xenconsoled; sleep 1; " + DAEMONS, 120)


def test_xenstore_dies_under_a_guest_that_waits(spoilt, create, pvh):
    """It neither crashes nor turns in circles."""
    guest = create(pvh, "test-console", "echo")
    guest.expect("ready\r\n")
    domid = guest.domid()
    lose_xenstore(spoilt)
    time.sleep(5)
    state, before = row(spoilt, domid)
    assert state == "-b----"
    time.sleep(5)
    state, after = row(spoilt, domid)
    assert state == "-b----" and after - before < 1
    spoilt.must(f"xl destroy {domid}")


def test_guest_starts_and_ends_without_xenstore(spoilt, create, pvh):
    """Nobody answers to it, nobody reads its console: the program runs to its end all the same."""
    guest = create(pvh, "test-console", "lines 500", paused=True)
    domid = guest.domid()
    lose_xenstore(spoilt)
    spoilt.must(f"xl unpause {domid}")
    for _ in range(60):
        state, _ = row(spoilt, domid)
        if "s" in state:
            break
        time.sleep(1)
    assert state == "---s--"


def test_xenstore_is_replaced_live(spoilt, create, pvh):
    """The update that Xen's tools offer: the new daemon knows what the old one knew."""
    guest = create(pvh, "test-console", "echo")
    guest.expect("ready\r\n")
    spoilt.must("xenstore-control live-update $(command -v xenstored)", 60)
    guest.type("still here\n")
    guest.expect("got 1 <still here>")
    spoilt.must(f"xl shutdown {guest.name}")
    assert guest.wait() == "poweroff"


def test_console_readers_come_and_go(create, lab, pvh):
    """Eight xl console, each for a moment, while the guest prints and listens."""
    guest = create(pvh, "test-console", "lines 3000", paused=True)
    lab.must(f"(sleep 1; xl unpause {guest.name}) & for i in $(seq 8); do sleep 0.2 | "
             f"timeout 5 xl console {guest.name} > /dev/null; done; true", 200)
    assert guest.wait() == "poweroff"
    assert lines(3000) in guest.whole_console()


def test_many_small_inputs(create, lab, pvh):
    """Each byte an event of its own."""
    guest = create(pvh, "test-console", "echo")
    guest.expect("ready\r\n")
    text = "".join(f"{i:03d} abcdefghijkl\n" for i in range(20))
    guest.tty()
    for byte in text:
        guest.type(byte)
    guest.type("quit\n")
    assert guest.wait() == "poweroff"
    got = re.findall(r"got \d+ <(.*?)>", guest.whole_console())
    assert got == text.splitlines() + ["quit"]
