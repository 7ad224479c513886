#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures Pagurus beside Linux in the same QEMU, and writes a report with a plot.

Cycles come from several rounds in which the systems take turns, so that what else the machine does
hits all of them; instruction counts (-icount shift=0) do not vary and are taken once. Everything
that was measured is also in OUT/results.json.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import resource
import statistics
import subprocess
import sys

import bench_linux
import bench_qemu as qemu
import bench_report
import bench_stream
import bench_xen

TREE = pathlib.Path(__file__).resolve().parent.parent
APPS = ("basic", "hello", "stream", "hourglass")
ALL = ["APP=" + " ".join("apps/" + app for app in APPS)]
MEMORY = ["APP=tests/bench/memory"]
XEN = [ALL[0] + " tests/bench/memory"]
HELLO = r"Hello from Pagurus.* (\d+) cycles"


def say(text):
    print("  BENCH   " + text, flush=True)


def make(*words):
    done = subprocess.run(["make", "-C", str(TREE), *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")})
    if done.returncode:
        sys.exit("bench: make %s failed:\n%s" % (" ".join(words), done.stdout[-3000:]))


def build(out):
    """The images: the configurations whose sizes count, and one with all programs.
    Returns name -> path."""
    images = {}
    for name, config, words in (
            ("tiny", "tiny", []), ("kvm", "kvm", []),
            ("kvm-hello", "kvm", ["APP=apps/hello"]),
            ("all", "kvm", ALL), ("memory", "kvm", MEMORY), ("PVH", "pvh", XEN), ("HVM", "hvm", XEN)):
        folder = out / name
        say("building " + name)
        make("O=%s" % folder, config + "_defconfig")
        if name == "kvm-hello":  # without basic
            with open(folder / ".config", "a", encoding="utf-8") as f:
                f.write('# CONFIG_APP_BASIC is not set\nCONFIG_PROGRAM="hello"\n')
            make("O=%s" % folder, "olddefconfig")
            words = []
        make("O=%s" % folder, *words)
        images[name] = folder / "pagurus.elf"
    return images


class Pagurus:
    """Starts programs of one image."""
    def __init__(self, image):
        self.image = image

    def start(self, program, arguments, marker, **options):
        return qemu.run(self.image, marker,
                        append="pagurus.program=%s -- %s" % (program, arguments), **options)


class Linux:
    """Starts the same programs as the init of Debian's kernel."""
    def __init__(self, kernel, programs, out):
        self.kernel, self.programs, self.out = kernel, programs, out

    def start(self, program, arguments, marker, **options):
        disk = bench_linux.initrd(self.programs / program, self.out / (program + ".cpio"))
        return qemu.run(self.kernel, marker, initrd=disk,
                        append=bench_linux.append(arguments), **options)


def measure_basic(systems, rounds, accel):
    """system's key -> figures of basic in cycles, the systems taking turns."""
    found = {key: [] for key in systems}
    for i in range(rounds):
        for key, system in systems.items():
            say("basic, %s, %s, round %d of %d" % (key, accel, i + 1, rounds))
            lines, _ = system.start("basic", "--csv", "^tsc_pair", accel=accel)
            found[key].append(qemu.basic_figures(lines))
    return {key: qemu.middle(values) for key, values in found.items()}


def measure_instructions(systems):
    found = {}
    for key, system in systems.items():
        say("basic, %s, instructions" % key)
        lines, _ = system.start("basic", "--csv", "^tsc_pair", icount=True, timeout=900)
        found[key] = qemu.basic_figures(lines)
    return found


def boot_instructions(images, linux, stub):
    """From the stub's first instruction to main, and the table of steps."""
    found = {}
    for memory in ("64M", "512M", "16G"):
        say("boot, instructions, %s" % memory)
        # 16 GiB need not exist: only what is touched does.
        lines, _ = Pagurus(images["all"]).start("hello", "--steps", HELLO, icount=True,
                                                memory=memory, prealloc=False)
        found[memory] = int(qemu.find(lines, HELLO).group(1))
        found["steps"] = [line for line in lines if re.match(r"step |\S.* \d+ +\d+ +\d+$", line)]
    lines, _ = qemu.run(stub, "stub: TSC", icount=True)
    found["stub"] = int(qemu.find(lines, "TSC 0x([0-9a-f]+)").group(1), 16)
    if linux:
        say("boot, instructions, Linux")
        lines, _ = linux.start("hello", "", "Hello from", icount=True, timeout=900)
        found["linux"] = int(qemu.find(lines, r"TSC (\d+)").group(1)) - found["stub"]
    return found


def boot_times(images, linux, stub, rounds):
    """Milliseconds from QEMU's start to the first line of each guest, taking turns."""
    starts = {
        "empty stub": lambda: qemu.run(stub, "stub: TSC", prealloc=False),
        "hello (tiny)": lambda: qemu.run(images["tiny"], "Hello", prealloc=False),
        "hello (kvm)": lambda: qemu.run(images["kvm-hello"], "Hello", prealloc=False),
    }
    say("boot times, %d rounds" % rounds)
    times = {name: [] for name in starts}
    for _ in range(rounds):
        for name, start in starts.items():
            times[name].append(timed(start))
    if linux:
        times["hello (Linux)"] = [
            timed(lambda: linux.start("hello", "", "Hello", prealloc=False)) for _ in range(3)]
    return {name: {"min": min(wall for wall, _ in values),
                   "median": statistics.median(wall for wall, _ in values),
                   "cpu": statistics.median(cpu for _, cpu in values), "n": len(values)}
            for name, values in times.items()}


def timed(start):
    """Milliseconds to a guest's first line, and of CPU time until its QEMU had ended."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = start()[1] * 1e3
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def least_memory(images, stub):
    """Does each guest run in 2 MiB?"""
    found = {}
    for name, kernel, marker in (("empty stub", stub, "stub: TSC"),
                                 ("hello (tiny)", images["tiny"], "Hello"),
                                 ("hello (kvm)", images["kvm-hello"], "Hello")):
        try:
            qemu.run(kernel, marker, memory="2M", prealloc=False, timeout=20)
            found[name] = True
        except qemu.GuestError:
            found[name] = False
    return found


def measure_others(systems):
    """The lines of stream and hourglass, as they are."""
    found = {}
    for program, arguments in (("stream", ""), ("hourglass", "--ms 500 --top 5")):
        for key, system in systems.items():
            say("%s, %s" % (program, key))
            lines, _ = system.start(program, arguments, "^%s:" % program)
            found[program + ", " + key] = [line for line in lines if line and line[0] != "["
                                           and not line.startswith("pagurus:")]
    return found


def machine():
    def first(words):
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False, cwd=TREE)
        return done.stdout.strip().split("\n")[0]

    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = re.search(r"^model name\s*:\s*(.*)$", f.read(), re.M)
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": "%s, %d CPUs" % (model.group(1) if model else "unknown CPU", os.cpu_count() or 1),
        "kernel": platform.release(),
        "qemu": first(["qemu-system-x86_64", "--version"]),
        "compiler": first(["gcc", "--version"]),
        "commit": first(["git", "rev-parse", "--short", "HEAD"]) or "unknown",
        "changed": bool(first(["git", "status", "--porcelain", "--untracked-files=no"])),
        "load": "%.1f" % os.getloadavg()[0],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", default="build/bench", help="folder for everything")
    parser.add_argument("--report", help="the report's path without .md (default: OUT/report)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of basic (default: 3)")
    parser.add_argument("--pairs", type=int, default=7, help="pairs of stream (default: 7)")
    parser.add_argument("--boots", type=int, default=21, help="boots for the time (default: 21)")
    parser.add_argument("--no-linux", action="store_true", help="leave the Linux column empty")
    parser.add_argument("--no-xen", action="store_true", help="leave the Xen columns empty")
    parser.add_argument("--xen-boots", type=int, default=7,
                        help="boots of PVH and HVM guests in the Xen lab (default: 7)")
    args = parser.parse_args()
    out = pathlib.Path(args.out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    results = {"machine": machine(), "missing": {}, "command": " ".join(qemu.command("IMAGE"))}
    images = build(out)
    stub = out / "stub.elf"
    results["sizes"] = {name: path.stat().st_size for name, path in images.items()
                        if name not in (*bench_xen.KINDS, "memory")}

    systems, linux = {"Pagurus": Pagurus(images["all"])}, None
    try:
        if args.no_linux:
            raise bench_linux.NoLinux("left out by --no-linux")
        kernel, results["linux"] = bench_linux.kernel(out / "linux")
        linux = Linux(kernel, out.parent / "linux", out)
        systems["Linux"] = linux
    except bench_linux.NoLinux as error:
        results["missing"]["linux"] = str(error)

    results["tcg"] = measure_basic(systems, args.rounds, "tcg")
    results["missing"]["kvm"] = qemu.kvm_missing()
    if not results["missing"]["kvm"]:
        results["kvm"] = measure_basic(systems, args.rounds, "kvm")
    results["instructions"] = measure_instructions(systems)
    results["boot"] = boot_instructions(images, linux, stub)
    results["times"] = boot_times(images, linux, stub, args.boots)
    results["memory"] = least_memory(images, stub)
    results["others"] = measure_others(systems)
    if linux:
        results["stream"] = bench_stream.measure(bench_stream.build(out), linux.kernel,
                                                 linux.programs / "stream", out, args.pairs, say=say)
    try:
        if args.no_xen:
            raise bench_xen.NoXen("left out by --no-xen")
        results["xen"] = bench_xen.measure(images, linux.programs if linux else None, args.rounds,
                                           args.xen_boots, say)
    except bench_xen.NoXen as error:
        results["missing"]["xen"] = str(error)
    (out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    report = pathlib.Path(args.report) if args.report else out / "report"
    bench_report.write(results, report)
    print("%s.md" % report)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except qemu.GuestError as failure:
        sys.exit("bench: %s" % failure)
