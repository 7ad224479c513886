# SPDX-License-Identifier: BSD-2-Clause
"""How guests end, as xl sees it, and as their console says it."""
import pytest


@pytest.mark.parametrize("status", [0, 1, 255])
def test_exit_is_poweroff(create, pvh, status):
    guest = create(pvh, "test-exit", f"exit {status}")
    assert guest.wait() == "poweroff"
    assert f"pagurus: exit status {status}\r\n" in guest.whole_console()


@pytest.mark.parametrize("mode,signal", [("abort", "6 (SIGABRT)"), ("null_write", "11 (SIGSEGV)"),
                                         ("ud2", "4 (SIGILL)"), ("overflow", "11 (SIGSEGV)"),
                                         ("text_write", "11 (SIGSEGV)")])
def test_death_is_crash(create, pvh, mode, signal):
    guest = create(pvh, "test-exit", mode)
    assert guest.wait() == "crash"
    assert f"pagurus: killed by signal {signal}" in guest.whole_console()


def test_crash_shows_in_xl_list(create, lab, pvh):
    guest = create(pvh, "test-exit", "abort")
    assert guest.wait() == "crash"
    row = lab.must(f"xl list {guest.name}").out.splitlines()[1].split()
    assert row[4].endswith("sc-"), row


def test_destroy(create, lab, pvh):
    guest = create(pvh, "test-console", "echo")
    guest.expect("ready\r\n")
    lab.must(f"xl destroy {guest.name}")
    assert lab.run(f"xl domid {guest.name}").status != 0


def test_pause_and_unpause(create, lab, pvh):
    guest = create(pvh, "test-console", "echo")
    guest.expect("ready\r\n")
    lab.must(f"xl pause {guest.name}")
    guest.type("asleep\n")
    lab.run("sleep 3")
    assert "got" not in guest.console()
    lab.must(f"xl unpause {guest.name}")
    guest.expect("got 1 <asleep>")
