# SPDX-License-Identifier: BSD-2-Clause
"""The build: what is rebuilt when, what it makes, and that it always makes the same."""
import hashlib
import json
import os
import re
import shutil

import pytest

from conftest import TREE, make, run

IMAGE_LIMITS = {"tiny_defconfig": 64 << 10, "kvm_defconfig": 200 << 10}
DEFCONFIGS = sorted(path.name for path in (TREE / "defconfigs").iterdir())


def copy_tree(to):
    names = run(["git", "ls-files", "-co", "--exclude-standard"]).stdout.splitlines()
    for name in names:
        if (TREE / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TREE / name, to / name)
    return to


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """A copy of the sources that nobody changes."""
    return copy_tree(tmp_path_factory.mktemp("still") / "tree")


@pytest.fixture(scope="module")
def built(still):
    """One build of the default configuration, for tests that leave it as it is."""
    make("kvm_defconfig", "all", cwd=still)
    return still / "build"


@pytest.fixture
def tree(still, tmp_path):
    """A copy of the sources, to change."""
    copy = tmp_path / "tree"
    shutil.copytree(still, copy, ignore=shutil.ignore_patterns("build"))
    yield copy
    shutil.rmtree(copy, ignore_errors=True)


def compiled(said):
    return set(re.findall(r"^  (?:CC|AS)\s+(\S+)", said, re.M))


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", DEFCONFIGS)
def test_defconfigs_build(out, name):
    make(f"O={out}", name, "all")
    size = (out / "pagurus.elf").stat().st_size
    assert size <= IMAGE_LIMITS.get(name, 1 << 20)
    assert (out / "pagurus.sym").stat().st_size and (out / "pagurus.map").stat().st_size
    assert (out / "pagurus.iso").exists() == (name == "hvm_defconfig")
    assert [path.name for path in out.glob("*.cfg")] == {
        "pvh_defconfig": ["pagurus-pvh.cfg"], "hvm_defconfig": ["pagurus-hvm.cfg"]}.get(name, [])
    said = run(["scripts/check-elf", "--config", out / "include/config/auto.mk",
                out / "pagurus.elf"])
    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize("name", ["allnoconfig", "allyesconfig"])
def test_extreme_configurations_build(out, name):
    make(f"O={out}", name, "all")


@pytest.mark.parametrize("seed", ["1", "2", "3", "4", "5", "6"])
def test_random_configurations_build(out, seed):
    make(f"O={out}", "randconfig", env={"KCONFIG_SEED": seed})
    make(f"O={out}", "all")


def test_clang_builds(out):
    make(f"O={out}", "CC=clang", "kvm_defconfig", "all")
    assert "clang" in run(["readelf", "-p", ".comment", out / "kernel.o"]).stdout


def test_nothing_changed_nothing_rebuilt(still, built):
    before = (built / "pagurus.elf").stat().st_mtime_ns
    said = make(cwd=still)
    assert said == "make: Nothing to be done for 'all'.\n"
    assert (built / "pagurus.elf").stat().st_mtime_ns == before


def test_same_bytes_in_another_place(built, tree, out):
    """Neither the sources' place nor the output's may be seen in what is made."""
    make("kvm_defconfig", "all", cwd=tree)
    make(f"O={out}", "kvm_defconfig", "all", cwd=tree)
    for name in ("pagurus.elf", "pagurus.debug", "pagurus.sym", "pagurus.map"):
        assert digest(tree / "build" / name) == digest(built / name), name
        assert digest(out / name) == digest(built / name), "O= " + name


def test_same_iso_and_xl_configuration_twice(still, tmp_path):
    digests = set()
    for name in ("a", "b"):
        folder = tmp_path / name
        make(f"O={folder}", "hvm_defconfig", "all", cwd=still)
        digests.add((digest(folder / "pagurus.iso"), digest(folder / "pagurus-hvm.cfg")))
    assert len(digests) == 1


def test_xl_configuration_is_mended(out):
    """Whoever deleted or lost it gets it again; an old one is replaced."""
    make(f"O={out}", "pvh_defconfig", "all")
    made = out / "pagurus-pvh.cfg"
    text = made.read_text()
    values = dict(line.split(" = ", 1) for line in text.splitlines() if line[:1].isalpha())
    assert values["type"] == '"pvh"' and values["kernel"].strip('"').endswith("/pagurus.elf")
    assert {"memory", "vcpus", "on_poweroff", "on_reboot", "on_crash"} <= values.keys()
    assert "#cmdline" in text
    made.unlink()
    assert "XL" in make(f"O={out}")
    assert made.read_text() == text


def test_an_option_rebuilds_only_its_users(tree):
    make("kvm_defconfig", "all", cwd=tree)
    config = tree / "build/.config"
    text = config.read_text()
    assert "CONFIG_TIMESLICE_MS=10" in text
    config.write_text(text.replace("CONFIG_TIMESLICE_MS=10", "CONFIG_TIMESLICE_MS=20"))
    users = {str(path.relative_to(tree)) for path in tree.glob("*/*.[ch]")
             if "CONFIG_TIMESLICE_MS" in path.read_text()}
    assert users and not any(name.endswith(".h") for name in users), \
        "this test wants an option that only .c files use"
    assert compiled(make(cwd=tree)) == users
    assert compiled(make(cwd=tree)) == set()


def test_an_option_that_only_configures_rebuilds_nothing(tree):
    make("kvm_defconfig", "all", cwd=tree)
    config = tree / "build/.config"
    config.write_text(config.read_text().replace('RUN_MACHINE="pc"', 'RUN_MACHINE="q35"'))
    assert make(cwd=tree) == "make: Nothing to be done for 'all'.\n"


def test_an_unused_header_change_rebuilds_only_its_users(tree):
    make("kvm_defconfig", "all", cwd=tree)
    header = tree / "core/params.h"
    os.utime(header)
    said = compiled(make(cwd=tree))
    assert "core/params.c" in said
    assert "lib/string.c" not in said


def test_flags_that_change_rebuild(tree):
    make("tiny_defconfig", "lib/string.o", cwd=tree)
    said = make("CC=clang", "lib/string.o", cwd=tree)
    assert "lib/string.c" in said
    assert "lib/string.c" not in make("CC=clang", "lib/string.o", cwd=tree)


def test_a_deleted_header_does_not_stop_make(tree):
    (tree / "lib/gone.h").write_text("")
    source = tree / "lib/string.c"
    text = source.read_text()
    source.write_text('#include "lib/gone.h"\n' + text)
    make("kvm_defconfig", "lib/string.o", cwd=tree)
    source.write_text(text)
    (tree / "lib/gone.h").unlink()
    make("lib/string.o", cwd=tree)


def test_v1_shows_commands(out):
    make(f"O={out}", "kvm_defconfig")
    assert "-mcmodel=kernel" in make(f"O={out}", "V=1", "lib/string.o")


def test_cold_objects_are_made_small(tree):
    said = make("kvm_defconfig", "V=1", "core/panic.o", "core/io.o", cwd=tree)
    flags = {name: re.findall(r" (-O\w)(?= )", line) for line, name in
             re.findall(r"^(gcc .* (core/\w+)\.c .*)$", said, re.M)}
    assert flags == {"core/panic": ["-O2", "-Os"], "core/io": ["-O2"]}, said
    kbuild = tree / "core/Kbuild"
    kbuild.write_text(kbuild.read_text().replace(" panic.o program.o", " program.o"))
    assert "core/panic.c" in compiled(make("core/panic.o", cwd=tree))


def test_compile_commands_name_every_source(out):
    make(f"O={out}", "kvm_defconfig", "compile_commands.json", f"COMMANDS={out}/commands.json")
    commands = json.loads((out / "commands.json").read_text())
    files = {entry["file"] for entry in commands}
    assert {"core/main.c", "apps/hello/main.c", "lib/fmt.c"} <= files
    assert all((TREE / name).exists() for name in files)


def test_size_counts_every_room(still, built):
    said = make("size", cwd=still)
    for name in ("lib", "arch/x86", "mm", "sched", "core", "boot", "kvm", "program hello", "libc.a"):
        assert re.search(r"^%s +\d+" % re.escape(name), said, re.M), name


def write_program(folder, name, main, **more):
    folder.mkdir()
    (folder / "program.mk").write_text("name := %s\nsources := main.c\n" % name +
                                       "".join("%s := %s\n" % item for item in more.items()))
    (folder / "main.c").write_text(main)
    return folder


def test_program_from_outside(out, tmp_path):
    app = write_program(tmp_path / "app", "outside", """
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static __thread int mine;
static int common;
__attribute__((constructor)) static void before(void) { common = VALUE; }
static void *run(void *arg) { mine = 1; return arg; }
int main(int argc, char **argv)
{
	pthread_t thread;
	void *back = NULL;

	pthread_create(&thread, NULL, run, malloc(10));
	pthread_join(thread, &back);
	free(back);
	return printf("%d %s %d\\n", argc, argv[0], common) < 0;
}
""", cflags="-DVALUE=3")
    make(f"O={out}", "kvm_defconfig")
    make(f"O={out}", f"APP={app}")
    symbols = (out / "pagurus.sym").read_text()
    assert " T main_outside\n" in symbols and " T main_hello\n" in symbols
    assert 'native_default[] = "outside"' in (out / "programs.c").read_text()


def test_program_without_main_is_refused(out, tmp_path):
    app = write_program(tmp_path / "app", "headless", "int other(void) { return 0; }\n")
    make(f"O={out}", "kvm_defconfig")
    assert "no function main" in make(f"O={out}", f"APP={app}", fails=True)


def test_missing_program_folder_is_refused(out):
    make(f"O={out}", "kvm_defconfig")
    assert "there is no /nowhere/program.mk" in make(f"O={out}", "APP=/nowhere", fails=True)


def test_program_that_is_not_linked_is_refused_until_configured(out):
    make(f"O={out}", "kvm_defconfig")
    config = out / ".config"
    text = config.read_text()
    config.write_text(text.replace('CONFIG_PROGRAM="hello basic"', 'CONFIG_PROGRAM="hallo"'))
    assert "names hallo" in make(f"O={out}", fails=True)
    config.write_text(text)
    make(f"O={out}")


def test_programs_hold_no_halt(built):
    """musl's a_crash() is a halt, which would just go on in ring 0."""
    symbols = dict(reversed(line.split()[::2]) for line in
                   (built / "pagurus.sym").read_text().splitlines())
    said = run(["objdump", "-d", built / "pagurus.debug",
                "--start-address=0x" + symbols["__program_text_start"],
                "--stop-address=0x" + symbols["__program_text_end"]]).stdout
    assert len(said) > 10000
    assert not re.search(r"\thlt\b", said)
    assert re.search(r"\tint3\b", said)


def test_one_job_and_many_give_the_same(still, built, out):
    make(f"O={out}", "kvm_defconfig", cwd=still)
    done = run(["make", "-j8", f"O={out}"], cwd=still)
    assert done.returncode == 0, done.stdout
    assert digest(out / "pagurus.elf") == digest(built / "pagurus.elf")


def test_clean_leaves_the_configuration_and_other_folders(out):
    make(f"O={out}", "kvm_defconfig", "lib/string.o")
    make(f"O={out}", "clean")
    assert [path.name for path in out.iterdir()] == [".config"]
    make(f"O={out}", "distclean")
    assert list(out.iterdir()) == []
    (out / "precious").write_text("not made by make")
    make(f"O={out}", "clean")
    assert (out / "precious").exists()
    assert "a folder of its own" in make("O=.", "clean", fails=True)
