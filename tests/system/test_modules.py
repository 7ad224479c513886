# SPDX-License-Identifier: BSD-2-Clause
"""Modules as people have them: compressed archives."""
import gzip
import shutil
import subprocess

import pytest

import cpio
from conftest import boot, modules_image

TOOLS = {"gzip": ["gzip", "-c"], "zstd": ["zstd", "-cq"], "lz4": ["lz4", "-c"],
         "lz4 of Linux": ["lz4", "-lc"], "xz": ["xz", "-c"]}


@pytest.fixture(scope="module")
def image(work):
    """For programs from a module."""
    return modules_image(work / "modules")


def compressed(tool):
    with open("/bin/busybox", "rb") as file:
        archive = cpio.archive({"bin": None, "bin/sh": file.read()})
    return subprocess.run(TOOLS[tool], input=archive, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True).stdout


@pytest.mark.parametrize("tool", TOOLS)
def test_compressed_archive(image, tmp_path, tool):
    module = tmp_path / "module, with blanks.cpio.x"
    module.write_bytes(compressed(tool))
    status, said = boot(image, f"--initrd={module}", append="pagurus.program=/bin/sh",
                        args=["-c", "exit 3"])
    assert status == 3, said


@pytest.mark.parametrize("tool", TOOLS)
def test_cut_off(image, tmp_path, tool):
    module = tmp_path / "module.cpio.x"
    module.write_bytes(compressed(tool)[:100000])
    status, said = boot(image, f"--initrd={module}")
    assert status == 125 and "damaged" in said


@pytest.fixture(scope="module")
def unpacking(work):
    """The same, and it unpacks what it can by itself."""
    return modules_image(work / "modules-unpack", "CONFIG_MODULE_GZIP=y", "CONFIG_MODULE_ZSTD=y",
                         "CONFIG_MODULE_LZ4=y")


@pytest.fixture(scope="module")
def archive():
    with open("/bin/busybox", "rb") as file:
        return cpio.archive({"bin": None, "bin/sh": file.read(), "big": (0o100644, b"0123456\n" * 300000)})


def start(unpacking, tmp_path, data, *options):
    module = tmp_path / "module"
    module.write_bytes(data)
    return boot(unpacking, f"--initrd={module}", "--as-is", *options,
                append="pagurus.program=/bin/sh", args=["-c", SHOW])


SHOW = """exec < /big; n=0; while read line; do [ $line = 0123456 ] || exit 9; n=$((n + 1))
[ $n -lt 2000 ] || break; done; [ -x /bin/sh ] || exit 8; exit 3"""


def by(*command):
    """What packs by this command."""
    def pack(data):
        if not shutil.which(command[0]):
            pytest.skip(f"{command[0]} is not installed: scripts/setup check")
        return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
    return pack


def members(pack):
    """In three pieces, compressed one by one, and a padded end."""
    def join(archive):
        third = len(archive) // 3
        parts = archive[:third], archive[third:2 * third], archive[2 * third:]
        return b"".join(map(pack, parts)) + bytes(512)
    return join


ZSTD, LZ4 = by("zstd", "-cq"), by("lz4", "-cq")
WAYS = {"gzip": gzip.compress, "stored": lambda data: gzip.compress(data, 0),
        "members": members(gzip.compress), "zstd": ZSTD, "zstd-best": by("zstd", "-cq", "-19"),
        "zstd-plain": by("zstd", "-cq", "--no-check", "-1"), "zstd-frames": members(ZSTD), "lz4": LZ4,
        "lz4-linked": by("lz4", "-cq", "-BD", "-BX", "-B4", "--content-size"),
        "lz4-legacy": by("lz4", "-cql"), "lz4-frames": members(LZ4)}


@pytest.mark.parametrize("machine", ["pc", "microvm"])
@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_kernel_unpacks(unpacking, archive, tmp_path, how, machine):
    status, said = start(unpacking, tmp_path, how(archive), f"--machine={machine}")
    assert status == 3, said


def test_kernel_unpacks_a_program(unpacking, tmp_path):
    with open("/bin/busybox", "rb") as file:
        (tmp_path / "sh").write_bytes(gzip.compress(file.read()))
    status, said = boot(unpacking, f"--initrd={tmp_path}/sh", "--as-is", args=["-c", "exit 5"])
    assert status == 5, said


def changed(data, at, value):
    return data[:at] + bytes([data[at] ^ value]) + data[at + 1:]


@pytest.mark.parametrize("damage, said", [
    (lambda data: data[:len(data) // 2], "it is cut off"), (lambda data: data[:-1], "it is cut off"),
    (lambda data: changed(data, -8, 1), "incorrect data check"),
    (lambda data: changed(data, -1, 0x40), "incorrect length check"),
    (lambda data: changed(data, 2, 1), "unknown compression method"),
    (lambda data: data + b"garbage", "there is something else behind its end")])
def test_kernel_refuses(unpacking, archive, tmp_path, damage, said):
    status, console = start(unpacking, tmp_path, damage(gzip.compress(archive)))
    assert status == 255 and f"compressed with gzip: {said}" in console, console


DAMAGED = {
    "zstd": (ZSTD, [
        (lambda data: data[:len(data) // 2], "it is cut off"), (lambda data: data[:-1], "it is cut off"),
        (lambda data: changed(data, -1, 1), "Restored data doesn't match checksum"),
        (lambda data: changed(data, 4, 8), "Unsupported frame parameter"),
        (lambda data: data + b"garbage", "there is something else behind its end"),
        # A frame of the format before 1.0.
        (lambda data: data + b"\x27\xb5\x2f\xfd" + bytes(32), "there is something else behind its end")]),
    "lz4": (LZ4, [
        (lambda data: data[:len(data) // 2], "it is cut off"), (lambda data: data[:-1], "it is cut off"),
        (lambda data: changed(data, -1, 1), "a checksum does not fit"),
        (lambda data: changed(data, 4, 0x80), "an unknown version of the format"),
        (lambda data: changed(data, 6, 1), "its header is damaged"),
        (lambda data: changed(data, 10, 0x7f), "a block is too large"),
        (lambda data: data + b"garbage", "there is something else behind its end")])}


@pytest.mark.parametrize("name, number", [(name, n) for name, (_, cases) in DAMAGED.items()
                                          for n in range(len(cases))])
def test_kernel_refuses_others(unpacking, archive, tmp_path, name, number):
    pack, cases = DAMAGED[name]
    damage, said = cases[number]
    status, console = start(unpacking, tmp_path, damage(pack(archive)))
    assert status == 255 and f"compressed with {name}: {said}" in console, console


@pytest.mark.parametrize("pack", [lambda data: gzip.compress(data, 1), ZSTD, LZ4],
                         ids=["gzip", "zstd", "lz4"])
def test_kernel_stops_at_its_memory(unpacking, tmp_path, pack):
    """A small file that unpacks to half a GiB, in a machine of 64 MiB."""
    status, said = start(unpacking, tmp_path, pack(bytes(1 << 29)), "--memory=64M")
    assert status == 255 and "does not fit into memory: give the VM more" in said, said


def test_memory_behind_the_content_is_given_back(unpacking, archive, tmp_path):
    """33 MiB, for which the kernel takes a block of 64: of 256 MiB more than 200 are free."""
    data = archive + bytes((33 << 20) - len(archive))
    module = tmp_path / "module"
    module.write_bytes(gzip.compress(data, 1))
    status, said = boot(unpacking, f"--initrd={module}", "--as-is", "--memory=256M",
                        append="pagurus.program=/bin/sh",
                        args=["-c", "while read n v u; do [ $n != MemFree: ] || [ $v -lt 204800 ] || exit 3; "
                              "done < /proc/meminfo"])
    assert status == 3, said
