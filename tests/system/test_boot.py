# SPDX-License-Identifier: BSD-2-Clause
"""Boots of every configuration, by every protocol, on every machine type that QEMU has for it."""
import re

import pytest

from conftest import TREE, boot, make, run

HELLO = re.compile(r"^Hello from Pagurus \S+ \(kvm, (\w+)\): (?:about )?\d+ us, (\d+) cycles", re.M)
DEFCONFIGS = sorted(path.name[:-len("_defconfig")] for path in (TREE / "defconfigs").iterdir())

# configuration, machine, how, the protocol that hello must report
BOOTS = [
    ("kvm", "pc", "kernel", "multiboot"), ("kvm", "q35", "kernel", "multiboot"),
    ("kvm", "pc", "multiboot", "multiboot"),
    ("pvh", "pc", "kernel", "PVH"), ("pvh", "q35", "kernel", "PVH"),
    ("pvh", "microvm", "kernel", "PVH"),
    ("hvm", "pc", "cdrom", "multiboot2"), ("hvm", "q35", "cdrom", "multiboot2"),
    ("hvm", "pc", "multiboot", "multiboot"), ("hvm", "q35", "multiboot", "multiboot"),
    ("hvm", "pc", "kernel", "multiboot"),
    ("microvm", "microvm", "kernel", "PVH"), ("microvm", "pc", "kernel", "PVH"),
    ("microvm", "q35", "kernel", "PVH"),
    ("tiny", "pc", "kernel", "multiboot"), ("tiny", "q35", "kernel", "multiboot"),
    ("smp", "pc", "kernel", "multiboot"), ("smp", "q35", "kernel", "multiboot"),
    ("debug", "pc", "kernel", "multiboot"),
]


@pytest.fixture(scope="module")
def images(work):
    """configuration -> output folder, built on first use."""
    class Images(dict):
        def __missing__(self, name):
            out = work / name
            make(f"O={out}", name + "_defconfig", "all")
            self[name] = out
            return out
    return Images()


def test_every_configuration_boots_somewhere():
    assert {row[0] for row in BOOTS} == set(DEFCONFIGS)


@pytest.mark.parametrize("name,machine,how,protocol", BOOTS)
def test_hello(images, name, machine, how, protocol):
    status, said = boot(images[name], f"--machine={machine}", f"--boot={how}",
                        append="pagurus.program=hello")
    assert status == 0, said
    found = HELLO.search(said)
    assert found, said
    assert found.group(1) == protocol
    assert int(found.group(2)) > 1000
    assert said.rstrip().endswith("pagurus: exit status 0")


@pytest.mark.parametrize("name,machine", [("kvm", "pc"), ("tiny", "pc"), ("microvm", "microvm")])
def test_hello_in_2_mib(images, name, machine):
    status, said = boot(images[name], f"--machine={machine}", "--memory=2M",
                        append="pagurus.program=hello")
    assert status == 0 and HELLO.search(said), said


@pytest.mark.parametrize("memory", ["8M", "64M", "1G", "4G", "6G", "16G"])
def test_hello_in_other_memory_sizes(images, memory):
    status, said = boot(images["kvm"], f"--memory={memory}", append="pagurus.program=hello")
    assert status == 0 and HELLO.search(said), said


def test_the_steps_of_the_boot(images):
    status, said = boot(images["kvm"], append="pagurus.program=hello", args=["--steps"])
    assert status == 0
    assert len(re.findall(r"^\S.*\d+ +\d+ +\d+$", said, re.M)) >= 3, said


def test_default_programs_run_one_after_the_other(images):
    status, said = boot(images["kvm"], timeout=300)
    assert status == 0, said
    assert said.index("Hello from Pagurus") < said.index("getpid") < said.index("exit status 0")


def test_a_failing_program_fails(images):
    status, said = boot(images["kvm"], append="pagurus.program=hello", args=["--nonsense"])
    assert status == 2, said


def test_an_unknown_program_is_named(images):
    status, said = boot(images["kvm"], append="pagurus.program=nobody")
    assert status not in (0, 124, 254), said
    assert "nobody" in said


@pytest.mark.parametrize("name,machine", [("kvm", "pc"), ("pvh", "q35"), ("microvm", "microvm")])
@pytest.mark.parametrize("cpu", ["qemu64", "Nehalem", "EPYC", "max"])
def test_cpu_models(images, name, machine, cpu):
    """qemu64 is the least of all: no FSGSBASE, no XSAVE, no 1 GiB pages, no x2APIC."""
    status, said = boot(images[name], f"--machine={machine}", f"--cpu={cpu}",
                        append="pagurus.program=hello")
    assert status == 0 and HELLO.search(said), said


@pytest.mark.parametrize("shift", range(11))
def test_an_interrupt_pending_at_any_step(images, shift):
    """The slower the clock of instructions, the more of the firmware's timer ticks fall into the
    boot, each time at another place."""
    status, said = boot(images["kvm"], f"--qemu=-icount shift={shift}",
                        append="pagurus.program=hello")
    assert status == 0 and HELLO.search(said), said


def test_a_32_bit_cpu_is_refused_with_a_message(images):
    status, said = boot(images["kvm"], "--cpu=qemu32", timeout=30)
    assert status == 255, said
    assert "no 64-bit mode" in said


def test_make_run_passes_arguments_and_status(images):
    out = images["kvm"]
    done = run(["make", f"O={out}", "run", "APPEND=pagurus.program=hello", "ARGS=--steps"])
    assert done.returncode == 0, done.stdout
    assert "step" in done.stdout
    done = run(["make", f"O={out}", "run", "APPEND=pagurus.program=hello", "ARGS=--nonsense 'a b'"])
    assert done.returncode == 2  # make's own status for a recipe that failed
    assert "Error 2" in done.stdout


def test_boot_cost_does_not_grow_with_memory(images):
    """64 MiB and 16 GiB need the same number of instructions, within 5 %."""
    cycles = {}
    for memory in ("64M", "16G"):
        status, said = boot(images["kvm"], f"--memory={memory}", "--qemu=-icount shift=0",
                            append="pagurus.program=hello")
        assert status == 0, said
        cycles[memory] = int(HELLO.search(said).group(2))
    assert abs(cycles["16G"] - cycles["64M"]) <= 0.05 * cycles["64M"], cycles
    assert cycles["64M"] <= 500000, cycles
