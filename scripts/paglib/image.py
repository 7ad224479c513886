# SPDX-License-Identifier: BSD-2-Clause
"""The image that starts programs from a module: built once for each configuration and state of the
sources, and kept in ${XDG_CACHE_HOME:-~/.cache}/pagurus."""
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile

from . import PagError
from .progress import Progress

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# What an image is made of; a change anywhere else builds nothing anew.
SOURCES = ["Makefile", "Kconfig", "apps", "arch", "boot", "core", "defconfigs", "fs", "include", "kvm",
           "lib", "mm", "scripts", "sched", "xen"]
NOT_SOURCES = ("scripts/paglib/", "scripts/pag", "scripts/run", "scripts/xenlab", "scripts/bench")
TARGETS = {
    "kvm": ["CONFIG_TARGET_KVM=y"],
    "microvm": ["CONFIG_TARGET_KVM=y", "# CONFIG_BOOT_MULTIBOOT is not set",
                'CONFIG_RUN_MACHINE="microvm"'],
    "pvh": ["CONFIG_TARGET_PVH=y"],
    "hvm": ["CONFIG_TARGET_HVM=y"],
}
CPU_STEPS = (1, 4, 16, 64)  # few images serve all numbers of CPUs
CPUS_MAX = CPU_STEPS[-1]
KEPT = [".config", "pagurus.elf", "pagurus.debug"]


def cache_folder():
    """Where images are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "pagurus", "images")


def configuration(target, cpus, options=()):
    """Lines of .config; make olddefconfig adds the rest."""
    step = next(n for n in CPU_STEPS if n >= cpus)
    lines = [*TARGETS[target], "CONFIG_PROGRAM_MODULE=y", f"CONFIG_NR_CPUS={step}"]
    for option in options:
        name, equals, value = option.partition("=")
        name = "CONFIG_" + name.removeprefix("CONFIG_")
        if not equals:
            raise PagError(f"--config {option}: say NAME=VALUE, as in --config SYSCALL_CYCLES=y")
        lines.append(f"# {name} is not set" if value == "n" else f"{name}={value}")
    return "\n".join(lines) + "\n"


def source_files():
    """All files that an image is made of, in order."""
    for name in SOURCES:
        path = os.path.join(TREE, name)
        if os.path.isfile(path):
            yield name
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(f for f in folders if f != "__pycache__")
            for file in sorted(names):
                inside = os.path.relpath(os.path.join(folder, file), TREE)
                if not inside.startswith(NOT_SOURCES):
                    yield inside


def digest(config):
    """A name for what comes out of this configuration, these sources and this compiler."""
    total = hashlib.sha256(config.encode())
    compiler = subprocess.run(["gcc", "--version"], stdout=subprocess.PIPE, check=False).stdout \
        if shutil.which("gcc") else b""
    total.update(compiler)
    for name in source_files():
        with open(os.path.join(TREE, name), "rb") as file:
            total.update(name.encode() + b"\0" + hashlib.sha256(file.read()).digest())
    return total.hexdigest()[:20]


def make(out, *goals):
    """Runs make with its output kept for the case that it fails."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("MAKE", "MFLAGS", "KCONFIG_", "CONFIG_"))}
    done = subprocess.run(["make", "-j%d" % min(os.cpu_count() or 1, 4), "O=" + out, *goals], cwd=TREE,
                          env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    if done.returncode:
        raise PagError("the image could not be built: make " + " ".join(goals) + " said\n" +
                       "\n".join(line for line in done.stdout.splitlines()
                                 if not line.startswith("  "))[-3000:])


def check_options(config, out, options):
    """Did olddefconfig take what was asked for?"""
    with open(os.path.join(out, ".config"), encoding="utf-8") as file:
        taken = file.read().splitlines()
    for line in config.splitlines()[-len(options):] if options else ():
        if line not in taken and not (line.endswith("is not set") and
                                      not any(t.startswith(line[2:-11] + "=") for t in taken)):
            raise PagError(f"{line}: no such option, or others do not allow it (make menuconfig)")


def build(config, folder, options):
    """Builds into the cache; make wants a path without blanks, so not there at once."""
    with tempfile.TemporaryDirectory(prefix="pag-", dir="/tmp") as out:
        with open(os.path.join(out, ".config"), "w", encoding="utf-8") as file:
            file.write(config)
        make(out, "olddefconfig")
        check_options(config, out, options)
        make(out, "all")
        new = tempfile.mkdtemp(prefix="new-", dir=os.path.dirname(folder))
        for name in KEPT:
            if os.path.exists(os.path.join(out, name)):
                shutil.copy2(os.path.join(out, name), new)
    os.chmod(new, 0o755)
    os.rename(new, folder)


@contextlib.contextmanager
def locked(path):
    """One pag at a time; the others wait and find what it built."""
    with open(path, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def get(target, cpus, options=()):
    """The folder with the image (pagurus.elf, .config), built where it is not in the cache."""
    config = configuration(target, cpus, options)
    cache = cache_folder()
    folder = os.path.join(cache, digest(config))
    if os.path.exists(os.path.join(folder, "pagurus.elf")):
        return folder
    try:
        os.makedirs(cache, exist_ok=True)
    except OSError as error:
        raise PagError(f"{cache}: {error.strerror}: XDG_CACHE_HOME chooses another place") from error
    with Progress(f"building the image for {target} (kept for the next time)"), \
            locked(os.path.join(cache, "lock")):
        if not os.path.exists(os.path.join(folder, "pagurus.elf")):
            build(config, folder, options)
    return folder
