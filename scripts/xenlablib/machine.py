# SPDX-License-Identifier: BSD-2-Clause
"""The outer machine: QEMU's emulator with Xen and dom0 in it, started cold or from a saved state."""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from . import recipe
from .emulator import FIRMWARE
from .errors import LabError

STOP_S = 10


def _die_with_parent():
    """No emulator outlives a test run that was killed (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Qmp:
    """QEMU's control socket."""

    def __init__(self, path, timeout):
        self.socket = connect(path, timeout)
        self.file = self.socket.makefile("rw", encoding="utf-8")
        self.file.readline()
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise LabError(f"QEMU ended during {name}")
            reply = json.loads(line)
            if "error" in reply:
                raise LabError(f"QEMU: {name}: {reply['error']['desc']}")
            if "return" in reply:
                return reply["return"]


def connect(path, timeout):
    deadline = time.monotonic() + timeout
    while True:
        try:
            stream = socket.socket(socket.AF_UNIX)
            stream.connect(path)
            return stream
        except (FileNotFoundError, ConnectionRefusedError):
            stream.close()
            if time.monotonic() > deadline:
                raise LabError(f"QEMU does not open {os.path.basename(path)}") from None
            time.sleep(0.05)


class Machine:
    """emulator: path of emulator.prepare(). disk: folder of disk.prepare(). state: folder of save(),
    to go on from there. icount: time is counted in instructions, 1 ns each, Xen's and dom0's among
    them; for cold starts only."""

    def __init__(self, emulator, disk, state=None, overlay=None, icount=False):
        self.folder = tempfile.mkdtemp(prefix="xenlab-")
        self.log_path = os.path.join(self.folder, "xen.log")
        self.errors_path = os.path.join(self.folder, "qemu.log")
        drive = os.path.join(state, "disk.qcow2") if state else overlay
        incoming = ["-incoming", "exec:cat state"] if state else []
        command = ["nice", "-n", "5", emulator] + self._arguments(disk, drive, icount)
        command += ["-snapshot"] if not overlay else []
        with open(self.errors_path, "wb") as errors:
            # Paths are relative to the folder, since QEMU gives commas in them a meaning.
            self.process = subprocess.Popen(command + incoming, cwd=state or disk,
                                            stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                            preexec_fn=_die_with_parent)
        try:
            self.qmp = Qmp(self.path("qmp"), 60)
            self._wait_running(120)
        except Exception as error:
            text = self.errors()
            self.stop()
            raise LabError(f"QEMU did not start: {error}\n{text}") from None

    def path(self, name):
        return os.path.join(self.folder, name)

    def _arguments(self, disk, drive, icount):
        kernel = [os.path.join(disk, name) for name in ("xen", "vmlinuz", "initrd")]
        modules = f"{kernel[1]} {recipe.DOM0_ARGS},{kernel[2]}"
        return [
            *(word for folder in FIRMWARE for word in ("-L", folder)),
            "-machine", "q35", "-cpu", recipe.CPU, "-smp", "1",
            *(["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off"] if icount else
              ["-accel", "tcg,thread=multi"]),
            "-m", str(recipe.MEMORY_MIB), "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", kernel[0], "-append", recipe.XEN_ARGS, "-initrd", modules,
            "-drive", f"file={drive},if=virtio,format=qcow2,cache=unsafe",
            "-chardev", f"socket,id=com1,path={self.path('com1')},server=on,wait=off,"
                        f"logfile={self.log_path}",
            "-serial", "chardev:com1",
            "-device", "virtio-serial-pci", "-chardev",
            f"socket,id=agent,path={self.path('agent')},server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=org.pagurus.lab",
            "-qmp", f"unix:{self.path('qmp')},server=on,wait=off",
        ]

    def _wait_running(self, timeout):
        deadline = time.monotonic() + timeout
        while self.qmp.command("query-status")["status"] == "inmigrate":
            if time.monotonic() > deadline:
                raise LabError("the saved state does not load")
            time.sleep(0.05)
        self.qmp.command("cont")  # it was saved standing still

    def alive(self):
        return self.process.poll() is None

    def errors(self):
        with open(self.errors_path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()

    def xen_log(self):
        """What Xen and dom0's kernel printed, "(d1) ..." lines of HVM guests among it."""
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def save(self, folder):
        """Writes the whole machine's memory and devices to folder/state and ends it. Its disk must
        be the overlay folder/disk.qcow2."""
        self.qmp.command("stop")
        path = os.path.join(folder, "state")
        # QEMU gives the shell's command line in one string; the path is ours and holds no quote.
        self.qmp.command("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
        self.qmp.command("migrate", uri=f"exec:cat > '{path}'")
        while True:
            info = self.qmp.command("query-migrate")
            if info.get("status") == "completed":
                break
            if info.get("status") in ("failed", "cancelled"):
                raise LabError(f"QEMU could not save its state: {info.get('error-desc', '')}")
            time.sleep(0.1)
        self.stop()

    def stop(self):
        if self.alive():
            try:
                self.qmp.command("quit")
            except (AttributeError, LabError, OSError):
                self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
