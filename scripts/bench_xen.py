# SPDX-License-Identifier: BSD-2-Clause
"""For bench.py: PVH and HVM guests, and Debian's Linux as a PVH guest, under real Xen in the lab."""
import pathlib
import re
import statistics
import subprocess
import tempfile

import bench_linux
import bench_qemu as qemu
from xenlablib.errors import GuestError, LabError
from xenlablib.lab import Lab

TREE = pathlib.Path(__file__).resolve().parent.parent
KINDS = ("PVH", "HVM", "Linux")
HELLO = r"Hello from Pagurus.* (\d+) us, (\d+) cycles"
MEMORY_MIB = 256


class NoXen(Exception):
    """There is no lab, and why."""


class Guests:
    """Starts the same program in each kind of guest. images: kind -> image with all programs."""
    def __init__(self, lab, images, programs, folder):
        self.lab, self.images, self.programs = lab, images, programs
        self.folder = pathlib.Path(folder)
        self.isos = {}
        self.kernel = lab.must("ls /boot/vmlinuz-*").out.split()[0]

    def _iso(self, line):
        if line not in self.isos:
            path = self.folder / ("%d.iso" % len(self.isos))
            subprocess.run([str(TREE / "scripts/mkiso"), "--cmdline", line, "multiboot2",
                            str(self.images["HVM"]), str(path)], check=True)
            self.isos[line] = str(path)
        return self.isos[line]

    def _settings(self, kind, program, arguments):
        line = "pagurus.program=%s -- %s" % (program, arguments)
        if kind == "HVM":
            return {"iso": self._iso(line)}
        if kind == "PVH":
            return {"kernel": str(self.images["PVH"]), "cmdline": line}
        disk = bench_linux.initrd(self.programs / program, self.folder / (program + ".cpio"))
        return {"kernel": "dom0:" + self.kernel, "ramdisk": str(disk),
                "cmdline": bench_linux.append(arguments, "hvc0")}

    def start(self, kind, program, arguments, marker):
        """Returns (lines, seconds from "xl create" to the line with marker)."""
        name = "b%d" % self.lab.number()
        guest = self.lab.create(name, memory=MEMORY_MIB,
                                **self._settings(kind, program, arguments))
        try:
            guest.expect(marker, 300)
            guest.wait(300)
            return guest.whole_console().replace("\r", "").split("\n"), guest.matched_seconds
        finally:
            guest.destroy()


def touch_figures(lines):
    """What bench-memory said of touches, per page: name -> figure. "first_X" is all of a first
    write, "touch_X" what it costs beyond the next, "again_X"."""
    rows = (re.fullmatch(r"((?:touch|again)_\w+),([\d.]+)", line) for line in lines)
    figures = {row.group(1): float(row.group(2)) for row in rows if row}
    for name in [name for name in figures if name.startswith("again_")]:
        figures[name.replace("again", "first")] = figures[name] + figures[name.replace("again", "touch")]
    return figures


def least(runs):
    """name -> the least of some runs: what interrupts a pass only adds to it."""
    return {name: min(run[name] for run in runs) for name in runs[0]}


def plain_touch(image, rounds, icount):
    """First touches without Xen, hence without nested paging."""
    runs = [qemu.run(image, "^free_malloc", icount=icount, memory="%dM" % MEMORY_MIB)[0]
            for _ in range(1 if icount else rounds)]
    return least([touch_figures(lines) for lines in runs])


def _touch(guests, rounds, say):
    """Over more MiB in each round: once in each boot of an HVM guest some pass takes 4
    million instructions more (dom0's, it seems), which should not hit the same one each time."""
    runs = {"PVH": [], "HVM": []}
    for i in range(rounds):
        for kind, figures in runs.items():
            say("first touches, %s in the Xen lab, round %d of %d" % (kind, i + 1, rounds))
            lines, _ = guests.start(kind, "bench-memory", str(32 * (i + 1)), "^free_malloc.*\n")
            figures.append(touch_figures(lines))
    return {kind: least(figures) for kind, figures in runs.items()}


def summary(values):
    return {"min": min(values), "median": statistics.median(values), "n": len(values)}


def _measure(lab, images, programs, folder, rounds, boots, say):
    guests = Guests(lab, images, programs, folder)
    kinds = [kind for kind in KINDS if kind != "Linux" or programs]
    basic = {kind: [] for kind in kinds}
    for i in range(rounds):
        for kind in kinds:
            say("basic, %s in the Xen lab, round %d of %d" % (kind, i + 1, rounds))
            lines, _ = guests.start(kind, "basic", "--csv", "^first_write.*\n")
            basic[kind].append(qemu.basic_figures(lines))
    cycles, first, steps = {"PVH": [], "HVM": []}, {kind: [] for kind in kinds}, {}
    for i in range(boots):
        say("boots in the Xen lab, round %d of %d" % (i + 1, boots))
        for kind in kinds:
            if kind == "Linux" and i >= 3:
                continue
            lines, seconds = guests.start(kind, "hello", "--steps", "^Hello.*\n")
            first[kind].append(seconds)
            if kind in cycles:
                cycles[kind].append(int(qemu.find(lines, HELLO).group(2)))
                if cycles[kind][-1] == min(cycles[kind]):
                    steps[kind] = [line for line in lines
                                   if re.match(r"step |\S.* \d+ +\d+ +\d+$", line)]
    return {"basic": {kind: qemu.middle(values) for kind, values in basic.items()},
            "cycles": {kind: summary(values) for kind, values in cycles.items()},
            "first line": {kind: summary(values) for kind, values in first.items()},
            "steps": steps, "memory": MEMORY_MIB, "touch": _touch(guests, rounds, say),
            "linux": guests.kernel.rsplit("/vmlinuz-", 1)[1]}


def _instructions(images, folder, say):
    """From the stub to main, Xen's and dom0's among them: the same at each boot but for what
    interrupts it, hence the least of a few."""
    with Lab(say=say, icount=True) as lab:
        guests = Guests(lab, images, None, folder)
        found = {"PVH": [], "HVM": []}
        for i in range(3):
            for kind, values in found.items():
                say("instructions, %s in the Xen lab, boot %d of 3" % (kind, i + 1))
                lines, _ = guests.start(kind, "hello", "--steps", "^Hello.*\n")
                values.append(int(qemu.find(lines, HELLO).group(2)))
        return ({kind: min(values) for kind, values in found.items()}, _touch(guests, 3, say))


def measure(images, programs, rounds, boots, say):
    """programs: folder of the static Linux programs, or None. NoXen where there is no lab."""
    try:
        with Lab(say=say) as lab, tempfile.TemporaryDirectory() as folder:
            result = _measure(lab, images, programs, folder, rounds, boots, say)
        with tempfile.TemporaryDirectory() as folder:
            result["instructions"], result["touch instructions"] = _instructions(images, folder, say)
        say("first touches without Xen")
        result["touch"]["plain"] = plain_touch(images["memory"], rounds, False)
        result["touch instructions"]["plain"] = plain_touch(images["memory"], rounds, True)
        return result
    except (LabError, GuestError, qemu.GuestError, OSError,
            subprocess.CalledProcessError) as error:
        raise NoXen(str(error)) from error
