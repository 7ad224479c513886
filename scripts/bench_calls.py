#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Instructions of system calls in Pagurus and in Linux: one static program, the same bytes, in the
same QEMU (-icount shift=0, where the TSC counts instructions). Ends with 1 if a call of Pagurus's
takes more than half of Linux's; the clock of the vDSO, which is no call, is not judged."""
import argparse
import pathlib
import re
import subprocess
import sys

import bench_linux
import bench_qemu as qemu

TREE = pathlib.Path(__file__).resolve().parent.parent
CALLS = "bench-calls"
NO_CALL = "clock_gettime (vDSO)"


def build(out):
    """An image for programs from a module, and the program."""
    out.mkdir(parents=True, exist_ok=True)
    (out / ".config").write_text("CONFIG_PROGRAM_MODULE=y\n", encoding="utf-8")
    for words in (["O=%s" % out, "olddefconfig"], ["O=%s" % out, "all"],
                  ["-f", "scripts/linux-apps.mk", "O=%s" % out, "linux-bench"]):
        done = subprocess.run(["make", "-s", "-C", TREE, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            sys.exit("bench-calls: make %s:\n%s" % (" ".join(words), done.stdout[-3000:]))
    return out / "pagurus.elf", out / "linux" / CALLS


def figures(lines):
    """name -> instructions; what failed is named."""
    for line in lines:
        if line.startswith("missing,"):
            print("bench-calls: " + line[8:], file=sys.stderr)
    return {row.group(1): float(row.group(2)) for row in
            (re.fullmatch(r"call,(.*),([\d.]+)", line) for line in lines) if row}


def measure(image, program, out, linux=True, words=""):
    """system -> figures. The same places each time: where an area lies in its page table counts."""
    systems = {"Pagurus": figures(qemu.run(image, "^done", initrd=program, icount=True,
                                           append="pagurus.noaslr -- " + words)[0])}
    if linux:
        kernel, version = bench_linux.kernel(out / "debian")
        disk = bench_linux.initrd(program, out / "calls.cpio")
        for name, more in (("Linux " + version, ""), ("without mitigations", "mitigations=off ")):
            systems[name] = figures(qemu.run(
                kernel, "^done", initrd=disk, icount=True, timeout=900,
                append=more + "norandmaps " + bench_linux.append(words))[0])
    return systems


def table(systems):
    """Lines of a table in Markdown; the last column is the first system's share of the second."""
    names = list(systems)
    lines = ["| call | " + " | ".join(names) + (" | share |" if len(names) > 1 else " |"),
             "|---|" + "---:|" * (len(names) + (len(names) > 1))]
    for call in systems[names[0]]:
        row = [systems[name].get(call) for name in names]
        cells = ["%s" % (format(round(value), ",") if value is not None else "-") for value in row]
        if len(names) > 1:
            cells.append("%.2f" % (row[0] / row[1]) if row[1] else "-")
        lines.append("| " + " | ".join([call, *cells]) + " |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="build/bench/calls", help="folder for everything")
    parser.add_argument("--image", help="an image to measure instead of building one")
    parser.add_argument("--no-linux", action="store_true", help="leave the Linux columns out")
    parser.add_argument("--only", default="", metavar="CALL", help="a single call, as the table names it")
    args = parser.parse_args()
    out = pathlib.Path(args.out).resolve()
    image, program = build(out)
    only = '"%s"' % args.only if args.only else ""
    systems = measure(args.image or image, program, out, not args.no_linux, only)
    print("\n".join(table(systems)))
    names = list(systems)
    if len(names) == 1:
        return 0
    over = [call for call, cost in systems[names[0]].items()
            if call != NO_CALL and cost > systems[names[1]].get(call, float("inf")) / 2]
    for call in over:
        print("bench-calls: more than half of Linux's: " + call, file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (qemu.GuestError, bench_linux.NoLinux) as failure:
        sys.exit("bench-calls: %s" % failure)
