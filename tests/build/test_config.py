# SPDX-License-Identifier: BSD-2-Clause
"""The configuration targets, menuconfig in a pseudo-terminal included."""
import os
import re
import sys

import pexpect
import pytest

from conftest import TREE, make

DEFCONFIGS = sorted(path.name for path in (TREE / "defconfigs").iterdir())


def config(out):
    return (out / ".config").read_text()


def test_without_configuration_the_default_one_is_taken(out):
    said = make(f"O={out}", "lib/string.o")
    assert "kvm_defconfig" in said
    first = config(out)
    make(f"O={out}", "kvm_defconfig")
    assert config(out) == first


@pytest.mark.parametrize("name", DEFCONFIGS)
def test_defconfigs_are_minimal_and_valid(out, name):
    said = make(f"O={out}", name)
    assert "warning" not in said
    make(f"O={out}", "savedefconfig")
    wanted = (TREE / "defconfigs" / name).read_text().splitlines()
    assert (out / "defconfig").read_text().split("\n")[:-1] == wanted


def test_every_option_has_help():
    sys.path.insert(0, "/usr/lib/python3/dist-packages")
    import kconfiglib
    os.chdir(TREE)
    kconf = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
    assert kconf.warnings == []
    items = kconf.unique_defined_syms + kconf.unique_choices
    silent = [item.name or item.nodes[0].prompt[0] for item in items
              if any(node.prompt for node in item.nodes) and not any(n.help for n in item.nodes)]
    assert silent == []


def test_every_option_is_used():
    """An option that nothing reads is a promise that nothing keeps."""
    defined, used = set(), set()
    for folder, names, files in os.walk(TREE):
        names[:] = [n for n in names if n not in (".git", "build", "tests", "docs", "defconfigs")]
        for name in files:
            with open(os.path.join(folder, name), errors="replace") as f:
                text = f.read()
            if name == "Kconfig":
                defined |= set(re.findall(r"^config (\w+)$", text, re.M))
                # Those that only choose defaults of others are used by being named.
                used |= set(re.findall(r"\b([A-Z][A-Z0-9_]+)\b",
                                       "\n".join(re.findall(r"\b(?:if|depends on) .*$", text, re.M))))
            else:
                used |= set(re.findall(r"\bCONFIG_([A-Z0-9_]+)", text))
                used |= set(re.findall(r'config\.get\("(\w+)"', text))
    used |= {"APP_" + p.parent.name.upper() for p in (TREE / "apps").glob("*/program.mk")}
    # The other halves of choices between two.
    used |= {"PROGRAM_MODULE", "MALLOC_MUSL"}
    assert defined - used == set()


def test_random_configurations_depend_on_the_seed_alone(out):
    texts = []
    for seed in ("1", "1", "2"):
        make(f"O={out}", "randconfig", env={"KCONFIG_SEED": seed})
        texts.append(config(out))
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]
    make(f"O={out}", "olddefconfig")
    assert config(out) == texts[2], "a random configuration must be a valid one"


def test_allno_and_allyes_are_valid_and_differ(out):
    sizes = []
    for name in ("allnoconfig", "allyesconfig"):
        make(f"O={out}", name)
        text = config(out)
        sizes.append(len(re.findall(r"=y$", text, re.M)))
        make(f"O={out}", "olddefconfig")
        assert config(out) == text
    assert sizes[0] < sizes[1]


def test_listnewconfig_and_oldconfig_ask_for_what_is_missing(out):
    make(f"O={out}", "kvm_defconfig")
    full = config(out)
    (out / ".config").write_text(re.sub(r"CONFIG_LOG_LEVEL=.*\n", "", full))
    said = make(f"O={out}", "listnewconfig")
    assert "CONFIG_LOG_LEVEL=4" in said
    assert "CONFIG_LOG_MAX" not in said

    child = pexpect.spawn("make", ["--no-print-directory", f"O={out}", "oldconfig"],
                          cwd=str(TREE), timeout=30, encoding="utf-8")
    child.expect(r"\(LOG_LEVEL, ")
    child.sendline("5")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert config(out) == full.replace("CONFIG_LOG_LEVEL=4", "CONFIG_LOG_LEVEL=5")


def test_menuconfig_changes_the_target(out):
    make(f"O={out}", "kvm_defconfig")
    child = pexpect.spawn("make", ["--no-print-directory", f"O={out}", "menuconfig"],
                          cwd=str(TREE), timeout=30, encoding="utf-8", dimensions=(40, 120),
                          env={**os.environ, "TERM": "xterm"})
    child.expect("Pagurus configuration")
    child.expect("Target")
    child.send("\r")  # into the choice, which comes first
    child.expect("Xen HVM")
    child.send("k" * 5)  # to its first line
    child.send(" ")  # takes PVH
    child.send("q")
    child.expect("Save configuration")
    child.send("y")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "CONFIG_TARGET_PVH=y" in config(out)
    assert "CONFIG_XEN=y" in config(out)


def test_configuring_and_building_in_one_command(out):
    make(f"O={out}", "tiny_defconfig", "lib/string.o")
    assert (out / "lib/string.o").exists()
    assert "CONFIG_OPTIMIZE_SIZE=y" in config(out)


def test_help_names_targets_and_defconfigs():
    said = make("help")
    for word in ["make menuconfig", "make run", "O=", "V=1", *DEFCONFIGS]:
        assert word in said
