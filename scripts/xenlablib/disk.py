# SPDX-License-Identifier: BSD-2-Clause
"""Builds dom0's disk from Debian's packages, once per recipe, into the user's cache folder."""
import contextlib
import fcntl
import glob
import gzip
import os
import shutil
import subprocess
import tempfile

from . import recipe
from .errors import LabError

TOOLS = {"mmdebstrap": "mmdebstrap", "mke2fs": "e2fsprogs", "fakeroot": "fakeroot",
         "qemu-system-x86_64": "qemu-system-x86", "qemu-img": "qemu-utils"}


def check_tools(tools):
    """tools: the package of each tool, or of each file that is named with its path."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = sorted({package for tool, package in tools.items()
                      if not (os.path.exists(tool) if tool.startswith("/") else
                              shutil.which(tool, path=path))
                      and not (tool == "fakeroot" and os.geteuid() == 0)})
    if missing:
        raise LabError(f"the lab needs packages that are not installed: {' '.join(missing)}\n"
                       f"install them: apt-get install {' '.join(missing)}")


@contextlib.contextmanager
def locked(folder):
    """One builder at a time; others wait and then find the work done."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "xenlab.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(command, log, **kwargs):
    """A step of the making, its output in log. LabError where it fails, with the last of that."""
    env = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                          check=False, **kwargs)
    if done.returncode:
        log.seek(0)
        tail = log.read().decode(errors="replace").splitlines()[-15:]
        raise LabError(f"{command[0]} failed with status {done.returncode}:\n" + "\n".join(tail))


def _proxy_options():
    """apt's proxy settings of this machine, which mmdebstrap does not look at by itself."""
    dump = subprocess.run(["apt-config", "dump", "--format", "%f%n=%v%n", "Acquire::http::Proxy",
                           "Acquire::https::Proxy"], capture_output=True, text=True, check=False)
    lines = [line.split("=", 1) for line in dump.stdout.splitlines() if "=" in line]
    return [f"--aptopt={name} \"{value}\"" for name, value in lines if value]


def _bootstrap(tar, log):
    command = ["mmdebstrap", "--variant=minbase", "--include=" + ",".join(recipe.PACKAGES)]
    command += _proxy_options()
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in recipe.EXCLUDED]
    run(command + [recipe.SUITE, tar], log)


# As root, or under fakeroot: files keep their owners.
_MAKE_DISK = """
set -e
mkdir root
tar -xf root.tar -C root --exclude='./dev/*'
mkdir -p root/lab
cp lab/* root/lab
chmod 755 root/lab/*
# libxl looks for the device model of HVM guests under this name.
ln -s /usr/libexec/xen-qemu-system-i386 root/usr/bin/qemu-system-i386
rm -rf root/var/lib/apt/lists/* root/var/cache/apt/*
mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -m 0 -E root_owner=0:0 -d root disk.img {size}M
"""


def _fill(folder, log):
    tar = os.path.join(folder, "root.tar")
    _bootstrap(tar, log)
    os.mkdir(os.path.join(folder, "lab"))
    for name in recipe.DOM0_FILES:
        with open(os.path.join(folder, "lab", name), "w", encoding="utf-8") as file:
            file.write(recipe.dom0_file(name))
    script = _MAKE_DISK.format(size=recipe.DISK_MIB)
    run(([] if os.geteuid() == 0 else ["fakeroot"]) + ["sh", "-c", script], log, cwd=folder)
    boot = os.path.join(folder, "root", "boot")
    for name, pattern in (("vmlinuz", "vmlinuz-*"), ("initrd", "initrd.img-*"),
                          ("xen.gz", f"xen-{recipe.XEN}-amd64.gz")):
        found = glob.glob(os.path.join(boot, pattern))
        if len(found) != 1:
            raise LabError(f"the packages brought {len(found)} files {pattern} instead of one")
        shutil.copyfile(found[0], os.path.join(folder, name))
    with gzip.open(os.path.join(folder, "xen.gz")) as packed:
        with open(os.path.join(folder, "xen"), "wb") as file:
            shutil.copyfileobj(packed, file)
    for name in ("root", "lab"):
        shutil.rmtree(os.path.join(folder, name))
    for name in ("root.tar", "xen.gz"):
        os.unlink(os.path.join(folder, name))


def prepare(say):
    """Returns the folder with disk.img, xen, vmlinuz and initrd, building it where it is missing."""
    cache = recipe.cache_folder()
    folder = os.path.join(cache, "xenlab-" + recipe.disk_hash())
    if os.path.exists(os.path.join(folder, "disk.img")):
        return folder
    check_tools(TOOLS)
    with locked(cache):
        if os.path.exists(os.path.join(folder, "disk.img")):
            return folder
        say("building dom0's disk from Debian's packages (two minutes or so, once)")
        partial = tempfile.mkdtemp(prefix="xenlab-partial-", dir=cache)
        try:
            os.chmod(partial, 0o755)  # mmdebstrap may work as another user
            with tempfile.TemporaryFile() as log:
                _fill(partial, log)
            os.rename(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder
