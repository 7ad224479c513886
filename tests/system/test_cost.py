# SPDX-License-Identifier: BSD-2-Clause
"""What was reached must stay reached: instructions per operation and sizes of images. The limits
are for gcc and the plain configurations; make bench has the whole report."""
import re
import sys

import pytest

import cpio
from conftest import TREE, boot, make

sys.path.insert(0, str(TREE / "scripts"))
import bench_calls  # noqa: E402  scripts/ must be on the path first
import bench_linux  # noqa: E402
import bench_qemu  # noqa: E402
from bench_report import PEERS, SIZE_LIMITS  # noqa: E402
from paglib import cpio as paglib_cpio, image  # noqa: E402
from paglib.collect import Collection  # noqa: E402

LIMITS = {name: limit for name, (_, limit) in PEERS.items() if limit}


@pytest.fixture(scope="module")
def figures(work):
    make(f"O={work / 'kvm'}", "kvm_defconfig", "all")
    status, said = boot(work / "kvm", "--qemu=-icount shift=0", append="pagurus.program=basic",
                        args=["--csv", "--mib", "8"])
    assert status == 0, said
    return bench_qemu.basic_figures(said.splitlines())


@pytest.mark.parametrize("name", LIMITS)
def test_instructions_per_operation(figures, name):
    assert 0 < figures[name]["batch"] <= LIMITS[name], figures[name]


def choose(out, option, value):
    config = (out / ".config").read_text(encoding="utf-8")
    was, becomes = (f"# {option} is not set\n", f"{option}=y\n")[::1 if value else -1]
    assert was in config
    (out / ".config").write_text(config.replace(was, becomes), encoding="utf-8")
    make(f"O={out}", "olddefconfig")


# By name, with memory of any content and with memory known to be zero.
MEMORY_LIMITS = {
    "touch_large": (200, 10), "unmap_large": (3, 3),
    "touch_small": (251, 251), "unmap_small": (10, 10), "touch_small_scattered": (300, 300),
    "unmap_small_scattered": (10, 10), "unmap_every_second": (30, 30),
    "malloc": (150, 150), "touch_malloc": (220, 220), "free_malloc": (3, 3)}


@pytest.mark.parametrize("zeroed", [False, True])
def test_memory(work, zeroed):
    """Instructions per page of 64 MiB (per block of 1 MiB for malloc)."""
    out = work / "memory"
    make(f"O={out}", "kvm_defconfig")
    make(f"O={out}", "APP=tests/bench/memory")
    status, said = boot(out, "--qemu=-icount shift=0 -mem-prealloc",
                        append="pagurus.zeroed" if zeroed else "", args=["64"])
    assert status == 0, said
    costs = {name: float(value) for name, value in re.findall(r"^(\w+),([\d.]+)$", said, re.M)}
    bad = {name: (costs[name], limits[zeroed]) for name, limits in MEMORY_LIMITS.items()
           if not 0 < costs[name] <= limits[zeroed]}
    assert not bad, said


# After the CPU was idle for a while, with CONFIG_ZERO_AHEAD.
IDLE_LIMITS = {"touch_large_idle": 15, "touch_small_idle": 100, "touch_small_scattered_idle": 120}


def test_memory_zeroed_ahead(work):
    """Much less after idling, and nothing more where there was no time for it."""
    out = work / "memory-ahead"
    make(f"O={out}", "kvm_defconfig")
    choose(out, "CONFIG_ZERO_AHEAD", True)
    make(f"O={out}", "APP=tests/bench/memory")
    for args, limits in (["idle", "64"], IDLE_LIMITS), \
            (["64"], {name: limit for name, (limit, _) in MEMORY_LIMITS.items()}):
        status, said = boot(out, "--qemu=-icount shift=0 -mem-prealloc", args=args)
        assert status == 0, said
        costs = {name: float(value) for name, value in re.findall(r"^(\w+),([\d.]+)$", said, re.M)}
        assert all(0 < costs[name] <= limit for name, limit in limits.items()), said


def test_many_areas(work):
    """The calls on areas grow with the logarithm of their number: mmap, munmap, first touch."""
    out = work / "memory"
    make(f"O={out}", "kvm_defconfig")
    make(f"O={out}", "APP=tests/bench/memory")
    status, said = boot(out, "--qemu=-icount shift=0", args=["areas", "65536"])
    assert status == 0, said
    costs = {int(row[0]): [float(value) for value in row[1:]] for row in
             re.findall(r"^areas,(\d+),([\d.]+),([\d.]+),([\d.]+)$", said, re.M)}
    for number, limits in ((64, (2300, 3400, 1200)), (65536, (3500, 3900, 1350))):
        assert all(0 < cost <= limit for cost, limit in zip(costs[number], limits)), said


def test_first_touch_on_several_cpus(work):
    """Instructions per page of all CPUs together: nobody spins. (QEMU lets one CPU run at a time.)"""
    out = work / "memory-smp"
    make(f"O={out}", "smp_defconfig")
    choose(out, "CONFIG_ZERO_AHEAD", False)  # what idle CPUs do would count too
    make(f"O={out}", "APP=tests/bench/memory")
    status, said = boot(out, "--qemu=-icount shift=0 -mem-prealloc", "--smp=4", args=["cpus"])
    assert status == 0, said
    costs = [float(value) for value in re.findall(r"^touch_\d+_cpus,([\d.]+)$", said, re.M)]
    assert len(costs) == 3 and all(100 < cost <= 265 for cost in costs), said
    assert max(costs) <= 1.05 * min(costs), said


def test_clocks_of_the_vdso(work):
    """Instructions of __vdso_clock_gettime, and with what the C library does around it."""
    out = work / "module"
    make(f"O={out}", "kvm_defconfig")
    config = (out / ".config").read_text(encoding="utf-8")
    (out / ".config").write_text(config.replace("CONFIG_PROGRAM_NATIVE=y",
                                                "CONFIG_PROGRAM_MODULE=y"), encoding="utf-8")
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "all")
    make("-f", "scripts/linux-apps.mk", f"O={work}", "linux-guest-tests")
    status, said = boot(out, f"--initrd={work}/linux/test-vdso", "--qemu=-icount shift=0",
                        args=["cost"])
    assert status == 0, said
    costs = re.findall(r"^cost of (\w+): (\d+), through the C library: (\d+)$", said, re.M)
    assert [name for name, _, _ in costs] == ["CLOCK_MONOTONIC", "CLOCK_REALTIME"]
    for _, alone, called in costs:
        assert 10 < int(alone) <= 40 and int(alone) < int(called) <= 60, costs


@pytest.mark.parametrize("align,limit", [(True, 260000), (False, 650000)])
def test_start_of_busybox_true(work, align, limit):
    """Instructions from the boot stub to the end of the smallest of Debian's programs: mapped from
    its archive, and copied out of it."""
    out = work / "files"
    make(f"O={out}", "kvm_defconfig")
    config = (out / ".config").read_text(encoding="utf-8")
    config = re.sub("# CONFIG_(FS|SYSCALLS_IDENTITY|THREAD_TIMES) is not set\n", "", config)
    (out / ".config").write_text(config.replace("CONFIG_PROGRAM_NATIVE=y",
                                                "CONFIG_PROGRAM_MODULE=y"), encoding="utf-8")
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "all")
    archive = work / "true.cpio"
    with open("/bin/busybox", "rb") as file:
        archive.write_bytes(cpio.archive({"busybox": file.read(), "true": "busybox"}, align=align))
    status, said = boot(out, f"--initrd={archive}", "--memory=512M",
                        "--qemu=-icount shift=0 -mem-prealloc",
                        append="pagurus.program=/true pagurus.loglevel=7")
    assert status == 0, said
    ticks = re.search(r"(\d+) ticks of the TSC since the first instruction", said)
    assert ticks and 50000 < int(ticks.group(1)) <= limit, said


def test_start_of_python(work):
    """Instructions from the boot stub to the end of Python, with all of its library: at most what
    Linux takes for the program's part alone, and 10 % (docs/cost.md)."""
    out = work / "python"
    out.mkdir(exist_ok=True)
    (out / ".config").write_text(image.configuration("kvm", 1), encoding="utf-8")
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "all")
    found = Collection()
    path, _ = found.add_program("/usr/bin/python3")
    archive = work / "python.cpio"
    with open(archive, "wb") as file:
        paglib_cpio.write(file, found.entries)
    status, said = boot(out, f"--initrd={archive}", "--memory=512M",
                        "--qemu=-icount shift=0 -mem-prealloc",
                        append=f"pagurus.program={path} PYTHONHASHSEED=0 pagurus.loglevel=7",
                        args=["-I", "-S", "-c", "pass"])
    assert status == 0, said
    ticks = re.search(r"(\d+) ticks of the TSC since the first instruction", said)
    assert ticks and 19000000 < int(ticks.group(1)) <= 23000000, said


# Of bench-calls, with its own loop and the C library's part; half of Linux's is more (docs/cost.md).
CALL_LIMITS = {
    "getpid": 80, "clock_gettime (vDSO)": 60, "pipe: write and read 1 byte": 950,
    "socketpair: 1 byte there and back": 2700, "open and close": 2100, "stat": 1600,
    "access, no such file": 1250, "fstat": 450, "lseek": 199, "dup and close": 360,
    "pread of 4 KiB": 950, "pwrite of 4 KiB": 1050, "epoll: eventfd written, waited for, read": 1200,
    "poll of 10 eventfds, one ready": 1700, "getdents64 of 100 files": 16500,
    "thread created and joined": 16000, "mmap and munmap": 3000,
    "mmap, 16 pages touched, munmap": 15500, "futex: two hand-overs": 1350}


def test_calls(work):
    image, program = bench_calls.build(work / "calls")
    costs = bench_calls.measure(image, program, work / "calls", linux=False)["Pagurus"]
    assert costs.keys() == CALL_LIMITS.keys()
    bad = {name: cost for name, cost in costs.items() if not 0 < cost <= CALL_LIMITS[name]}
    assert not bad


def test_counting_is_exact(figures):
    """Where the TSC counts instructions, the empty loop has two: a subtraction and a branch."""
    assert figures["empty_loop"]["batch"] == 2


@pytest.mark.parametrize("name,limit", [
    ("tiny", SIZE_LIMITS["tiny"]), ("kvm", SIZE_LIMITS["kvm-hello"])])
def test_size(work, name, limit):
    make(f"O={work / name}", name + "_defconfig", "all")
    assert 10000 < (work / name / "pagurus.elf").stat().st_size <= limit


def test_initrd_is_a_cpio_archive(tmp_path):
    """bench.py writes one for Linux; the program must be in it, whole."""
    program = tmp_path / "program"
    program.write_bytes(b"#!/bin/sh\nexit 3\n")
    disk = bench_linux.initrd(program, tmp_path / "disk")
    entries, data = [], disk.read_bytes()
    while data:
        assert data[:6] == b"070701"
        size, name_size = int(data[54:62], 16), int(data[94:102], 16)
        start = (110 + name_size + 3) & ~3
        entries.append((data[110:109 + name_size].decode(), data[start:start + size]))
        data = data[(start + size + 3) & ~3:]
    assert entries == [("dev", b""), ("dev/console", b""), ("init", program.read_bytes()),
                       ("TRAILER!!!", b"")]
