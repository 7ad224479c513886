# SPDX-License-Identifier: BSD-2-Clause
"""What the lab is made of: Debian packages, dom0's own two files, the outer machine. A change of
any of it changes the hash, and with that the folder in the cache."""
import hashlib
import json
import os

from .errors import LabError

# Debian's releases and the Xen in each; XENLAB_XEN in the environment chooses.
SUITES = {"4.17": "bookworm", "4.20": "trixie"}
XEN = os.environ.get("XENLAB_XEN", "4.17")
if XEN not in SUITES:
    raise LabError(f"XENLAB_XEN is {XEN!r}; there are " + " and ".join(SUITES))
SUITE = SUITES[XEN]
PACKAGES = [
    f"xen-utils-{XEN}", f"xen-hypervisor-{XEN}-amd64", "qemu-system-xen", "seabios",
    "linux-image-amd64", "initramfs-tools", "busybox", "kmod", "procps", "iproute2",
    "bridge-utils", "udev", "python3-minimal", "python3",
]
# Never looked at in the lab: half of the disk.
EXCLUDED = [
    "/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*",
    "/boot/*.efi", "/boot/System.map*",
] + [f"/lib/modules/*/kernel/{folder}/*" for folder in (
    "sound", "drivers/gpu", "drivers/media", "drivers/infiniband", "drivers/net/wireless",
    "drivers/net/ethernet", "drivers/staging", "drivers/iio", "drivers/scsi", "drivers/usb",
    "drivers/isdn", "drivers/input", "drivers/hid", "drivers/comedi", "drivers/mtd",
    "drivers/hwmon", "drivers/platform", "drivers/bluetooth", "net/bluetooth", "net/mac80211",
    "net/wireless", "fs/xfs", "fs/btrfs", "fs/ocfs2", "fs/gfs2")]
DISK_MIB = 1024

# With SMAP, QEMU 7.2's iretq in ring 3 faults and kills the PV dom0; with MONITOR, Xen idles in
# MWAIT and gets a general protection fault. XSETBV in a guest is not intercepted, so that Xen never
# learns the guest's XCR0 and XRSTOR faults later; and XSAVE ignores CR0.TS, with which Xen switches
# the FPU lazily. Without XSAVE (and with it AVX) guests use FXSAVE, which is emulated properly.
CPU = "EPYC,+svm,+npt,-x2apic,-smap,-smep,-monitor,-xsave"
MEMORY_MIB = 3584
DOM0_MIB = 1024
XEN_ARGS = (f"console=com1 com1=115200,8n1 dom0_mem={DOM0_MIB}M,max:{DOM0_MIB}M loglvl=all "
            "guest_loglvl=all sched=credit cpuidle=off noreboot")
DOM0_ARGS = "console=hvc0 root=/dev/vda rw init=/lab/init quiet net.ifnames=0"

FOLDER = os.path.dirname(os.path.abspath(__file__))
DOM0_FILES = ["init", "agent.py"]


def digest(parts):
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def dom0_file(name):
    with open(os.path.join(FOLDER, "dom0", name), encoding="utf-8") as file:
        return file.read()


def disk_hash():
    """Of everything that ends up on dom0's disk."""
    return digest([SUITE, PACKAGES, EXCLUDED, DISK_MIB, [dom0_file(n) for n in DOM0_FILES]])


def machine_hash(emulator):
    """Of everything that a saved machine depends on besides the disk. emulator: its
    identity()."""
    with open(os.path.join(FOLDER, "machine.py"), encoding="utf-8") as file:
        return digest([emulator, CPU, MEMORY_MIB, XEN_ARGS, DOM0_ARGS, file.read()])


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "pagurus")
