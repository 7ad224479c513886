# SPDX-License-Identifier: BSD-2-Clause
"""xl dump-core, of a guest that runs and of one that has crashed. Minutes for each (why: docs/xen.md),
so only with TESTS="--slow"."""
import struct

import pytest

SECONDS = 3000

# Finds the page with a guest frame number in the core file (Xen: docs/misc/dump-core-format.txt).
LOOK = r"""
import struct, sys
core = open("/tmp/core", "rb")
header = struct.unpack("<16sHHIQQQIHHHHHH", core.read(64))
assert header[0][:4] == b"\x7fELF", header
core.seek(header[6])
table = [struct.unpack("<IIQQQQIIQQ", core.read(64)) for _ in range(header[12])]
core.seek(table[header[13]][4])
names = core.read(table[header[13]][5])
sections = {names[s[0]:names.index(b"\0", s[0])].decode(): s for s in table}
core.seek(sections[".xen_pfn"][4])
count = sections[".xen_pfn"][5] // 8
frames = struct.unpack("<%dQ" % count, core.read(8 * count))
core.seek(sections[".xen_pages"][4] + 4096 * frames.index(int(sys.argv[1])))
sys.stdout.write(core.read(4096).hex())
core.seek(sections[".xen_prstatus"][4])
assert sections[".xen_prstatus"][5] > 0 and any(core.read(sections[".xen_prstatus"][5]))
"""


def first_page(image):
    """(guest frame number, the ELF file's bytes of it) of the first read-only segment."""
    with open(image, "rb") as file:
        data = file.read()
    offset, size, count = struct.unpack_from("<Q14xHH", data, 32)
    for i in range(count):
        kind, flags, at, _, phys, length = struct.unpack_from("<IIQQQQ", data, offset + i * size)
        if kind == 1 and not flags & 2 and length >= 4096 and phys % 4096 == 0:
            return phys >> 12, data[at:at + 4096]
    raise AssertionError("no read-only segment")


@pytest.mark.slow
@pytest.mark.parametrize("words,crash", [("echo", False), ("abort", True)])
def test_dump_core(create, lab, pvh, words, crash):
    guest = create(pvh, "test-exit" if crash else "test-console", words, memory=16)
    if crash:
        assert guest.wait() == "crash"
    else:
        guest.expect("ready")
    lab.must(f"xl dump-core {guest.name} /tmp/core", SECONDS)
    lab.put("/root/look.py", LOOK)
    frame, page = first_page(pvh)
    assert lab.must(f"python3 /root/look.py {frame}").out == page.hex()
    lab.must("rm /tmp/core")
    if not crash:
        guest.type("alive\n")
        guest.expect("got 1 <alive>")
