# SPDX-License-Identifier: BSD-2-Clause
"""Guests under real Xen and xl: one dom0 for all tests of a run, images built once."""
import sys
import time

import pytest

from conftest import TREE, make, run

sys.path.insert(0, str(TREE / "scripts"))

from xenlablib.errors import LabError  # noqa: E402
from xenlablib.lab import Lab  # noqa: E402

PROGRAMS = sorted(path.parent.name for path in (TREE / "tests/guest").glob("*/program.mk"))
labs = []
LIMIT_MIN = 60  # for all tests together, on however busy a machine


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true",
                     help="also tests that take many minutes, or that the lab may fail")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: only with --slow: takes many minutes, or the lab may "
                            "fail it")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--slow"):
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


class Dom0:
    """The lab of this run; another one is started where it has died."""

    def __init__(self):
        self.running = None
        self.deadline = time.monotonic() + LIMIT_MIN * 60

    def start(self):
        try:
            self.running = Lab()
        except LabError as error:
            if labs:
                raise
            # No test can say more than that: one failure instead of one for each.
            pytest.exit(f"the Xen lab cannot be had here, and without it nothing is tested: {error}",
                        returncode=1)
        labs.append(self.running)

    def __call__(self):
        if time.monotonic() > self.deadline:
            pytest.exit(f"the tests under Xen take longer than {LIMIT_MIN} minutes", returncode=1)
        if self.running and not self.running.machine.alive():
            print("xenlab: QEMU is gone, starting the lab again", file=sys.stderr)
            self.running.stop()
            self.running = None
        if not self.running:
            self.start()
        return self.running


@pytest.fixture(scope="session")
def dom0():
    holder = Dom0()
    yield holder
    if holder.running:
        holder.running.stop()


@pytest.fixture
def lab(dom0):
    return dom0()


@pytest.fixture
def create(lab):
    """create(image, program, words, **settings): a guest that is gone after the test. image: of a
    PVH guest, or what the fixture hvm gives."""
    guests = []

    def start(image, program=None, words="", **settings):
        name = f"t{lab.number()}"
        line = (f"pagurus.program={program} " if program else "") + words
        if callable(image):
            image, settings["iso"] = None, image(line)
        elif "iso" not in settings:
            settings.setdefault("cmdline", line)
        guests.append(lab.create(name, image, **settings))
        return guests[-1]

    yield start
    for guest in guests:
        guest.destroy()


@pytest.fixture(scope="session")
def pvh(work):
    """An image for PVH guests with all of tests/guest's programs; pagurus.program= selects."""
    out = work / "pvh"
    make(f"O={out}", "pvh_defconfig")
    make(f"O={out}", "APP=" + " ".join("tests/guest/" + name for name in PROGRAMS))
    return str(out / "pagurus.elf")


@pytest.fixture(scope="session")
def hello(work):
    out = work / "hello"
    make(f"O={out}", "pvh_defconfig")
    make(f"O={out}")
    return str(out / "pagurus.elf")


@pytest.fixture(scope="session")
def iso(work):
    out = work / "hvm"
    make(f"O={out}", "hvm_defconfig")
    make(f"O={out}")
    return str(out / "pagurus.iso")


@pytest.fixture(scope="session")
def hvm(work):
    """hvm(command line): an ISO with all of tests/guest's programs that boots with it."""
    out = work / "hvm-programs"
    make(f"O={out}", "hvm_defconfig")
    make(f"O={out}", "APP=" + " ".join("tests/guest/" + name for name in PROGRAMS))
    isos = {}

    def build(line):
        if line not in isos:
            path = out / f"program-{len(isos)}.iso"
            done = run(["scripts/mkiso", "--cmdline", line, "multiboot2", out / "pagurus.elf", path])
            assert done.returncode == 0, done.stdout
            isos[line] = str(path)
        return isos[line]

    return build


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter):
    for lab in labs:
        terminalreporter.write_line(
            f"lab: answered {lab.start_seconds:.1f} s after its start, {lab.created} guests, "
            f"{lab.retried} retries of dom0's own steps")
