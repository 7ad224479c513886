# SPDX-License-Identifier: BSD-2-Clause
"""One running lab: commands and files in dom0, and guests."""
import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time

from . import disk, emulator, recipe
from .channel import Channel
from .errors import LabError
from .guest import Guest
from .machine import Machine

COLD_S = 600  # Xen's and dom0's start without a saved state, on a busy machine
WARM_S = 90
RETRIES = 2


def _to_stderr(text):
    print("xenlab: " + text, file=sys.stderr, flush=True)


class Result:
    """Of a command in dom0."""

    def __init__(self, reply, payload):
        self.status = reply["status"]
        self.timed_out = reply["timed_out"]
        self.seconds = reply["seconds"]
        self.out = payload[:reply["out"]].decode(errors="replace")
        self.err = payload[reply["out"]:].decode(errors="replace")

    def why(self):
        how = "timed out" if self.timed_out else f"status {self.status}"
        return f"{how}\n{self.out}{self.err}".rstrip()


class Lab:
    """with Lab() as lab: ... A lab that is started from a saved state (made the first time) unless
    cold is asked for. icount: TSCs count instructions (machine.py); such a lab starts cold."""

    def __init__(self, cold=False, say=_to_stderr, icount=False):
        cold = cold or icount
        self.say = say
        self.retried = 0
        self.created = 0  # guests so far
        self.uploaded = set()
        started = time.monotonic()
        folder = disk.prepare(say)
        self.emulator = emulator.prepare(say)
        state = None if cold else self._saved_state(folder)
        self.scratch = tempfile.mkdtemp(prefix="xenlab-") if cold else None
        self.machine, self.channel = self._start(folder, state, self.scratch, icount)
        atexit.register(self.stop)
        self.start_seconds = time.monotonic() - started

    def _start(self, folder, state, scratch, icount=False):
        overlay = None
        if not state:
            overlay = os.path.join(scratch, "disk.qcow2")
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b",
                            os.path.join(folder, "disk.img"), overlay], check=True)
        machine = Machine(self.emulator, folder, state, overlay, icount)
        try:
            channel = Channel(machine.path("agent"))
            channel.request("hello", timeout=WARM_S if state else COLD_S)
            # Also sets Xen's wall clock, which guests see.
            channel.request("run", command=f"date -u -s @{time.time():.0f}", timeout=60)
            return machine, channel
        except LabError as error:
            log = machine.xen_log()[-3000:]
            machine.stop()
            raise LabError(f"dom0 did not come up: {error}\n{log}") from None

    def _saved_state(self, folder):
        """Folder of the saved machine for this disk; made where it is missing."""
        cache = recipe.cache_folder()
        name = "state-" + recipe.machine_hash(emulator.identity(self.emulator))
        state = os.path.join(folder, name)
        if os.path.exists(os.path.join(state, "state")):
            return state
        with disk.locked(cache):
            if os.path.exists(os.path.join(state, "state")):
                return state
            self.say("starting Xen and dom0 once, to save the running machine (a minute or two)")
            partial = tempfile.mkdtemp(prefix="state-partial-", dir=folder)
            try:
                machine, channel = self._start(folder, None, partial)
                # What every later start wants in dom0's page cache.
                channel.request("run", command="xl list; xl info; sync", timeout=120)
                channel.close()
                time.sleep(1)
                machine.save(partial)
                os.rename(partial, state)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
        return state

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        atexit.unregister(self.stop)
        self.channel.close()
        self.machine.stop()
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def run(self, command, timeout=60, stdin=b""):
        """A shell command in dom0, once. Returns its Result, whatever its status."""
        return Result(*self.channel.request("run", stdin, timeout, command=command))

    def must(self, command, timeout=60):
        """A command in dom0 that has no reason to fail but dom0's own userland, which now and then
        does under emulation: tried again, and each retry is told."""
        for attempt in range(RETRIES + 1):
            result = self.run(command, timeout)
            if result.status == 0:
                return result
            if attempt < RETRIES:
                self.retried += 1
                self.say(f"retry {attempt + 1}: {command}: {result.why()}")
        raise LabError(f"in dom0: {command}: {result.why()}")

    def put(self, path, data, mode=0o644):
        if isinstance(data, str):
            data = data.encode()
        self.channel.request("put", data, path=path, mode=mode)

    def get(self, path, offset=0):
        return self.channel.request("get", path=path, offset=offset)[1]

    def upload(self, there, here):
        """Copies a file of this machine into dom0, once for each name there."""
        if there not in self.uploaded:
            with open(here, "rb") as file:
                self.put(there, file.read())
            self.uploaded.add(there)

    def number(self):
        """A number that no guest of this lab has had."""
        return self.created + 1

    def create(self, name, kernel=None, **settings):
        """Starts a guest; see guest.Guest."""
        guest = Guest(self, name, kernel, **settings)
        guest.create()
        return guest
