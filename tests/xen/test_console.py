# SPDX-License-Identifier: BSD-2-Clause
"""The PV console: nothing lost, line editing, a reader that is slow, away or asleep."""
import re

import pytest

from conftest import make

LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+"


def lines(count):
    """What tests/guest/console prints for "lines COUNT"."""
    seed, text = 1, []
    for i in range(count):
        seed = (seed * 1664525 + 1013904223) % 2**32
        text.append(f"line {i:06d} {seed:08x} {LETTERS[:seed >> 26]}\r\n")
    return "".join(text) + f"end {count}\r\n"


def test_no_byte_is_lost(create, pvh):
    guest = create(pvh, "test-console", "lines 3000")
    assert guest.wait() == "poweroff"
    assert lines(3000) in guest.whole_console()


@pytest.fixture
def patient(work):
    """An image that waits for its reader for two minutes: a busy dom0 takes a second for more."""
    out = work / "patient"
    make(f"O={out}", "pvh_defconfig")
    config = out / ".config"
    text = config.read_text()
    assert "CONFIG_XEN_CONSOLE_PATIENCE=5\n" in text
    config.write_text(text.replace("CONSOLE_PATIENCE=5\n", "CONSOLE_PATIENCE=120\n"))
    make(f"O={out}", "APP=tests/guest/console")
    return str(out / "pagurus.elf")


def test_no_byte_is_lost_while_the_reader_sleeps_for_a_second(create, lab, patient):
    guest = create(patient, None, "lines 1000", paused=True)
    lab.must("pkill -STOP xenconsoled")
    lab.must(f"xl unpause {guest.name}; sleep 1; pkill -CONT xenconsoled")
    assert guest.wait() == "poweroff"
    assert lines(1000) in guest.whole_console()


def test_nobody_reads(create, lab, pvh):
    guest = create(pvh, "test-console", "lines 1000", paused=True)
    lab.must("pkill -STOP xenconsoled")
    try:
        lab.must(f"xl unpause {guest.name}")
        assert guest.wait() == "poweroff"
    finally:
        lab.must("pkill -CONT xenconsoled")
    assert lines(1000).startswith(guest.whole_console()[:2000])


def test_reader_comes_back(create, lab, pvh):
    """What was lost meanwhile is counted, and what comes later arrives."""
    guest = create(pvh, "test-console", "echo", paused=True)
    lab.must(f"xl unpause {guest.name}")
    guest.expect("ready\r\n")
    # Every line comes back twice, echoed and answered: more than the ring's 2 KiB.
    text = "".join(f"{i:02d}{'x' * 60}\n" for i in range(14))
    lab.must("pkill -STOP xenconsoled")
    ring_full = lab.run(f"{feed(guest, text)}; sleep 6; pkill -CONT xenconsoled")
    assert ring_full.status == 0, ring_full.why()
    guest.type("quit\n")
    assert guest.wait() == "poweroff"
    said = guest.whole_console()
    assert "got 15 <quit>" in said or re.search(r"\[\d+ bytes lost: console not read\]", said), said


def feed(guest, text):
    """Shell command that types text; xenconsoled reads it once it goes on."""
    return f"printf '{text}' > {guest.tty()}".replace("\n", "\\n")


def test_line_editing(create, pvh):
    guest = create(pvh, "test-console", "echo")
    guest.expect("ready\r\n")
    guest.type("one\n")
    guest.expect("got 1 <one>")
    guest.type("twx\x7fo\n")  # backspace
    guest.expect("got 2 <two>")
    guest.type("all wrong\x15three\n")  # Ctrl-U
    guest.expect("got 3 <three>")
    guest.type("quit\n")
    guest.expect("got 4 <quit>")
    assert guest.wait() == "poweroff"
    assert "pagurus: exit status 7" in guest.whole_console()


def test_end_of_input(create, pvh):
    guest = create(pvh, "test-console", "echo")
    guest.expect("ready\r\n")
    guest.type("a\n\x04")
    guest.expect("end of input after 1 lines")
    assert guest.wait() == "poweroff"


def test_much_input(create, pvh):
    """More than the ring of 1 KiB holds."""
    guest = create(pvh, "test-console", "echo")
    guest.expect("ready\r\n")
    for i in range(1, 41):
        guest.type(f"{i:03d}{'y' * 97}\n")
    guest.expect(f"got 40 <040{'y' * 97}>")
    guest.type("quit\n")
    assert guest.wait() == "poweroff"
    said = guest.whole_console()
    for i in range(1, 41):
        assert f"got {i} <{i:03d}{'y' * 97}>" in said
