# SPDX-License-Identifier: BSD-2-Clause
"""scale.py FOLDER: growth of what does not concern memory alone. Boots the image in FOLDER, which has
the programs hello and test-many, with more and more memory, CPUs and threads, and counts
instructions in QEMU (-icount shift=0), those of all CPUs together. Writes scale.md there, and
scale.svg where matplotlib is installed."""
import pathlib
import re
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
COUNTS = (1, 10, 100, 1000, 10000)
CPUS = (1, 2, 4, 8)
MEMORY = (64, 256, 1024, 4096, 16384)  # MiB
STEPS = ("create", "wake", "run and join")


def boot(folder, program, *args, cpus=1, mib=1024):
    words = ["scripts/run", f"--out={folder}", f"--smp={cpus}", f"--memory={mib}M", "--timeout=600",
             "--qemu=-icount shift=0", f"--append=pagurus.program={program}", "--", *args]
    done = subprocess.run([str(word) for word in words], cwd=TREE, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def to_main(folder, **machine):
    """From the stub's first instruction to main."""
    return int(re.search(r"(\d+) cycles from", boot(folder, "hello", **machine)).group(1))


def threads(folder, count, cpus):
    """The second round, since the first makes what the kernel keeps. Per thread: instructions (a
    nanosecond each) of STEPS, and KiB of memory."""
    said = boot(folder, "test-many", count, cpus=cpus)
    found = re.search(r"round 2: us each: create (\S+), wake (\S+), run and join (\S+)", said)
    memory = re.search(r"round 2: (\S+) KiB of memory each", said)
    return [float(value) * 1000 for value in found.groups()], float(memory.group(1))


def table(by_memory, by_cpus, by_count):
    lines = ["| MiB | CPUs | from the first instruction to main |", "|---:|---:|---:|"]
    lines += [f"| {mib:,} | 1 | {value:,} |" for mib, value in by_memory.items()]
    lines += [f"| 1,024 | {cpus} | {value:,} |" for cpus, value in by_cpus.items()]
    lines += ["", "| CPUs | threads | " + " | ".join(STEPS) + " | KiB each |",
              "|---:|---:|" + "---:|" * (len(STEPS) + 1)]
    for (cpus, count), (values, memory) in by_count.items():
        lines.append(f"| {cpus} | {count:,} | " + " | ".join(f"{value:,.0f}" for value in values) +
                     f" | {memory:.1f} |")
    return "\n".join(lines) + "\n"


def plot(path, by_memory, by_cpus, by_count):
    try:
        import matplotlib
    except ImportError:
        print("matplotlib is not installed: no plot")
        return
    matplotlib.use("svg")
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(1, 4, figsize=(15, 3.8))
    axes[0].plot(list(by_memory), list(by_memory.values()), "o-")
    axes[0].set_xlabel("memory, MiB (1 CPU)")
    axes[1].plot(list(by_cpus), list(by_cpus.values()), "o-")
    axes[1].set_xlabel("CPUs (1 GiB)")
    for axis, step, title in ((axes[2], 0, "pthread_create"), (axes[3], 1, "FUTEX_WAKE of all")):
        for cpus in CPUS:
            axis.plot(COUNTS, [by_count[cpus, count][0][step] for count in COUNTS], "o-",
                      label=f"{cpus} CPU" + "s" * (cpus > 1))
        axis.set_xlabel("threads" if step == 0 else "waiters")
        axis.set_title(title + ", each")
        axis.legend()
    for axis in axes[:2]:
        axis.set_title("boot to main")
    for i, axis in enumerate(axes):
        axis.set_xscale("log", base=10 if i > 1 else 2)
        axis.set_ylim(0, 1.1 * axis.get_ylim()[1])
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("instructions")
    figure.tight_layout()
    figure.savefig(path)


def main(folder):
    folder = pathlib.Path(folder).resolve()
    by_memory = {mib: to_main(folder, mib=mib) for mib in MEMORY}
    by_cpus = {cpus: to_main(folder, cpus=cpus) for cpus in CPUS}
    by_count = {(cpus, count): threads(folder, count, cpus) for cpus in CPUS for count in COUNTS}
    text = table(by_memory, by_cpus, by_count)
    (folder / "scale.md").write_text(text, encoding="utf-8")
    plot(folder / "scale.svg", by_memory, by_cpus, by_count)
    print(text + f"{folder}/scale.md")


if __name__ == "__main__":
    main(sys.argv[1])
