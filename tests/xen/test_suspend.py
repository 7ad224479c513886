# SPDX-License-Identifier: BSD-2-Clause
"""xl save, restore, migrate and pause: the program, its clocks and the console go on."""
import re
import time

from .test_control import ready

ROUNDS = 10


def clocks(text):
    """[(monotonic, wall), ...] in seconds, as tests/guest/steady prints them."""
    return [(int(m) / 1e9, int(w) / 1e9)
            for m, w in re.findall(r"clock (\d+) (\d+)\r\n", text)]


def moved(guest):
    """A guest that comes back has a new console terminal."""
    guest.console_tty = None


def all_logs(lab, guest):
    """xenconsoled names the log by the domain's name when it arrives: NAME--incoming."""
    return lab.must(f"cat /var/log/xen/console/guest-{guest.name}.log "
                    f"/var/log/xen/console/guest-{guest.name}--incoming.log").out


def test_save_and_restore(create, lab, pvh, rounds=ROUNDS):
    guest = ready(create, pvh)
    for i in range(1, rounds + 1):
        lab.must(f"xl save {guest.name} /tmp/{guest.name} && xl restore /tmp/{guest.name}", 240)
        moved(guest)
        guest.type(f"after {i}\n")
        guest.expect(f"got {i} <after {i}>")
    lab.must(f"rm /tmp/{guest.name}; xl shutdown {guest.name}")
    for _ in range(60):
        if "pagurus: killed by signal 15" in guest.console():
            return
        time.sleep(0.5)
    raise AssertionError("does not listen any more:\n" + guest.console())


def test_migrate(create, lab, pvh, rounds=ROUNDS):
    guest = ready(create, pvh, "clock", "test-steady", "clock ")
    for _ in range(rounds):
        lab.must(f"xl migrate -s '' {guest.name} 'xl migrate-receive'", 240)
    time.sleep(1)
    times = clocks(all_logs(lab, guest))
    assert len(times) > 5 * rounds
    for (mono, wall), (next_mono, next_wall) in zip(times, times[1:]):
        assert mono < next_mono and wall < next_wall
    # The wall clock knows how long it has been away; the monotonic one does not.
    there = float(lab.must("date +%s.%N").out)
    assert abs(there - times[-1][1]) < 5


def test_save_that_leaves_it_running(create, lab, pvh):
    guest = ready(create, pvh, "clock", "test-steady", "clock ")
    for _ in range(3):
        lab.must(f"xl save -c {guest.name} /tmp/{guest.name}", 240)
        guest.expect(r"clock \d+")
    lab.must(f"rm /tmp/{guest.name}")
    time.sleep(1)
    times = clocks(guest.console())
    assert all(a[0] < b[0] for a, b in zip(times, times[1:]))
    assert times[-1][0] > 5


def test_balloon_survives(create, lab, pvh):
    guest = ready(create, pvh, memory=96)
    lab.must(f"xl mem-set {guest.name} 48; sleep 2")
    lab.must(f"xl save {guest.name} /tmp/{guest.name} && xl restore /tmp/{guest.name}", 240)
    moved(guest)
    lab.must(f"rm /tmp/{guest.name}; xl mem-set {guest.name} 80; sleep 3")
    assert int(lab.must(f"xl list {guest.name}").out.splitlines()[1].split()[2]) == 80
    guest.type("here\n")
    guest.expect("got 1 <here>")


def test_clock_after_a_minute_of_pause(create, lab, pvh):
    guest = ready(create, pvh, "clock", "test-steady", "clock ")
    pause = lab.must(f"xl pause {guest.name}; sleep 60; xl unpause {guest.name}", 240)
    seen = clocks(guest.console())
    guest.expect(r"clock \d+")
    time.sleep(3)
    there = float(lab.must("date +%s.%N").out)
    times = clocks(guest.console())
    steps = [b[0] - a[0] for a, b in zip(times, times[1:])]
    assert min(steps) > 0 and 59 < max(steps) < pause.seconds + 1, (min(steps), max(steps))
    assert len(times) > len(seen)
    assert abs(there - times[-1][1]) < 5, (there, times[-1])
