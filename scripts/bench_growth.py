#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""How calls on memory grow with the number of areas and with the size of memory: instructions in
QEMU (-icount shift=0), by tests/bench/memory. Writes growth.csv and growth.svg."""
import argparse
import pathlib
import re
import subprocess
import sys

import matplotlib
matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  the backend is chosen first

TREE = pathlib.Path(__file__).resolve().parent.parent
CALLS = ("mmap", "munmap", "first touch")
MEMORY = (64, 256, 1024, 4096, 16384)  # MiB


def call(command):
    done = subprocess.run([str(word) for word in command], cwd=TREE, text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit("%s failed:\n%s" % (" ".join(map(str, command)), done.stdout[-3000:]))
    return done.stdout


def measure(image, mib, areas):
    """Pairs: a number of areas, instructions of each of CALLS."""
    said = call(["scripts/run", "--out", image, "--memory", "%dM" % mib,
                 "--qemu=-icount shift=0", "--", "areas", areas])
    rows = re.findall(r"^areas,(\d+),([\d.]+),([\d.]+),([\d.]+)\s*$", said, re.M)
    return [(int(row[0]), [float(value) for value in row[1:]]) for row in rows]


def draw(path, by_areas, by_memory):
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    for axis, rows, label in ((axes[0], by_areas, "areas"),
                              (axes[1], by_memory, "memory, MiB (64 areas)")):
        for i, name in enumerate(CALLS):
            axis.plot([x for x, _ in rows], [costs[i] for _, costs in rows], "o-", label=name)
        axis.set_xscale("log", base=2)
        axis.set_ylim(bottom=0, top=10000)
        axis.set_xlabel(label)
        axis.grid(alpha=0.3)
        axis.legend()
    axes[0].set_ylabel("instructions")
    figure.tight_layout()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="build/bench/growth", help="folder for everything")
    parser.add_argument("--areas", type=int, default=1000000)
    args = parser.parse_args()
    out = pathlib.Path(args.out).resolve()
    call(["make", "O=%s" % out, "kvm_defconfig"])
    call(["make", "O=%s" % out, "APP=tests/bench/memory"])
    by_areas = measure(out, 2048, args.areas)
    by_memory = [(mib, measure(out, mib, 64)[-1][1]) for mib in MEMORY]
    lines = ["what,number," + ",".join(CALLS)]
    for what, rows in (("areas", by_areas), ("memory", by_memory)):
        lines += ["%s,%d,%s" % (what, x, ",".join(map(str, costs))) for x, costs in rows]
    (out / "growth.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    draw(out / "growth.svg", by_areas, by_memory)
    print("\n".join(lines))
    print("plot: %s" % (out / "growth.svg"))


if __name__ == "__main__":
    main()
