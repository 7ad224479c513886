# SPDX-License-Identifier: BSD-2-Clause
"""HVM guests: firmware, GRUB and their interrupts have been in them before. The tests of PVH guests'
behaviour once more, and what only HVM guests have: emulated devices."""
import inspect
import time

import pytest

from . import test_console, test_control, test_end, test_kinds, test_memory, test_suspend

BEHAVIOURS = [
    test_console.test_no_byte_is_lost, test_console.test_nobody_reads,
    test_console.test_line_editing, test_console.test_end_of_input,
    test_control.test_sysrq, test_control.test_nmi, test_control.test_vcpu_list,
    test_control.test_xenstore_stands_still, test_end.test_crash_shows_in_xl_list,
    test_end.test_destroy, test_end.test_pause_and_unpause,
    test_suspend.test_save_that_leaves_it_running, test_suspend.test_clock_after_a_minute_of_pause,
]
MORE = [  # what hardly differs
    test_console.test_much_input, test_control.test_shutdown_right_after_create,
    test_control.test_shutdown_of_a_program_that_only_computes, test_control.test_storm_of_requests,
    test_suspend.test_save_and_restore, test_suspend.test_migrate,
]


@pytest.mark.parametrize(
    "behaviour", BEHAVIOURS + [pytest.param(test, marks=pytest.mark.slow) for test in MORE],
    ids=lambda test: test.__name__[len("test_"):])
def test_as_pvh(behaviour, create, lab, hvm):
    given = {"create": create, "lab": lab, "pvh": hvm}
    behaviour(**{name: given[name] for name in inspect.signature(behaviour).parameters
                 if name in given})


@pytest.mark.parametrize("move", [test_suspend.test_save_and_restore, test_suspend.test_migrate],
                         ids=lambda test: test.__name__[len("test_"):])
def test_moves(move, create, lab, hvm):
    move(create, lab, hvm, rounds=3)


@pytest.mark.parametrize("change", [test_memory.test_down_and_up,
                                    test_memory.test_memory_below_maxmem],
                         ids=lambda test: test.__name__[len("test_"):])
def test_balloon(change, create, lab, hvm):
    change(create, lab, hvm, slack=test_memory.HVM_SLACK_MIB)


@pytest.mark.parametrize("verb,reason", [("shutdown", "poweroff"), ("reboot", "reboot")])
def test_shutdown_and_reboot(create, lab, hvm, verb, reason):
    test_control.test_shutdown_and_reboot(create, lab, hvm, verb, reason)


@pytest.mark.parametrize("settings", [{"vcpus": 2}, {"vcpus": 4}, {"tsc_mode": "default"}],
                         ids=lambda settings: "-".join(f"{k}={v}" for k, v in settings.items()))
def test_settings(create, iso, settings):
    guest = create(None, iso=iso, **settings)
    test_kinds.says_hello(guest, "multiboot2")
    assert guest.wait() == "poweroff"


def drives(lab, guest):
    """What the device model offers beside the CD."""
    said = lab.must(f"xl qemu-monitor-command {guest.name} 'info block'").out
    return [line for line in said.splitlines() if "/tmp/" in line]


def test_emulated_disk_is_unplugged(create, lab, hvm):
    """Before a suspension and after it, when the device model is a new one."""
    lab.must("truncate -s 1M /tmp/disk.img")
    guest = create(hvm, "test-console", "echo", paused=True,
                   disks=["format=raw,vdev=hda,target=/tmp/disk.img"])
    assert drives(lab, guest)
    lab.must(f"xl unpause {guest.name}")
    guest.expect("ready", 120)
    test_control.listening(guest)
    assert not drives(lab, guest)
    lab.must(f"xl save {guest.name} /tmp/{guest.name} && xl restore /tmp/{guest.name}", 240)
    test_suspend.moved(guest)
    guest.type("here\n")
    guest.expect("got 1 <here>")
    for _ in range(50):
        if not drives(lab, guest):
            break
        time.sleep(0.2)
    assert not drives(lab, guest)
    lab.must(f"rm /tmp/{guest.name} /tmp/disk.img")
