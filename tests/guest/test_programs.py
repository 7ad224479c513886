# SPDX-License-Identifier: BSD-2-Clause
"""Debian's programs as they are, in a guest."""
import os
import pathlib
import shutil

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


@pytest.mark.parametrize("seed", range(8))
def test_hostile_system_calls(image, work, seed):  # noqa: F811
    """Whatever a program calls, the kernel stays up, or ends the program with a reason."""
    program = work / "linux/test-hostile"
    make("-f", "scripts/linux-apps.mk", f"O={work}", program)
    status, said = boot(image, f"--initrd={program}", args=[str(seed), "20000"])
    assert "PANIC" not in said, said
    assert status == 0 or "killed by signal" in said, said
