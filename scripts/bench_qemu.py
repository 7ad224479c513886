# SPDX-License-Identifier: BSD-2-Clause
"""For bench.py: guests in QEMU, all started by one command line, and what they print."""
import re
import shutil
import statistics
import subprocess
import threading
import time

EXIT_PORT = "0xf4"


class GuestError(Exception):
    """A guest that did not do what it was started for; the text shows its console."""


def kvm_missing():
    """Why hardware virtualization cannot be used here; None where it can."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        if not re.search(r"^flags\s*:.*\b(vmx|svm)\b", f.read(), re.M):
            return "this machine's CPU shows no virtualization (vmx, svm)"
    try:
        with open("/dev/kvm", "r+b", buffering=0):
            return None
    except OSError as error:
        return "/dev/kvm: " + error.strerror


def command(kernel, append="", initrd=None, memory="512M", accel="tcg", icount=False,
            prealloc=True, cpus=1):
    """QEMU's command line; the same for every guest but for what it boots."""
    words = [shutil.which("qemu-system-x86_64") or "qemu-system-x86_64", "-M", "pc", "-accel",
             accel, "-cpu", "host" if accel == "kvm" else "max", "-m", memory, "-smp", str(cpus),
             "-nodefaults", "-no-user-config", "-nic", "none", "-display", "none", "-no-reboot",
             "-serial", "stdio", "-device",
             "isa-debug-exit,iobase=%s,iosize=4" % EXIT_PORT, "-kernel", str(kernel)]
    if prealloc:
        words += ["-mem-prealloc"]
    if icount:
        words += ["-icount", "shift=0"]
    if append:
        words += ["-append", append]
    if initrd:
        words += ["-initrd", str(initrd)]
    return words


def run(kernel, marker, timeout=300, **options):
    """Boots a guest and reads its console to the end.
    Returns (lines, seconds from QEMU's start to the first line that marker is found in)."""
    words = command(kernel, **options)
    lines, first = [], None
    start = time.monotonic()
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as qemu:
        timer = threading.Timer(timeout, qemu.kill)
        timer.start()
        for raw in qemu.stdout:
            now = time.monotonic()
            line = raw.decode("utf-8", "replace").strip()
            if first is None and re.search(marker, line):
                first = now - start
            lines.append(line)
        timer.cancel()
    if first is None:
        raise GuestError("%s\nno line with '%s' in %d s; the console:\n%s" % (
            " ".join(words), marker, time.monotonic() - start, "\n".join(lines[-40:])))
    return lines, first


def find(lines, pattern):
    """The first match of pattern in lines."""
    for line in lines:
        match = re.search(pattern, line)
        if match:
            return match
    raise GuestError("no '%s' in what the guest said:\n%s" % (pattern, "\n".join(lines[-40:])))


def basic_figures(lines):
    """What "basic --csv" said: name -> {min, median, mean, batch}; '#NAME' -> its note."""
    figures = {}
    for line in lines:
        row = re.fullmatch(r"(\w+),cycles,([\d.]+),([\d.]+),([\d.]+),([\d.]+)", line)
        note = re.fullmatch(r"# (\w+): (.*)", line)
        if row:
            figures[row.group(1)] = dict(zip(("min", "median", "mean", "batch"),
                                             map(float, row.groups()[1:])))
        elif note:
            figures["#" + note.group(1)] = note.group(2)
    if "first_write" not in figures:
        raise GuestError("basic did not finish:\n" + "\n".join(lines[-40:]))
    return figures


def middle(rounds):
    """Several rounds of basic_figures() as one: the median of each figure."""
    merged = dict(rounds[0])
    for name, value in merged.items():
        if isinstance(value, dict):
            merged[name] = {key: statistics.median(r[name][key] for r in rounds) for key in value}
    return merged
