# SPDX-License-Identifier: BSD-2-Clause
"""Images with file systems: programs from cpio archives, Debian's as they are."""
import gzip
import re
import subprocess

import pytest

import cpio
from conftest import boot, make, run
from test_guest import NEED_FILES, NEED_MODULE, check_tap

BUSYBOX = "/bin/busybox"
# What has nothing to do with files must work as before; a few stand for all.
OTHERS = ["console", "libc", "memory", "start", "syscalls", "threads"]


def configure(out, *changes):
    make(f"O={out}", "kvm_defconfig")
    # What that configuration leaves out takes the value that it has with file systems.
    config = re.sub("# CONFIG_(FS|SYSCALLS_IDENTITY|FUTEX_WAITV|THREAD_TIMES|CPU_TIMERS|ZERO_AHEAD)"
                    " is not set\n", "", (out / ".config").read_text())
    for old, new in changes:
        assert old in config
        config = config.replace(old, new)
    (out / ".config").write_text(config)
    make(f"O={out}", "olddefconfig")
    assert "CONFIG_FS=y" in (out / ".config").read_text()


@pytest.fixture(scope="module")
def image(work):
    """Without a program: it comes as a module."""
    out = work / "files"
    configure(out, ("CONFIG_PROGRAM_NATIVE=y", "CONFIG_PROGRAM_MODULE=y"))
    make(f"O={out}", "all")
    return out


@pytest.fixture(scope="module")
def native(work):
    out = work / "files-native"
    configure(out, ("CONFIG_PROGRAM_NATIVE=y", "CONFIG_PROGRAM_NATIVE=y\nCONFIG_FS=y"))
    make(f"O={out}", "APP=" + " ".join("tests/guest/" + name for name in NEED_FILES + OTHERS))
    return out


@pytest.fixture(scope="module")
def four_cpus(work):
    out = work / "files-smp"
    configure(out, ("CONFIG_PROGRAM_NATIVE=y", "CONFIG_PROGRAM_MODULE=y"),
              ("CONFIG_NR_CPUS=1", "CONFIG_NR_CPUS=4"))
    make(f"O={out}", "all")
    return out


@pytest.fixture(scope="module")
def programs(work):
    make("-f", "scripts/linux-apps.mk", f"O={work}",
         *(work / "linux" / f"test-{name}" for name in NEED_FILES + NEED_MODULE + OTHERS))
    return work / "linux"


@pytest.mark.parametrize("name", NEED_FILES + OTHERS)
def test_native(native, name):
    check_tap(*boot(native, append=f"pagurus.program=test-{name}"))


@pytest.mark.parametrize("machine", ["pc", "microvm"])
@pytest.mark.parametrize("name", NEED_FILES + NEED_MODULE + OTHERS)
def test_module(image, programs, name, machine):
    check_tap(*boot(image, f"--initrd={programs}/test-{name}", f"--machine={machine}"))


@pytest.mark.parametrize("name", NEED_FILES + NEED_MODULE)
def test_on_four_cpus(four_cpus, programs, name):
    check_tap(*boot(four_cpus, f"--initrd={programs}/test-{name}", "--smp=4"))


@pytest.mark.parametrize("name", [name for name in NEED_FILES + NEED_MODULE
                                  if name != "identity"])
def test_the_checks_hold_on_linux_too(programs, name):
    done = run([programs / f"test-{name}"])
    check_tap(done.returncode, done.stdout)


@pytest.fixture(scope="module", params=["aligned", "packed"])
def busybox(request, work):
    """Its archive, with data that can be mapped where they lie, and with data that cannot."""
    with open(BUSYBOX, "rb") as f:
        binary = f.read()
    files = {"bin": None, "bin/busybox": binary, "etc/passwd": (0o100644, b"root:x:0:0::/:/bin/sh\n"),
             "data": (0o100644, b"".join(b"%d\n" % n for n in range(5000))),
             "script": b"#!/bin/sh -e\necho \"$0: $1, $2.\"\nexit 7\n"}
    for name in ("sh", "cat", "ls", "md5sum", "stat", "grep", "wc", "find", "cp", "sort", "tar",
                 "gzip", "vi", "sed", "awk", "dd", "ln", "mv", "rm", "cmp"):
        files["bin/" + name] = "busybox"
    archive = work / f"busybox-{request.param}.cpio"
    archive.write_bytes(cpio.archive(files, align=request.param == "aligned"))
    return archive, files


def applet(image, busybox, name, *args, **options):
    return boot(image, f"--initrd={busybox[0]}", append=f"pagurus.program=/bin/{name}", args=args,
                **options)


def output(said):
    """What the program wrote."""
    return said.split("\n", 1)[1].rsplit("pagurus: exit status", 1)[0]


@pytest.mark.parametrize("command", [
    ["md5sum", "/data"], ["wc", "/data"], ["grep", "-c", "99", "/data"], ["sort", "-rn", "/data"],
    ["sed", "-n", "s/^42$/found/p", "/data"], ["awk", "{ s += $1 } END { print s }", "/data"],
    ["cmp", "/data", "/bin/busybox"]])
def test_applet_as_on_linux(image, busybox, tmp_path, command):
    (tmp_path / "data").write_bytes(busybox[1]["data"][1])
    paths = {"/data": str(tmp_path / "data"), "/bin/busybox": BUSYBOX}
    here = subprocess.run([BUSYBOX, *(paths.get(word, word) for word in command)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    status, said = applet(image, busybox, *command)
    wanted = here.stdout
    for name, path in paths.items():
        wanted = wanted.replace(path, name)
    assert status == here.returncode, said
    assert output(said) == wanted


SHELL = r"""
set -e
cd /tmp
echo one > a; echo two >> a
while read line; do echo "<$line>"; done < a
for i in 1 2 3; do echo $((i * i)); done > b
read x < b; [ "$x" = 1 ]
[ -f a ]; [ -d /dev/shm ]; [ ! -e c ]; [ -L /dev/stdin ]; [ -c /dev/null ]; [ -x /bin/sh ]
cd ..; pwd
umask 077; : > tmp/private
set -- /bin/*; [ $# -gt 15 ]
trap 'echo bye' EXIT
exit 5
"""


def test_shell_built_ins(image, busybox):
    status, said = applet(image, busybox, "sh", "-c", SHELL)
    assert status == 5, said
    assert output(said) == "<one>\n<two>\n/\nbye\n"


def test_script(image, busybox):
    status, said = boot(image, f"--initrd={busybox[0]}", append="pagurus.program=/script",
                        args=["first", "second word"])
    assert status == 7, said
    assert output(said) == "/script: first, second word.\n"


def test_copy_of_a_file_from_the_archive(image, busybox):
    status, said = applet(image, busybox, "cp", "-v", "/bin/busybox", "/tmp/copy")
    assert status == 0 and "'/bin/busybox' -> '/tmp/copy'" in said


def libraries(program):
    done = run(["ldd", program])
    return re.findall(r"(/\S+)", done.stdout)


@pytest.mark.parametrize("machine", ["pc", "microvm"])
@pytest.mark.parametrize("align", [True, False])
@pytest.mark.parametrize("command,expected", [
    (["/usr/bin/env", "A=b"], "A=b\n"),
    (["/usr/bin/expr", "6", "*", "7"], "42\n"),
    (["/usr/bin/stat", "-c", "%A %s %N", "/lib64/ld-linux-x86-64.so.2"], "lrwxrwxrwx")])
def test_dynamic_program(image, tmp_path, command, expected, align, machine):
    archive = tmp_path / "archive.cpio"
    archive.write_bytes(cpio.archive(
        cpio.from_machine(command[0], *libraries(command[0])), align))
    status, said = boot(image, f"--initrd={archive}", f"--machine={machine}",
                        append=f"pagurus.program={command[0]}", args=command[1:])
    assert status == 0, said
    assert expected in output(said)


def refused(image, data, tmp_path, append=""):
    """What the panic says."""
    module = tmp_path / "module"
    module.write_bytes(data)
    status, said = boot(image, f"--initrd={module}", "--as-is", append=append)
    assert status == 255, said
    return re.search(r"^PANIC: (.*)", said, re.M).group(1)


def test_messages(image, tmp_path):
    def without(program, files=None):
        return refused(image, cpio.archive(files or {}), tmp_path, f"pagurus.program={program}")

    with open("/usr/bin/env", "rb") as f:
        dynamic = f.read()
    assert "/none: not found" in without("/none")
    assert "/a: not executable: chmod +x it" in without("/a", {"a": (0o100644, b"x")})
    assert "/a: not a regular file" in without("/a", {"a": None})
    assert "/a: too short for an ELF file" in without("/a", {"a": b"x"})
    assert "the dynamic linker /lib64/ld-linux-x86-64.so.2: not found" in \
        without("/a", {"a": dynamic})
    assert "interpreter /none: not found" in without("/a", {"a": b"#!/none\n"})
    assert "no program: hand over a module" in refused(image, cpio.archive({"b": None}), tmp_path)
    assert "compressed (gzip)" in refused(image, gzip.compress(b"x"), tmp_path)
    whole = cpio.archive({"a": b"x" * 1000})
    assert "cpio archive: a file is larger than what is left" in refused(image, whole[:500], tmp_path)
    assert "leads out of the archive" in refused(image, cpio.archive({"../a": b"x"}), tmp_path)


def test_hard_links_have_one_content(image, tmp_path):
    with open(BUSYBOX, "rb") as f:
        binary = f.read()
    data = bytearray()
    for name, content in (("a", b""), ("b", b"shared\n")):
        data += cpio.entry(name, 0o100644, content, ino=7, nlink=2)
    data += cpio.archive({"cat": "busybox", "busybox": binary})
    archive = tmp_path / "archive.cpio"
    archive.write_bytes(data)
    status, said = boot(image, f"--initrd={archive}", append="pagurus.program=/cat", args=["a", "b"])
    assert status == 0 and output(said) == "shared\nshared\n", said


def test_as_many_files_as_a_small_system_has(image, tmp_path):
    """20,000 names: the boot's cost is linear in them, and so is the memory."""
    with open(BUSYBOX, "rb") as f:
        files = {"busybox": f.read(), "find": "busybox"}
    files.update({f"d{n % 100}/file{n}": (0o100644, b"%d" % n) for n in range(20000)})
    archive = tmp_path / "archive.cpio"
    archive.write_bytes(cpio.archive(files))
    status, said = boot(image, f"--initrd={archive}", "--memory=64M", append="pagurus.program=/find",
                        args=["/d42", "-name", "file*42"])
    assert status == 0, said
    assert output(said).count("\n") == 200
