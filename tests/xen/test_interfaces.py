# SPDX-License-Identifier: BSD-2-Clause
"""What devices will use, before there are any: xenstore, grants and event channels, used by the
guest's xen/check.c and, from the other side, by a program in dom0."""
import time

import pytest

from conftest import make

from .test_control import ready

# The other side. Numbers of Linux's include/uapi/xen/gntdev.h and evtchn.h.
PEER = r"""
import fcntl, mmap, os, struct, sys, time
PAGE = 4096

def io(letter, number, size):
    return size << 16 | ord(letter) << 8 | number

def map_grant(domain, ref, prot):
    # ioctl_gntdev_map_grant_ref: count, pad, index (out), refs
    file = os.open("/dev/xen/gntdev", os.O_RDWR)
    data = bytearray(struct.pack("IIQII", 1, 0, 0, domain, ref))
    fcntl.ioctl(file, io("G", 0, 24), data)
    return mmap.mmap(file, PAGE, mmap.MAP_SHARED, prot, offset=struct.unpack("IIQII", data)[2])

def pages(domain, refs):
    maps = []
    for i, ref in enumerate(refs):
        last = i == len(refs) - 1
        page = map_grant(domain, ref, mmap.PROT_READ | (0 if last else mmap.PROT_WRITE))
        assert page[:] == bytes([ord("A") + i]) * PAGE, (i, page[:16])
        maps.append(page)
    try:
        map_grant(domain, refs[-1], mmap.PROT_READ | mmap.PROT_WRITE)
        print("the last could be written")
    except OSError:
        pass
    for i, page in enumerate(maps[:-1]):
        page[:] = bytes([ord("a") + i]) * PAGE
    print("mapped", flush=True)
    while os.path.exists("/tmp/hold"):
        time.sleep(0.1)

def events(domain, port, count):
    file = os.open("/dev/xen/evtchn", os.O_RDWR)
    local = fcntl.ioctl(file, io("E", 1, 8), bytearray(struct.pack("II", domain, port)))
    os.read(file, 4)  # binding makes a channel pending once
    for _ in range(count):
        os.write(file, struct.pack("I", local))  # unmask
        fcntl.ioctl(file, io("E", 4, 4), bytearray(struct.pack("I", local)))
        assert struct.unpack("I", os.read(file, 4))[0] == local
    print("answered", count)

def storm(domain, port, count):
    file = os.open("/dev/xen/evtchn", os.O_RDWR)
    local = fcntl.ioctl(file, io("E", 1, 8), bytearray(struct.pack("II", domain, port)))
    for _ in range(count):
        fcntl.ioctl(file, io("E", 4, 4), bytearray(struct.pack("I", local)))

globals()[sys.argv[1]](int(sys.argv[2]), eval(sys.argv[3]), *map(int, sys.argv[4:]))
"""


@pytest.fixture(scope="module")
def checking(work):
    """version -> image with xen/check.c, for grant tables of that version."""
    images = {}

    def build(version):
        if version not in images:
            out = work / f"check-{version}"
            make(f"O={out}", "pvh_defconfig")
            with open(out / ".config", "a", encoding="utf-8") as file:
                file.write("CONFIG_XEN_CHECK=y\n")
                if version == 2:
                    file.write("CONFIG_XEN_GRANT_V2=y\n")
            make(f"O={out}", "olddefconfig")
            config = (out / ".config").read_text()
            assert "CONFIG_XEN_CHECK=y" in config
            assert ("CONFIG_XEN_GRANT_V2=y" in config) == (version == 2)
            make(f"O={out}", "APP=tests/guest/console")
            images[version] = str(out / "pagurus.elf")
        return images[version]

    return build


def start(lab, create, image):
    guest = ready(create, image)
    lab.put("/root/peer.py", PEER)
    return guest


def folder(guest):
    return f"/local/domain/{guest.domid()}/data/check"


def ask(lab, guest, word, seconds=180):
    """Has the guest do something. Returns the outcome."""
    there = folder(guest)
    lab.must(f"xenstore-write {there}/done waiting; xenstore-write {there}/do {word}")
    for _ in range(seconds * 5):
        said = lab.must(f"xenstore-read {there}/done").out.strip()
        if said.startswith(word + ": "):
            return int(said.split()[1])
        time.sleep(0.2)
    raise AssertionError(f"no answer to {word}:\n" + guest.console())


def value(lab, guest, name):
    return lab.must(f"xenstore-read {folder(guest)}/{name}").out.strip()


def test_xenstore(create, lab, checking):
    """A folder of more names than a message holds, and a transaction that is disturbed."""
    guest = start(lab, create, checking(1))
    lab.must("xenstore-write $(for i in $(seq 300); do"
             f" echo {folder(guest)}/nodes/a-rather-long-name-$i x; done)")
    assert ask(lab, guest, "names") == 300
    assert lab.run(f"xenstore-exists {folder(guest)}/nodes").status != 0
    assert ask(lab, guest, "transaction") == 0


def map_them(lab, guest):
    """Dom0 looks at what the guest shares, writes, and holds it until told to let go."""
    refs = ",".join(value(lab, guest, "refs").split())
    lab.must("rm -f /tmp/said; touch /tmp/hold")
    lab.must(f"setsid python3 /root/peer.py pages {guest.domid()} [{refs}] < /dev/null"
             " > /tmp/said 2>&1 & for i in $(seq 150); do grep -q . /tmp/said && break;"
             " sleep 0.1; done")
    assert lab.must("cat /tmp/said").out == "mapped\n"


@pytest.mark.parametrize("version", [1, 2])
def test_grants(create, lab, checking, version):
    guest = start(lab, create, checking(version))
    assert ask(lab, guest, "many") == 0
    assert ask(lab, guest, "share") == 0
    map_them(lab, guest)
    assert ask(lab, guest, "compare") == 0
    assert ask(lab, guest, "end") == -16  # EBUSY: dom0 still has them
    lab.must("rm /tmp/hold; sleep 1")
    assert ask(lab, guest, "end") == 0
    # The table is a new one after a suspension.
    lab.must(f"xl save {guest.name} /tmp/{guest.name} && xl restore /tmp/{guest.name}", 240)
    lab.must(f"rm /tmp/{guest.name}")
    assert ask(lab, guest, "many") == 0
    assert ask(lab, guest, "share") == 0
    map_them(lab, guest)
    assert ask(lab, guest, "compare") == 0
    lab.must("rm /tmp/hold; sleep 1")
    assert ask(lab, guest, "end") == 0


def test_events(create, lab, checking):
    """Each is answered; and a storm of them, which dom0 need not wait for, takes no hold of it."""
    guest = start(lab, create, checking(1))
    assert ask(lab, guest, "channel") == 0
    port = value(lab, guest, "port")
    said = lab.must(f"python3 /root/peer.py events {guest.domid()} {port} 300", 120)
    assert said.out == "answered 300\n"
    assert ask(lab, guest, "events") == 300
    assert ask(lab, guest, "channel") == 0
    port = value(lab, guest, "port")
    lab.must(f"python3 /root/peer.py storm {guest.domid()} {port} 5000", 120)
    assert 0 < ask(lab, guest, "events") <= 5000
    guest.type("alive\n")
    guest.expect("got 1 <alive>")
