#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""STREAM on two CPUs: apps/stream with two threads as a native program of Pagurus and, from the same
source, as the init of Debian's kernel, in the same QEMU (each CPU a thread of it, all RAM there
before the start), taking turns. For bench.py, and by itself (make bench-stream)."""
import argparse
import pathlib
import re
import statistics
import subprocess
import sys

import bench_linux
import bench_qemu as qemu

TREE = pathlib.Path(__file__).resolve().parent.parent
KERNELS = ("Copy", "Scale", "Add", "Triad")


def figures(lines):
    """Kernel -> the best MB/s of one run."""
    if not qemu.find(lines, "The results are right"):
        return None
    return {name: float(qemu.find(lines, r"^%s +([\d.]+) " % name).group(1)) for name in KERNELS}


def measure(image, kernel, program, out, pairs, cpus=2, say=print):
    """System -> kernel -> MB/s of each run."""
    arguments = "--threads %d --repetitions 20" % cpus
    disk = bench_linux.initrd(program, out / "stream.cpio")
    starts = {
        "Pagurus": (image, {"append": "pagurus.program=stream -- " + arguments}),
        "Linux": (kernel, {"append": bench_linux.append(arguments), "initrd": disk}),
    }
    found = {name: {kernel_name: [] for kernel_name in KERNELS} for name in starts}
    for i in range(pairs):
        # Whoever comes first this time comes last the next.
        for name in sorted(starts, reverse=bool(i % 2)):
            say("stream, %d CPUs, %s, pair %d of %d" % (cpus, name, i + 1, pairs))
            boots, options = starts[name]
            lines, _ = qemu.run(boots, "^stream:", cpus=cpus, **options)
            for kernel_name, value in figures(lines).items():
                found[name][kernel_name].append(value)
    return found


def table(found):
    lines = ["| MB/s | Pagurus, best | median | Linux, best | median | of the bests | of the medians |",
             "|---|---:|---:|---:|---:|---:|---:|"]
    for name in KERNELS:
        ours, theirs = found["Pagurus"][name], found["Linux"][name]
        middle = [statistics.median(runs) for runs in (ours, theirs)]
        lines.append("| %s | %.0f | %.0f | %.0f | %.0f | %.2f | %.2f |" % (
            name, max(ours), middle[0], max(theirs), middle[1], max(ours) / max(theirs),
            middle[0] / middle[1]))
    return "\n".join(lines)


def build(out):
    """An image with the program, for several CPUs."""
    folder = out / "stream-smp"
    for words in (["smp_defconfig"], ["APP=apps/stream"]):
        done = subprocess.run(["make", "O=%s" % folder, *words], cwd=TREE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            sys.exit("bench: make %s failed:\n%s" % (" ".join(words), done.stdout[-3000:]))
    return folder / "pagurus.elf"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--out", default="build/bench", help="folder for everything")
    parser.add_argument("--pairs", type=int, default=7, help="runs of each (default: 7)")
    parser.add_argument("--cpus", type=int, default=2, help="CPUs and threads (default: 2)")
    args = parser.parse_args()
    out = pathlib.Path(args.out).resolve()
    image = build(out)
    kernel, version = bench_linux.kernel(out / "linux")
    found = measure(image, kernel, out.parent / "linux/stream", out, args.pairs, args.cpus)
    print("Linux is %s\n%s" % (version, table(found)))


if __name__ == "__main__":
    try:
        main()
    except (qemu.GuestError, bench_linux.NoLinux) as failure:
        sys.exit("bench: %s" % failure)
