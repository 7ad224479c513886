# SPDX-License-Identifier: BSD-2-Clause
"""A guest in the lab: its xl configuration, console, end."""
import codecs
import os
import re
import time

from .errors import GuestError, LabError

CONSOLES = "/var/log/xen/console"
REASONS = {0: "poweroff", 1: "reboot", 2: "suspend", 3: "crash", 4: "watchdog", 5: "soft_reset"}
CREATE_S = 120


def _config_value(value):
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_config_value(v) for v in value) + "]"
    if isinstance(value, int):
        return str(value)
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def _ready_made(image, kind):
    """The xl configuration that make left beside an image; later lines take the place of its own."""
    try:
        with open(os.path.join(os.path.dirname(image), f"pagurus-{kind}.cfg"),
                  encoding="utf-8") as file:
            return file.read() + "\n# The lab's own lines.\n"
    except FileNotFoundError:
        return ""


class Guest:
    """kernel: path of an image on this machine (PVH). iso: of a CD (HVM). Everything else goes into
    the xl configuration as it is: memory=64, vcpus=2, cmdline="...". disks: beside the CD, as xl
    has them. config: an xl configuration that lies in dom0 already and is used as it is."""

    def __init__(self, lab, name, kernel=None, iso=None, ramdisk=None, paused=False,
                 disks=(), config=None, **settings):
        self.lab = lab
        self.paused = paused
        self.name = name
        self.folder = f"/guests/{name}"
        self.config_path = config or f"{self.folder}/config"
        self.own_config = not config
        self.files = {}
        self.base = _ready_made(iso or kernel or "", "hvm" if iso else "pvh")
        self.settings = {"name": name, "memory": 64, "vcpus": 1, "tsc_mode": "native",
                         "on_poweroff": "preserve", "on_reboot": "preserve",
                         "on_crash": "preserve"}
        if config:
            pass
        elif iso:
            self.settings.update(type="hvm", boot="d", vga="none", usb=0,
                                 disk=[f"file:{self._file(iso)},hdc:cdrom,r"] + list(disks))
        else:
            self.settings.update(type="pvh", kernel=self._file(kernel))
        if ramdisk:
            self.settings["ramdisk"] = self._file(ramdisk)
        self.settings.update({k: v for k, v in settings.items() if v is not None})
        self.console_start = self.seen = 0
        self.created = self.console_tty = None

    def _file(self, path):
        """A file on this machine, or in dom0 where it is named with a leading "dom0:"."""
        if path.startswith("dom0:"):
            return path[len("dom0:"):]
        there = f"/images/{os.stat(path).st_mtime_ns:x}-{os.path.basename(path)}"
        self.files[there] = path
        return there

    def config(self):
        return self.base + "".join(f"{key} = {_config_value(value)}\n"
                                   for key, value in self.settings.items())

    @property
    def console_path(self):
        return f"{CONSOLES}/guest-{self.name}.log"

    @property
    def log_path(self):
        return f"/var/log/xen/xl-{self.name}.log"

    def create(self):
        lab = self.lab
        lab.created += 1
        for there, here in self.files.items():
            lab.upload(there, here)
        if self.own_config:
            lab.put(self.config_path, self.config())
        # An earlier guest of this name: xenconsoled appends to its log, xl begins a new one.
        self.console_start = self.seen = len(lab.get(self.console_path))
        self.created = lab.channel.request("hello")[0]["time"]
        for attempt in range(3):
            result = lab.run(f"xl create {'-p' if self.paused else ''} {self.config_path}",
                             CREATE_S)
            if result.status == 0:
                return
            if result.timed_out or result.status < 0 or "egmentation fault" in result.err:
                lab.retried += 1
                lab.say(f"retry {attempt + 1}: xl create {self.name}: {result.why()}")
                lab.run(f"xl destroy {self.name}", 60)
                continue
            break
        raise LabError(f"xl create {self.name}: {result.why()}")

    def console(self):
        """Everything it has written so far."""
        return self.lab.get(self.console_path, self.console_start).decode(errors="replace")

    def whole_console(self):
        """The same once it has come to rest, for a guest that has ended."""
        self.settle()
        return self.console()

    def expect(self, pattern, timeout=180):
        """Waits until the console, behind the last match, matches. Returns the match; its attribute
        seconds in the guest is how long after xl create was called."""
        reply, data = self.lab.channel.request("expect", timeout=timeout, path=self.console_path,
                                               offset=self.seen, pattern=pattern)
        if not reply["found"]:
            raise GuestError(f"{self.name}: no {pattern!r} on the console within {timeout} s:\n"
                             + self.console())
        self.seen += reply["end"]
        self.matched_seconds = reply["time"] - self.created
        return re.search(pattern.encode(), data, re.S | re.M)

    def wait(self, timeout=180):
        """Waits until the domain has shut down. Returns "poweroff", "reboot", "crash", ..."""
        pattern = r"has shut down, reason code (\d+)"
        reply, data = self.lab.channel.request("expect", timeout=timeout, path=self.log_path,
                                               pattern=pattern)
        if not reply["found"]:
            raise GuestError(f"{self.name} still runs after {timeout} s:\n" + self.console())
        code = int(re.search(pattern.encode(), data).group(1))
        return REASONS.get(code, str(code))

    def follow(self, show, timeout):
        """Hands the console to show(text) as it grows, until the domain has shut down. Returns why
        it did, or None after timeout seconds."""
        deadline = time.monotonic() + timeout
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        offset, reason = self.console_start, None
        while True:
            data = self.lab.get(self.console_path, offset)
            offset += len(data)
            show(decode(data))
            if reason and not data:
                return reason
            if time.monotonic() > deadline:
                return None
            if not data:
                try:
                    reason = self.wait(0.2)
                    self.settle()
                except GuestError:
                    pass

    def domid(self):
        return int(self.lab.must(f"xl domid {self.name}").out)

    def tty(self):
        """The terminal in dom0 that xenconsoled connects with the console."""
        if not self.console_tty:
            path = f"/local/domain/{self.domid()}/console/tty"
            self.console_tty = self.lab.must(f"xenstore-read {path}").out.strip()
        return self.console_tty

    def type(self, text):
        """Types into its console, as somebody in `xl console` would."""
        self.lab.channel.request("type", text.encode(), path=self.tty())

    def destroy(self):
        self.lab.run(f"xl destroy {self.name}", 60)

    def settle(self, quiet=0.3, timeout=10):
        """Waits until the console has been quiet: after a shutdown the last lines may lag."""
        deadline, size = time.monotonic() + timeout, -1
        while time.monotonic() < deadline:
            now = len(self.lab.get(self.console_path))
            if now == size:
                return
            size = now
            time.sleep(quiet)
