# SPDX-License-Identifier: BSD-2-Clause
"""Debian's programs as they are, in a guest."""
import os
import pathlib
import re
import shutil
import signal
import struct

import pytest

import cpio
from conftest import TREE, boot, make
from test_files import image, libraries, output  # noqa: F401 (a fixture)
from test_guest import check_tap

CHECK = TREE / "tests/guest/programs/check.py"
PYTHON = "/usr/bin/python3"
# Of Python's library, what these checks have no use for.
UNUSED = ("__pycache__", "config-", "dist-packages", "distutils", "ensurepip", "idlelib", "lib2to3",
          "pydoc_data", "test", "tkinter", "turtledemo")


def library(folder):
    """The files of a folder that are of use, and the libraries that they want."""
    files = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if not path.is_file() or any(part.startswith(UNUSED) for part in path.parts):
            continue
        files[str(path).lstrip("/")] = (0o100644, path.read_bytes())
        if path.suffix == ".so":
            files.update(cpio.from_machine(*libraries(path)))
    return files


def with_folders(files):
    """The same with the folders that they lie in."""
    folders = {str(parent) for name in files for parent in pathlib.PurePath(name).parents}
    return {**{name: None for name in sorted(folders - {"."})}, **files}


@pytest.fixture(scope="module")
def python(work):
    real = os.path.realpath(PYTHON)
    files = cpio.from_machine(PYTHON, *libraries(PYTHON))
    files.update(library("/usr/lib/" + os.path.basename(real)))
    files["check.py"] = (0o100644, CHECK.read_bytes())
    archive = work / "python.cpio"
    archive.write_bytes(cpio.archive(with_folders(files), align=True))
    return archive


def test_python(image, python):  # noqa: F811
    check_tap(*boot(image, f"--initrd={python}", "--memory=512M",
                    append=f"pagurus.program={PYTHON}", args=["/check.py"]))


def test_python_has_no_other_process(image, python):  # noqa: F811
    script = "import subprocess\ntry:\n subprocess.run(['/x'])\nexcept OSError as e:\n print(e)"
    status, said = boot(image, f"--initrd={python}", "--memory=512M",
                        append=f"pagurus.program={PYTHON}", args=["-c", script])
    assert status == 0 and "[Errno 38]" in said, said
    assert "vfork: the program is one process and can start no other: ENOSYS" in said


PERL = r"""
my %h = map { $_ => $_ * $_ } 1 .. 100; my $s = 0; $s += $_ for values %h; print "$s\n";
open my $f, '>', '/tmp/p' or die; print $f "x\n" x 100; close $f;
open $f, '<', '/tmp/p'; my @l = <$f>; print scalar(@l), "\n";
local $SIG{ALRM} = sub { die "alarm\n" }; eval { alarm 1; select undef, undef, undef, 9; }; print $@;
"""
LUA = r"""
local t = {} for i = 1, 1000 do t[i] = i * i end print(#t, t[1000])
local f = assert(io.open("/tmp/l", "w")) f:write("hi\n") f:close()
for l in io.lines("/tmp/l") do print(l) end
"""
SQL = """
create table t(a integer primary key, b);
with recursive c(x) as (select 1 union all select x + 1 from c where x < 10000)
insert into t select x, hex(x) from c;
select count(*), sum(a) from t; pragma integrity_check; vacuum; pragma journal_mode=wal;
insert into t values(20000, 1); select max(a) from t;
"""
BASH = r"""
declare -A h; for ((i = 0; i < 1000; i++)); do h[$i]=$((i * i)); done; echo ${h[999]} ${#h[@]}
printf '%s\n' a b c > /tmp/x; mapfile -t l < /tmp/x; echo ${l[2]}
[[ abc =~ ^a(.)c$ ]] && echo ${BASH_REMATCH[1]}; echo $((2 ** 40)); trap 'echo bye' EXIT; exit 7
"""


@pytest.mark.parametrize("program,script,args,expected,status", [
    ("/usr/bin/perl", PERL, ["/script"], "338350\n100\nalarm\n", 0),
    ("/usr/bin/lua5.4", LUA, ["/script"], "1000\t1000000\nhi\n", 0),
    ("/usr/bin/sqlite3", SQL, ["/tmp/base", ".read /script"], "10000|50005000\nok\nwal\n20000\n", 0),
    ("/bin/bash-static", BASH, ["/script"], "998001 1000\nc\nb\n1099511627776\nbye\n", 7)])
def test_program(image, tmp_path, program, script, args, expected, status):  # noqa: F811
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed: scripts/setup check")
    files = cpio.from_machine(program, *libraries(program))
    files["script"] = (0o100644, script.encode())
    archive = tmp_path / "archive.cpio"
    archive.write_bytes(cpio.archive(with_folders(files), align=True))
    got, said = boot(image, f"--initrd={archive}", append=f"pagurus.program={program} HOME=/",
                     args=args)
    assert got == status, said
    assert output(said) == expected


LINKS = ("sh", "true", "cat", "echo", "env", "tr")
ASKED = "#!/bin/sh\necho $0: $*, $#.\nread x < /proc/self/comm; echo $x; exit 9\n"
PYTHON_EXEC = r"""
import os, signal, threading, time
signal.signal(signal.SIGUSR1, lambda *_: None)
for _ in range(4):
    threading.Thread(target=time.sleep, args=[100]).start()
os.set_inheritable(os.open("/asked", os.O_RDONLY), True)
threading.Thread(target=lambda: os.execve("/bin/cat", ["cat", "/proc/self/comm", "/proc/self/fd/3"],
                                          {"A": "b"})).start()
"""


@pytest.mark.parametrize("program,args,expected,status", [
    ("/bin/busybox", ["sh", "-c", "exec busybox echo hi"], "hi\n", 0),
    ("/bin/busybox", ["sh", "-c", "A=1 exec env - B='2 3' env -u PWD sh -c 'echo $A $B; exec echo done'"],
     "2 3\ndone\n", 0),
    ("/bin/busybox", ["sh", "-c", "cd /tmp; exec /asked x 'y z'"], "/asked: x y z, 2.\nasked\n", 9),
    ("/bin/busybox", ["sh", "-c", "exec /none"], "sh: exec: line 0: /none: not found\n",
     127),
    ("/bin/bash-static", ["-c", "exec -a sh /bin/busybox -c 'echo $0; exec cat /proc/self/cmdline'"],
     "sh\ncat\0/proc/self/cmdline\0\n", 0),
    ("/bin/bash-static", ["-c", "echo a > /tmp/x; exec 3< /tmp/x 0<&3; exec -c cat"], "a\n", 0),
    ("/usr/bin/env", ["-i", "C=d", "/usr/bin/nice", "-n", "5", "/usr/bin/env", "env"], "C=d\n", 0),
    (PYTHON, ["-c", PYTHON_EXEC], "cat\n" + ASKED, 0)])
def test_exec(image, python, tmp_path, program, args, expected, status):  # noqa: F811
    """Programs that put others in their place."""
    files = {}
    for name in ("/bin/busybox", program, "/usr/bin/nice"):
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed: scripts/setup check")
        files.update(cpio.from_machine(name, *libraries(name)))
    files.update({f"bin/{name}": "busybox" for name in LINKS})
    files["asked"] = ASKED.encode()
    archive = tmp_path / "archive.cpio"
    data = cpio.archive(with_folders(files), align=True)
    archive.write_bytes(data if program != PYTHON else data + python.read_bytes())
    got, said = boot(image, f"--initrd={archive}", "--memory=512M",
                     append=f"pagurus.program={program} PWD=/ PATH=/bin", args=args)
    assert got == status, said
    assert output(said) == expected


def larger(binary, size):
    """The ELF file with size bytes more of zeros behind its last segment."""
    data, (table,) = bytearray(binary), struct.unpack_from("<Q", binary, 32)
    headers = [table + i * 56 for i in range(struct.unpack_from("<H", binary, 56)[0])]
    last = max((at for at in headers if struct.unpack_from("<I", data, at)[0] == 1),
               key=lambda at: struct.unpack_from("<Q", data, at + 16)[0])
    struct.pack_into("<Q", data, last + 40, struct.unpack_from("<Q", data, last + 40)[0] + size)
    return bytes(data)


def test_exec_without_memory(image, tmp_path):  # noqa: F811
    """Seen when the old program is gone already: it ends, with a reason."""
    with open("/bin/busybox", "rb") as file:
        binary = file.read()
    archive = tmp_path / "archive.cpio"
    archive.write_bytes(cpio.archive({"busybox": binary, "sh": "busybox",
                                      "large": larger(binary, 1 << 36)}))
    got, said = boot(image, f"--initrd={archive}", "--memory=64M", "--timeout=60",
                     append="pagurus.program=/sh", args=["-c", "exec /large true"])
    assert got == 128 + signal.SIGKILL, said
    assert re.search(r"execve /large: .*memory", said), said


@pytest.mark.parametrize("seed", range(8))
def test_hostile_system_calls(image, work, seed):  # noqa: F811
    """Whatever a program calls, the kernel stays up, or ends the program with a reason."""
    program = work / "linux/test-hostile"
    make("-f", "scripts/linux-apps.mk", f"O={work}", program)
    status, said = boot(image, f"--initrd={program}", args=[str(seed), "20000"])
    assert "PANIC" not in said, said
    assert status == 0 or "killed by signal" in said, said
