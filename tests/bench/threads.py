# SPDX-License-Identifier: BSD-2-Clause
"""threads.py FOLDER: growth of the cost of a thread. Boots the image in FOLDER, which has the program
test-many, with more and more threads and CPUs; writes growth.md there, and growth.svg where
matplotlib is installed. One CPU: counted instructions. More: microseconds on this machine's clock."""
import pathlib
import re
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
COUNTS = (10, 100, 1000, 10000)
CPUS = (1, 2, 4)
STEPS = ("create", "wake", "run and join")


def measure(folder, count, cpus):
    """The second round, since the first makes what the kernel keeps. Per thread."""
    words = ["scripts/run", f"--out={folder}", f"--smp={cpus}", "--memory=1G", "--timeout=600",
             "--append=pagurus.program=test-many"]
    if cpus == 1:
        words.append("--qemu=-icount shift=0 -mem-prealloc")
    said = subprocess.run([*words, "--", str(count)], cwd=TREE, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, check=False).stdout
    found = re.search(r"round 2: us each: create (\S+), wake (\S+), run and join (\S+)", said)
    memory = re.search(r"round 2: (\S+) KiB of memory each", said)
    if not found or not memory or re.search("^not ok", said, re.M):
        sys.exit(f"{count} threads on {cpus} CPUs:\n{said}")
    scale = 1000 if cpus == 1 else 1  # a nanosecond is an instruction
    return [float(value) * scale for value in found.groups()], float(memory.group(1))


def table(results):
    lines = ["| CPUs | threads | " + " | ".join(STEPS) + " | KiB each |",
             "|---|---|" + "---|" * (len(STEPS) + 1)]
    for (cpus, count), (values, memory) in results.items():
        unit = "instructions" if cpus == 1 else "us"
        lines.append(f"| {cpus} | {count:,} | " +
                     " | ".join(f"{value:,.{0 if cpus == 1 else 1}f} {unit}" for value in values) +
                     f" | {memory:.1f} |")
    return "\n".join(lines) + "\n"


def plot(results, path):
    try:
        import matplotlib
    except ImportError:
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(1, len(CPUS), figsize=(4 * len(CPUS), 3.2))
    for axis, cpus in zip(axes, CPUS):
        for i, step in enumerate(STEPS):
            axis.plot(COUNTS, [results[cpus, count][0][i] for count in COUNTS], "o-", label=step)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xlabel("threads")
        axis.set_ylabel("instructions per thread" if cpus == 1 else "us per thread")
        axis.set_title(f"{cpus} CPU" + "s" * (cpus > 1))
        axis.grid(True)
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(path)


def main(folder):
    folder = pathlib.Path(folder).resolve()
    results = {(cpus, count): measure(folder, count, cpus) for cpus in CPUS for count in COUNTS}
    text = table(results)
    (folder / "growth.md").write_text(text, encoding="utf-8")
    plot(results, folder / "growth.svg")
    print(text + f"{folder}/growth.md")


if __name__ == "__main__":
    main(sys.argv[1])
