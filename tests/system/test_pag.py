# SPDX-License-Identifier: BSD-2-Clause
"""scripts/pag: programs of this machine, packed, booted, and ended as they end."""
import os
import shlex
import subprocess
import xml.etree.ElementTree

import pexpect
import pytest

from conftest import TREE

BUSYBOX = "/bin/busybox"
STATUS_PAG = 125


@pytest.fixture(scope="module")
def pag(work):
    """Runs scripts/pag with images in a cache of the tests' own."""
    def call(*words, stdin=b"", cwd=TREE):
        env = {**os.environ, "XDG_CACHE_HOME": str(work / "pag cache"), "FROM_HERE": "taken along"}
        return subprocess.run([TREE / "scripts/pag", *map(str, words)], input=stdin, cwd=cwd,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300,
                              env=env, check=False)
    call.cache = work / "pag cache"
    return call


@pytest.mark.parametrize("target", ["kvm", "microvm"])
@pytest.mark.parametrize("status", [0, 3, 200])
def test_exit_status(pag, target, status):
    done = pag("run", "-t", target, "--", BUSYBOX, "sh", "-c", f"exit {status}")
    assert (done.returncode, done.stdout) == (status, b""), done.stderr


def test_signal(pag):
    done = pag("run", "--", BUSYBOX, "sh", "-c", "kill -TERM $$")
    assert done.returncode == 128 + 15, done.stderr


@pytest.mark.parametrize("text", ["hi", "hi\\n", "\\n\\n", "pagurus: exit status 9\\n", "a\\r\\nb\\r"])
def test_output_is_what_was_written(pag, text):
    done = pag("run", "--", BUSYBOX, "printf", text)
    assert done.stdout.decode() == text.replace("\\n", "\n").replace("\\r", "\r")


def test_input_is_a_pipe(pag):
    """Every byte, control characters and the console's escape among them, and an end."""
    data = bytes(range(256)) * 8 + b"\x10\x04\x10\x10" + b"no newline"
    assert pag("run", "--", BUSYBOX, "cat", stdin=data).stdout == data
    assert pag("run", "--", BUSYBOX, "wc", "-c").stdout == b"0\n"
    assert pag("run", "--", BUSYBOX, "sh", "-c", "[ -t 0 ] || [ -t 1 ]").returncode == 1


def test_terminal(pag):
    """With a terminal the guest has one, and the last line is not shown."""
    child = pexpect.spawn(str(TREE / "scripts/pag"), ["run", "--", BUSYBOX, "sh"], timeout=120,
                          env={**os.environ, "XDG_CACHE_HOME": str(pag.cache)}, encoding="utf-8")
    child.expect("# ")
    child.sendline("[ -t 0 ] && [ -t 1 ] && echo is''-one; exit 4")
    child.expect("is-one")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4
    assert "exit status" not in child.before


def test_environment(pag):
    done = pag("run", "-e", "A=two words", "-e", 'B="\\', "-e", "FROM_HERE", "--", BUSYBOX, "sh", "-c",
               'echo "$A,$B,$FROM_HERE,$HOME,$1"', "sh", "--", "-e")
    assert done.stdout.decode() == 'two words,"\\,taken along,/root,--\n', done.stderr
    done = pag("run", "-e", "NOT_SET_HERE", "--", BUSYBOX, "true")
    assert done.returncode == STATUS_PAG and b"NOT_SET_HERE" in done.stderr


def test_volume_and_file(pag, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/one").write_text("first\n")
    (tmp_path / "link").symlink_to("sub/one")
    done = pag("run", "-v", f"{tmp_path}:/data", "-v", f"{tmp_path}/link:/etc/one", "--file",
               tmp_path / "sub", "--", BUSYBOX, "cat", "/data/link", "/etc/one", tmp_path / "sub/one")
    assert done.stdout == b"first\n" * 3, done.stderr
    done = pag("run", "-v", f"{tmp_path}/gone:/data", "--", BUSYBOX, "true")
    assert done.returncode == STATUS_PAG and b"gone: no such file" in done.stderr
    done = pag("run", "-v", f"{tmp_path}:/proc/x", "--", BUSYBOX, "true")
    assert done.returncode == STATUS_PAG and b"choose another place" in done.stderr


def test_dynamic_program(pag):
    done = pag("run", "--", "/usr/bin/python3", "-c",
               "import json, sys; print(json.dumps(sys.argv[1:])); sys.exit(9)", "a b", "--")
    assert (done.returncode, done.stdout) == (9, b'["a b", "--"]\n'), done.stderr


def test_missing_library(pag, tmp_path):
    """It is named, with what to do, and that helps."""
    (tmp_path / "gone.c").write_text("int gone(void) { return 6; }\n")
    (tmp_path / "main.c").write_text("int gone(void); int main(void) { return gone(); }\n")
    subprocess.run("gcc -shared -fPIC -o libgone.so gone.c && gcc -o main main.c -L. -lgone && "
                   "mkdir elsewhere && mv libgone.so elsewhere", shell=True, cwd=tmp_path, check=True)
    done = pag("run", "--", tmp_path / "main")
    assert done.returncode == STATUS_PAG
    assert b"libgone.so" in done.stderr and b"-L FOLDER" in done.stderr
    assert pag("run", "-L", tmp_path / "elsewhere", "--", tmp_path / "main").returncode == 6


@pytest.mark.parametrize("first", ["#!/bin/busybox sh", "#!/usr/bin/env -S dash -u", "#! /bin/dash"])
def test_script(pag, tmp_path, first):
    script = tmp_path / "script"
    script.write_text(first + '\necho "$0 $# $1"\nexit 7\n')
    script.chmod(0o755)
    done = pag("run", "--", script, "one two")
    assert (done.returncode, done.stdout.decode()) == (7, f"{script} 1 one two\n"), done.stderr


def test_script_without_its_interpreter(pag, tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/usr/bin/nobody-has-this\n")
    script.chmod(0o755)
    done = pag("run", "--", script)
    assert done.returncode == STATUS_PAG and b"nobody-has-this" in done.stderr


@pytest.mark.parametrize("words, said", [
    (["run"], b"name the program"), (["run", "-p", "8080:80", "--", BUSYBOX], b"no network yet"),
    (["run", "-m", "1M", "--", BUSYBOX], b"give it more"),
    (["run", "--config", "NO_SUCH_OPTION=y", "--", BUSYBOX], b"NO_SUCH_OPTION"),
    (["run", "--", "/etc/passwd"], b"not executable"), (["run", "--", "/etc"], b"folder"),
    (["run", "--", BUSYBOX, "x" * 5000], b"command line")])
def test_refusals(pag, words, said):
    done = pag(*words)
    assert done.returncode == STATUS_PAG and said in done.stderr


def test_image_is_built_once(pag):
    pag("run", "--", BUSYBOX, "true")
    before = {path: path.stat().st_mtime_ns for path in pag.cache.rglob("pagurus.elf")}
    assert before and pag("run", "--", BUSYBOX, "true").returncode == 0
    assert before == {path: path.stat().st_mtime_ns for path in pag.cache.rglob("pagurus.elf")}


def test_lab_command(pag):
    """For Xen the lab is asked; tests/xen starts it."""
    done = pag("run", "-t", "pvh", "-m", "96M", "-c", "2", "--print", "--", BUSYBOX, "echo", "a b")
    words = shlex.split(done.stdout.decode())
    assert words[0].endswith("scripts/xenlab") and words[-3:] == ["--", "echo", "a b"]
    assert words[words.index("--memory") + 1] == "96" and words[words.index("--vcpus") + 1] == "2"
    assert "pagurus.program=/bin/busybox" in words[words.index("--append") + 1]


@pytest.mark.parametrize("target", ["kvm", "pvh", "hvm"])
def test_pack(pag, tmp_path, target):
    """What it writes boots by itself, from another place too, and the configurations name it."""
    folder = tmp_path / "a folder"
    words = ["sh", "-c", 'echo "<$A>"; exit 4']
    done = pag("pack", "-t", target, "-e", "A=x & <y> \"z\"", "--name", "box", "-o", folder, "--", BUSYBOX,
               *words)
    assert done.returncode == 0, done.stderr
    domain = xml.etree.ElementTree.parse(folder / "box.xml").getroot()
    assert domain.findtext("name") == "box"
    if target == "hvm":
        assert domain.find("devices/disk/source").get("file") == str(folder / "pagurus.iso")
    else:
        assert domain.findtext("os/kernel") == str(folder / "pagurus.elf")
        assert domain.findtext("os/cmdline").endswith('"echo \\"<$A>\\"; exit 4"')
    assert (folder / "box.cfg").exists() == (target != "kvm")
    if target != "kvm":
        assert str(folder) in (folder / "box.cfg").read_text()
    moved = folder.rename(tmp_path / "moved")
    done = subprocess.run([moved / "run-qemu"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          timeout=120, check=False)
    assert done.returncode == 4 << 1 | 1
    assert b'<x & <y> "z">' in done.stdout
