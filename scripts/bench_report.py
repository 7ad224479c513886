# SPDX-License-Identifier: BSD-2-Clause
"""For bench.py: the report in Markdown and its plot, from the results of a run."""
import bench_stream

# What was published for the HermitCore ports on a laptop (T470, i5-7300U): cycles, boot in ms.
PUBLISHED = {
    "KVM": {"getpid": 9, "yield": 79, "malloc": 5858, "write": 3368, "boot": 80},
    "QEMU-TCG": {"getpid": 122, "yield": 360, "malloc": 51812, "write": 34626, "boot": 60},
    "HVM": {"getpid": 12, "yield": 90, "malloc": 51311, "write": 42607, "boot": 6140},
    "PVH": {"getpid": 12, "yield": 83, "malloc": 86658, "write": 83368, "boot": 80},
}
# What others needed in this rig, best configuration, in instructions; and our own limits.
PEERS = {
    "getpid_call": ("Unikraft 7, HermitCore 8", 4),
    "getpid_syscall": ("Unikraft 189, Linux 343, Nanos 1,078", 45),
    "yield_alone": ("HermitCore 16, Unikraft 82, Linux 830", 10),
    "yield_switch": ("Unikraft 177, HermitCore 321, Nanos 1,170, Linux 1,987", 40),
    "malloc_1mib": ("Unikraft 167 to 2,885, HermitCore 356, Linux 23,600, Nanos 37,900", 150),
    "first_write": ("HermitCore 6 (not zeroed), Nanos 2,058, Linux 6,943, Unikraft 16,414", 250),
}
OPERATIONS = (
    ("getpid_call", "getpid, call", "getpid"),
    ("getpid_syscall", "getpid, syscall instruction", None),
    ("yield_alone", "sched_yield, alone", "yield"),
    ("yield_switch", "sched_yield, one switch", None),
    ("malloc_1mib", "malloc of 1 MiB", "malloc"),
    ("first_write", "first write to a page", "write"),
)
MEMORY = ("malloc_1mib", "first_write")  # plotted by their medians, the calls by batches
COLOURS = {"Pagurus": "tab:orange", "Linux": "tab:blue", "limit": "tab:red"}
BOOT_LIMIT = 500_000
BOOT_PEERS = "HermitCore 28 million, Nanos 34, Unikraft and Solo5 100, Linux 1,570"
SIZE_LIMITS = {"tiny": 64 << 10, "kvm-hello": 200 << 10}
TIME_LIMIT_MS = 10
HVM_LIMIT = 1.1  # times PVH's instructions from the stub to main
TOUCH_LIMIT = 1.2  # first touches, HVM's by PVH's or the reverse


def number(value):
    """A figure as a reader wants it: three digits where it has them."""
    if value is None:
        return ""
    return "%.3g" % value if value < 100 else f"{value:,.0f}"


def both(figures):
    return "%s; %s" % (number(figures["median"]), number(figures["batch"]))


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows] + [""]


def verdict(value, limit):
    kept = limit is None or value <= limit
    return "" if limit is None else "%s: %s" % (number(limit), "yes" if kept else "**NO**")


def published_part(results):
    kvm, tcg, xen = results.get("kvm", {}), results["tcg"], results.get("xen", {})
    head = ["cycles", *("published " + name for name in PUBLISHED), "Pagurus, KVM", "Pagurus, TCG",
            "Pagurus, HVM", "Pagurus, PVH", "Linux, PVH"] + \
        [key + ", TCG" for key in tcg if key != "Pagurus"]
    rows = []
    for key, title, name in OPERATIONS:
        figures = [both(kvm["Pagurus"][key]) if kvm else "", both(tcg["Pagurus"][key]),
                   *(both(xen["basic"][kind][key]) if kind in xen.get("basic", {}) else ""
                     for kind in ("HVM", "PVH", "Linux"))]
        published = [number(column[name]) if name else "" for column in PUBLISHED.values()]
        rows.append([title, *published, *figures,
                     *(both(tcg[k][key]) for k in tcg if k != "Pagurus")])
    times = results["times"]
    floor = times["empty stub"]["median"]
    first = xen.get("first line", {})
    others = [""] * (len(tcg) - 1)
    if "hello (Linux)" in times:
        others[0] = "%.0f ms" % times["hello (Linux)"]["median"]
    rows.append(["boot", *("%d ms" % column["boot"] for column in PUBLISHED.values()), "",
                 "%.0f ms (empty stub: %.0f)" % (times["hello (kvm)"]["median"], floor),
                 *("%.0f ms" % (1e3 * first[kind]["median"]) if kind in first else ""
                   for kind in ("HVM", "PVH", "Linux")), *others])
    text = ["## Beside the published table", "",
            "Published: HermitCore's ports on a T470 (i5-7300U). Here: the median of single calls, "
            "then the cost per call in a batch (see below), which for calls of a few cycles is the "
            "better figure; medians of the rounds.", ""]
    text += table(head, rows)
    for name, why in (("KVM", results["missing"].get("kvm")), ("HVM and PVH",
                      results["missing"].get("xen")), ("Linux", results["missing"].get("linux"))):
        if why:
            text.append("- Empty: %s. Why: %s." % (name, why))
    return text + [""]


def instructions_part(results):
    counts, rows = results["instructions"], []
    others = [key for key in counts if key != "Pagurus"]
    for key, title, _ in OPERATIONS:
        ours = counts["Pagurus"][key]["batch"]
        peers, limit = PEERS[key]
        rows.append([title, number(ours), verdict(ours, limit),
                     *(number(counts[k][key]["batch"]) for k in others), peers])
    boot = results["boot"]
    rows.append(["first instruction to main", number(boot["512M"]),
                 verdict(boot["512M"], BOOT_LIMIT), *(number(boot["linux"]) for _ in others),
                 BOOT_PEERS])
    text = ["## Instructions", "",
            "`-icount shift=0`: the TSC counts instructions. A `rep` iteration counts as one, and "
            "so do XSAVE and WRMSR, whose true cost is larger. Peers: measured in the same rig "
            "before, "
            "best configuration.", ""]
    text += table(["instructions per operation", "Pagurus", "limit, kept?", *others, "peers"], rows)
    spread = 100 * (boot["16G"] - boot["64M"]) / boot["64M"]
    text += ["From the stub's first instruction to main: %s with 64 MiB, %s with 16 GiB (%+.2f %%; "
             "limit 5 %%: %s)." % (number(boot["64M"]), number(boot["16G"]), spread,
                                   "yes" if abs(spread) <= 5 else "**NO**"),
             "Linux's figure runs from where an empty stub begins to the init program's main.", "",
             "Its steps (here one instruction is one cycle and one nanosecond):", "", "```"]
    return text + boot["steps"] + ["```", ""]


def boot_part(results):
    times, floor = results["times"], results["times"]["empty stub"]["median"]
    cpu = times["empty stub"]["cpu"]
    rows = [[name, "%.1f" % t["min"], "%.1f" % t["median"], "%+.1f" % (t["median"] - floor),
             "%.1f" % t["cpu"], "%+.1f" % (t["cpu"] - cpu), t["n"],
             verdict(t["median"] - floor, TIME_LIMIT_MS) if "hello" in name and "Linux" not in name
             else ""] for name, t in times.items()]
    text = ["## From QEMU's start to the first line", "",
            "Wall time, the guests taking turns, 512 MiB not preallocated (that takes longer than "
            "all the rest and varies more). An empty stub is a multiboot kernel that prints one "
            "line. CPU time is QEMU's, from its start to its end: unlike wall time, it hardly "
            "changes when the machine has other work.", ""]
    return text + table(["guest", "min ms", "median ms", "above the stub", "CPU ms",
                         "above the stub", "boots", "limit, kept?"],
                        rows)


def xen_part(results):
    """Boots under Xen: cycles of the guest alone, and what "xl create" adds."""
    xen = results.get("xen")
    if not xen:
        return []
    ratio = {key: xen["cycles"]["HVM"][key] / xen["cycles"]["PVH"][key] for key in ("min", "median")}
    text = ["## Under Xen", "",
            "Real Xen, dom0 and xl, all of it in QEMU's emulator (docs/xen.md), %d MiB, "
            "tsc_mode native: the TSC is the host's, so cycles are the host's time, the emulation "
            "of Xen and dom0 included. The columns HVM and PVH above are from here too, and compare "
            "with each other and with Linux (Debian's %s as a PVH guest, the program as its init), "
            "not with columns measured on hardware." % (xen["memory"], xen["linux"]), ""]
    rows = [[kind, *(number(xen["cycles"][kind][key]) if kind in xen["cycles"] else ""
                     for key in ("min", "median")),
             *("%.2f" % first[key] for key in ("min", "median")), first["n"]]
            for kind, first in xen["first line"].items()]
    text += table(["guest", "stub to main, cycles: min", "median",
                   "xl create to first line, s: min", "median", "boots"], rows)
    counts = xen["instructions"]
    text += ["HVM / PVH, stub to main: %.2f by the minimum, %.2f by the median. In instructions, those "
             "of Xen and dom0 meanwhile among them (scripts/xenlab run --icount): PVH %s, HVM %s, "
             "%.2f (%s)." % (
                 ratio["min"], ratio["median"], number(counts["PVH"]), number(counts["HVM"]),
                 counts["HVM"] / counts["PVH"],
                 verdict(counts["HVM"] / counts["PVH"], HVM_LIMIT)), ""]
    for kind, lines in xen["steps"].items():
        text += ["Steps of the fastest boot, %s:" % kind, "", "```", *lines, "```", ""]
    return text


def touch_part(results):
    """First touches under Xen: HVM beside PVH, and what walking nested page tables adds."""
    xen = results.get("xen")
    if not xen:
        return []
    counts, cycles, rows = xen["touch instructions"], xen["touch"], []
    for name in (name for name in counts["PVH"] if name.startswith("touch_")):
        again = name.replace("touch", "again")
        pvh, hvm = counts["PVH"][name], counts["HVM"][name]
        walk = ""
        if again in cycles["PVH"]:
            walk = "%.0f %%" % (100 * (cycles["PVH"][again] - cycles["plain"][again]) /
                                cycles["PVH"][name.replace("touch", "first")])
        rows.append([name[6:], number(counts["plain"][name]), number(pvh), number(hvm),
                     "%.2f, %s" % (max(pvh, hvm) / min(pvh, hvm),
                                   verdict(max(pvh, hvm) / min(pvh, hvm), TOUCH_LIMIT)),
                     *(number(cycles[kind].get(again)) for kind in ("plain", "PVH", "HVM")), walk])
    return ["### First touch under Xen", "",
            "Per 4 KiB page over 32 MiB and more, the least of some runs. Instructions: all that the machine "
            "executes meanwhile, Xen's timers and dom0's among them. \"Again\": a second write to each "
            "page, in cycles of the host, which is the page walk after a miss of the TLB (QEMU's, "
            "whose walk is a function in C): without Xen through the guest's tables alone, with Xen "
            "through the nested ones too. The last column is what the nested walk adds, as a share of "
            "PVH's first write. A processor reads at most 4 entries without, 24 with it.", ""] + table(
                ["pages", "instructions: no Xen", "PVH", "HVM", "the larger by the other, kept?",
                 "again, cycles: no Xen", "PVH", "HVM", "nested walk"], rows)


def size_part(results):
    names = {"tiny": "tiny_defconfig (hello)", "kvm-hello": "kvm_defconfig with hello only",
             "kvm": "kvm_defconfig (hello, basic)", "all": "kvm_defconfig with all programs"}
    rows = [[names[key], f"{size:,}", verdict(size, SIZE_LIMITS.get(key))]
            for key, size in results["sizes"].items()]
    text = ["## Sizes", ""] + table(["image", "bytes", "limit, kept?"], rows)
    return text + ["Runs in 2 MiB of memory: " + ", ".join(
        "%s: %s" % (name, "yes" if works else "**NO**")
        for name, works in results["memory"].items()) + ".", ""]


def detail_part(results):
    text = ["## All figures of basic", "",
            "One by one: an ordered reading (LFENCE, RDTSC) before and after each call; the median "
            "cost of two readings with nothing between is subtracted. Batch: two readings around "
            "1,000 calls, less the empty loop, median of 50 batches (malloc and first write: the "
            "whole pass). apps/basic/measure.h has the details.", ""]
    for title, group in (("cycles, TCG", "tcg"), ("cycles, KVM", "kvm"),
                         ("instructions", "instructions")):
        for system, figures in results.get(group, {}).items():
            rows = [[name, *(number(values[k]) for k in ("min", "median", "mean", "batch"))]
                    for name, values in figures.items() if isinstance(values, dict)]
            text += ["### %s, %s" % (system, title), ""]
            text += table(["operation", "min", "median", "mean", "batch"], rows)
            text += ["- %s: %s" % (name[1:], note) for name, note in figures.items()
                     if name.startswith("#")] + [""]
    for title, lines in results["others"].items():
        text += ["### " + title, "", "```", *lines, "```", ""]
    if "stream" in results:
        text += ["### stream, two CPUs, %d runs of each in turns" % len(
            results["stream"]["Linux"]["Copy"]), "", bench_stream.table(results["stream"]), ""]
    return text


def plot(results, path):
    """Two panels of bars on logarithmic axes: cycles beside what was published, instructions."""
    import matplotlib  # here, since only this needs it: the tests read the limits above

    matplotlib.use("Agg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "pagurus"
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(13, 5.5))
    titles = [title for _, title, _ in OPERATIONS]
    cycles = {"published, " + name: [column.get(short) if short else None
                                     for _, _, short in OPERATIONS]
              for name, column in PUBLISHED.items()}
    counts = {}
    for target, group, label in ((cycles, "tcg", "%s, TCG here"), (cycles, "kvm", "%s, KVM here"),
                                 (counts, "instructions", "%s")):
        for system, figures in results.get(group, {}).items():
            target[label % system] = [figures[key]["median" if key in MEMORY else "batch"]
                                      for key, _, _ in OPERATIONS]
    counts["limit"] = [PEERS[key][1] for key, _, _ in OPERATIONS]
    for axis, series, label in ((left, cycles, "TSC cycles per operation"),
                                (right, counts, "instructions per operation")):
        height = 0.8 / len(series)
        for i, (name, values) in enumerate(series.items()):
            places = [place for place, value in enumerate(values) if value]
            axis.barh([place + (i - len(series) / 2 + 0.5) * height for place in places],
                      [values[place] for place in places], height, label=name,
                      color=COLOURS.get(name.split(",")[0], str(0.3 + 0.15 * i)))
        axis.set_xscale("log")
        axis.set_xlim(left=1)
        axis.set_yticks(range(len(titles)), titles)
        axis.invert_yaxis()
        axis.set_xlabel(label)
        axis.grid(axis="x", alpha=0.3)
        axis.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def write(results, report):
    """Writes REPORT.md and REPORT.svg."""
    where = results["machine"]
    report.parent.mkdir(parents=True, exist_ok=True)
    svg = report.with_name(report.name + ".svg")
    plot(results, svg)
    text = ["# What Pagurus costs", "",
            "Measured on %s at commit %s%s by `make bench`; %s; Linux %s underneath; %s; %s; "
            "load %s when it began." % (where["date"], where["commit"],
                                " with uncommitted changes" if where["changed"] else "",
                                where["cpu"], where["kernel"], where["qemu"], where["compiler"],
                                where["load"]), "",
            "Every guest is started by", "", "```", results["command"], "```", "",
            "Linux is Debian's %s (its defaults, mitigations included) with the same program, "
            "static, as its init." % results["linux"] if "linux" in results
            else "There is no Linux to compare with.", "",
            "![cycles and instructions](%s)" % svg.name, ""]
    text += published_part(results) + instructions_part(results) + boot_part(results)
    text += xen_part(results) + touch_part(results)
    text += size_part(results) + detail_part(results)
    report.with_name(report.name + ".md").write_text("\n".join(text), encoding="utf-8")
