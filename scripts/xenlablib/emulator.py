# SPDX-License-Identifier: BSD-2-Clause
"""The emulator below the lab: QEMU, built once from Debian's source package with two corrections
without which guests of Xen stand still now and then. Kept in the user's cache folder.

Both are in VMRUN (target/i386/tcg/sysemu/svm_helper.c), which enters a guest:
- It leaves exception_index set after it has delivered an interrupt that Xen injected. If the CPU is
  called to attention before the next exception, the same interrupt is delivered once more, within
  the first instruction of its handler and with interrupts disabled. A handler on a stack of its own
  (IST) then returns to itself for ever.
- It changes interrupt_request without the lock under which devices do, so that the CPU may never be
  told of an interrupt that its LAPIC holds. If that was Xen's timer, everything stands still.
"""
import os
import shutil
import subprocess
import tempfile

import debian

from . import recipe
from .disk import check_tools, locked, run
from .errors import LabError

TOOLS = {"dpkg-source": "dpkg-dev", "pkg-config": "pkg-config", "ninja": "ninja-build",
         "/usr/bin/meson": "meson", "gcc": "gcc", "strip": "binutils",
         "/usr/include/glib-2.0/glib.h": "libglib2.0-dev",
         "/usr/include/pixman-1/pixman.h": "libpixman-1-dev", "/usr/include/libfdt.h": "libfdt-dev"}
TARGET = "x86_64-softmmu"
CONFIGURE = [f"--target-list={TARGET}", "--without-default-features", "--enable-tcg",
             "--enable-fdt=system", "--disable-werror", "--disable-docs", "--meson=/usr/bin/meson"]
CHANGES = [
    ("target/i386/tcg/sysemu/svm_helper.c", old, new) for old, new in (
        ('#include "qemu/osdep.h"\n',
         '#include "qemu/osdep.h"\n#include "qemu/main-loop.h"\n'),
        ("            do_interrupt_x86_hardirq(env, vector, 1);\n",
         "            do_interrupt_x86_hardirq(env, vector, 1);\n"
         "            cs->exception_index = -1;\n"),
        ("        cs->interrupt_request |= CPU_INTERRUPT_VIRQ;\n",
         "        qemu_mutex_lock_iothread();\n"
         "        cs->interrupt_request |= CPU_INTERRUPT_VIRQ;\n"
         "        qemu_mutex_unlock_iothread();\n"),
    )]
# Where Debian's QEMU finds its firmware.
FIRMWARE = ["/usr/share/qemu", "/usr/share/seabios"]


def _version():
    """Of Debian's own QEMU, whose source package ours is built from."""
    return subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True,
                          check=True).stdout.splitlines()[0]


def identity(path):
    """Of the emulator at path: what goes into a saved machine's name."""
    return [_version(), os.path.basename(path)]


def correct(source):
    """Makes CHANGES in a folder of QEMU's source. LabError where the text is not as expected."""
    for name, old, new in CHANGES:
        path = os.path.join(source, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if text.count(old) != 1:
            raise LabError(f"{name} of this QEMU is not the one that scripts/xenlablib/emulator.py"
                           f" corrects: {text.count(old)} times {old.strip()!r}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))


def _build(source, log):
    correct(source)
    build = os.path.join(source, "build-lab")
    os.mkdir(build)
    # Debian's python3 and not another one before it: meson is its module.
    path = "/usr/bin:" + os.environ.get("PATH", "")
    run(["env", "PATH=" + path, "../configure"] + CONFIGURE, log, cwd=build)
    run(["env", "PATH=" + path, "ninja", "qemu-system-x86_64"], log, cwd=build)
    built = os.path.join(build, "qemu-system-x86_64")
    run(["strip", built], log)
    return built


def prepare(say):
    """Path of the emulator; built the first time. Debian's own where there is no source package,
    which is said. LabError where the building fails, with the reason."""
    cache = recipe.cache_folder()
    done = os.path.join(cache, "qemu-" + recipe.digest([_version(), CONFIGURE, CHANGES]))
    if os.path.exists(done):
        return done
    check_tools(TOOLS)
    with locked(cache):
        if os.path.exists(done):
            return done
        say("building QEMU with two corrections to its nested virtualization (two to four minutes)")
        partial = tempfile.mkdtemp(prefix="qemu-partial-", dir=cache)
        try:
            source = str(debian.unpack_source("qemu", partial))
            with open(os.path.join(partial, "log"), "w+b") as log:
                os.rename(_build(source, log), done)
        except debian.NoPackage as error:
            say(f"QEMU's source package cannot be had: {error}\n"
                "        going on with Debian's own QEMU, in which guests stand still now and then"
                " (docs/xen.md)")
            return shutil.which("qemu-system-x86_64")
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return done
