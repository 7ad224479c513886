# SPDX-License-Identifier: BSD-2-Clause
"""What xl asks of a guest through xenstore: shutdown, reboot, sysrq; NMIs; the exit status there."""
import re
import time

import pytest


def ready(create, pvh, words="echo", program="test-console", line="ready", **settings):
    guest = create(pvh, program, words, **settings)
    guest.expect(line)
    listening(guest)
    return guest


def listening(guest, seconds=120):
    """Waits until the guest has told the toolstack what it understands."""
    path = f"/local/domain/{guest.domid()}/control/feature-poweroff"
    for _ in range(seconds * 10):
        if guest.lab.run(f"xenstore-read {path}").out.strip() == "1":
            return
        time.sleep(0.1)
    raise AssertionError("control/feature-poweroff was not written")


def exit_status(lab, guest):
    return lab.must(f"xenstore-read /local/domain/{guest.domid()}/data/pagurus/exit-status").out.strip()


@pytest.mark.parametrize("verb,reason", [("shutdown", "poweroff"), ("reboot", "reboot")])
def test_shutdown_and_reboot(create, lab, pvh, verb, reason):
    guest = ready(create, pvh)
    lab.must(f"xl {verb} {guest.name}")
    assert guest.wait() == reason
    assert "pagurus: killed by signal 15 (SIGTERM)" in guest.whole_console()
    assert exit_status(lab, guest) == "143"


def test_shutdown_right_after_create(create, lab, pvh):
    """Asked for before the guest listens: it finds the request when it does."""
    guest = create(pvh, "test-console", "echo", paused=True)
    lab.must(f"xenstore-write /local/domain/{guest.domid()}/control/shutdown poweroff")
    lab.must(f"xl unpause {guest.name}")
    assert guest.wait() == "poweroff"


@pytest.mark.parametrize("verb,reason", [("shutdown", "poweroff"), ("reboot", "reboot")])
def test_program_that_handles_sigterm(create, lab, pvh, verb, reason):
    guest = ready(create, pvh, "orderly", "test-steady")
    lab.must(f"xl {verb} {guest.name}")
    assert guest.wait() == reason
    said = guest.whole_console()
    assert "ending in order" in said and "pagurus: exit status 5" in said
    assert exit_status(lab, guest) == "5"


def test_shutdown_of_a_program_that_only_computes(create, lab, pvh):
    guest = ready(create, pvh, "spin", "test-steady", "spinning")
    lab.must(f"xl shutdown {guest.name}")
    assert guest.wait() == "poweroff"


def test_shutdown_of_a_program_that_does_not_want_to(create, lab, pvh):
    guest = ready(create, pvh, "deaf", "test-steady")
    lab.must(f"xl shutdown {guest.name}")
    assert guest.wait() == "poweroff"
    assert "still runs 30 s after SIGTERM" in guest.whole_console()
    assert exit_status(lab, guest) == "137"


@pytest.mark.parametrize("words,status", [("exit 0", "0"), ("exit 77", "77"), ("abort", "134")])
def test_exit_status_in_xenstore(create, lab, pvh, words, status):
    guest = create(pvh, "test-exit", words)
    guest.wait()
    assert exit_status(lab, guest) == status


def test_unknown_request(create, lab, pvh):
    guest = ready(create, pvh)
    lab.must(f"xenstore-write /local/domain/{guest.domid()}/control/shutdown fly")
    guest.expect('the toolstack asks for "fly", which is not known here')
    lab.must(f"xl shutdown {guest.name}")
    assert guest.wait() == "poweroff"


def test_sysrq(create, lab, pvh):
    guest = ready(create, pvh)
    lab.must(f"xl sysrq {guest.name} t")
    guest.expect(r"all threads:\r\n +1  main +waits.*xen-control +ready \(this\)")
    lab.must(f"xl sysrq {guest.name} m")
    guest.expect(r"sysrq: memory: \d+ KiB")
    lab.must(f"xl sysrq {guest.name} c")
    assert guest.wait() == "crash"
    assert "PANIC: sysrq: crash asked for" in guest.whole_console()
    assert exit_status(lab, guest) == "255"


def test_nmi(create, lab, pvh):
    """Says where it is, and goes on."""
    guest = ready(create, pvh)
    for _ in range(3):
        lab.must(f"xl trigger {guest.name} nmi")
        guest.expect(r"NMI: somebody outside asks where we are.*rip [0-9a-f]{16}.*backtrace:")
    guest.type("alive\n")
    guest.expect("got 1 <alive>")


def test_nmi_in_the_program(create, lab, pvh):
    guest = ready(create, pvh, "spin", "test-steady", "spinning")
    lab.must(f"xl trigger {guest.name} nmi")
    guest.expect(r"NMI: .*thread 1 \"main\".*backtrace:")


def test_storm_of_requests(create, lab, pvh):
    """Hundreds of firings, and the guest still listens."""
    guest = ready(create, pvh)
    folder = f"/local/domain/{guest.domid()}"
    lab.must(f"for i in $(seq 100); do xenstore-write {folder}/memory/target 65536"
             f" {folder}/cpu/0/availability online; done", 300)
    lab.must(f"xl sysrq {guest.name} m")
    guest.expect("sysrq: memory", 120)
    lab.must(f"xl shutdown {guest.name}")
    assert guest.wait() == "poweroff"


def test_xenstore_stands_still(create, lab, pvh):
    """The daemon sleeps: the guest neither hangs nor is it long about its end."""
    guest = ready(create, pvh)
    guest.tty()  # cannot be asked for once xenstored sleeps
    lab.must("pkill -STOP xenstored")
    try:
        guest.type("quit\n")
        guest.expect("got 1 <quit>")
        guest.expect("pagurus: exit status 7", 60)
    finally:
        lab.must("pkill -CONT xenstored")
    assert guest.wait() == "poweroff"


def test_vcpu_list(create, lab, pvh):
    guest = ready(create, pvh, vcpus=2, words="echo")
    rows = lab.must(f"xl vcpu-list {guest.name}").out.splitlines()[1:]
    assert len(rows) == 2 and re.search(r" 0 +\S+ +-b- ", rows[0]), rows


def test_vcpu_set(create, lab, pvh):
    """What the toolstack takes and gives is read, and said; a running vCPU is not given up."""
    guest = ready(create, pvh, "pagurus.loglevel=6 echo", vcpus=3)
    for vcpus in (2, 1, 3):
        lab.must(f"xl vcpu-set -i {guest.name} {vcpus}")
        guest.expect(f"xen: {vcpus} vCPUs available, at most 1 used")
    guest.type("alive\n")
    guest.expect("got 1 <alive>")
