# SPDX-License-Identifier: BSD-2-Clause
"""Modules as people have them: compressed archives."""
import subprocess

import pytest

import cpio
from conftest import boot, make

TOOLS = {"gzip": ["gzip", "-c"], "zstd": ["zstd", "-cq"], "lz4": ["lz4", "-c"],
         "lz4 of Linux": ["lz4", "-lc"], "xz": ["xz", "-c"]}


@pytest.fixture(scope="module")
def image(work):
    """For programs from a module."""
    out = work / "modules"
    out.mkdir(exist_ok=True)
    (out / ".config").write_text("CONFIG_PROGRAM_MODULE=y\n")
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "all")
    return out


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
