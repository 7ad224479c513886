#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Everything that the Makefile does with the configuration, above Debian's kconfiglib.

usage: kconfig.py OUT COMMAND [FILE]

OUT is the output folder, where .config lives. "sync" writes what the compiler and make read
(include/generated/autoconf.h, include/config/); the other commands are the make targets of the
same name, with "defconfig FILE" for NAME_defconfig.
"""
import importlib
import os
import random
import sys

try:
    import kconfiglib
except ImportError:
    sys.exit("kconfig.py: /usr/bin/python3 has no kconfiglib: run scripts/setup build")

from kconfiglib import BOOL, INT

HEADER = "Generated from .config by scripts/kconfig.py. Do not edit.\n"


def load(out):
    os.environ["KCONFIG_CONFIG"] = os.path.join(out, ".config")
    os.environ["KCONFIG_CONFIG_HEADER"] = "# " + HEADER.replace(" from .config", "")
    os.environ["KCONFIG_AUTOHEADER_HEADER"] = "/* " + HEADER.strip() + " */\n"
    os.makedirs(out, exist_ok=True)
    kconf = kconfiglib.Kconfig("Kconfig", suppress_traceback=True)
    kconf.warn_assign_override = False
    kconf.warn_assign_redun = False
    return kconf


def save(kconf):
    print(kconf.write_config())


def write_if_changed(path, text):
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def make_value(sym):
    value = sym.str_value
    return value.replace("$", "$$").replace("#", "\\#")


def sync(kconf, out):
    """Brings the generated files up to date; only options that changed have their file touched."""
    kconf.load_config()
    kconf.write_config(save_old=False)  # options that have come or gone since
    config = os.path.join(out, "include", "config")
    generated = os.path.join(out, "include", "generated")
    os.makedirs(config, exist_ok=True)
    os.makedirs(generated, exist_ok=True)
    kconf.sync_deps(config)
    kconf.write_autoconf(os.path.join(generated, "autoconf.h"))

    lines = ["# " + HEADER]
    for sym in kconf.unique_defined_syms:
        if sym.config_string and not (sym.orig_type == BOOL and sym.str_value == "n"):
            lines.append("CONFIG_%s := %s\n" % (sym.name, make_value(sym)))
    lines.append("kconfig-files := %s\n" % " ".join(kconf.kconfig_filenames))
    # Always written: it is what make compares .config and the Kconfig files with.
    with open(os.path.join(config, "auto.mk"), "w", encoding="utf-8") as f:
        f.write("".join(lines))


def randconfig(kconf):
    """A valid configuration that depends on KCONFIG_SEED alone."""
    seed = os.environ.get("KCONFIG_SEED") or str(random.SystemRandom().randrange(1 << 32))
    print("KCONFIG_SEED=" + seed)
    rng = random.Random(seed)
    # Some options only become visible through others: three rounds settle the deepest of them.
    for _ in range(3):
        for choice in kconf.unique_choices:
            visible = [sym for sym in choice.syms if sym.visibility]
            if visible:
                rng.choice(visible).set_value(2)
        for sym in kconf.unique_defined_syms:
            if sym.choice or not sym.visibility:
                continue
            if sym.orig_type == BOOL:
                sym.set_value(rng.choice((0, 2)))
            elif sym.orig_type == INT and rng.random() < 0.3:
                bounds = [(low.str_value, high.str_value)
                          for low, high, cond in sym.ranges if kconfiglib.expr_value(cond)]
                if bounds:
                    sym.set_value(rng.choice(bounds[0]))
    save(kconf)


def run_module(name):
    """Debian installs kconfiglib's tools as modules; they read KCONFIG_CONFIG."""
    sys.argv = [name, "Kconfig"]
    module = importlib.import_module(name)
    (module.main if name == "listnewconfig" else module._main)()


def refuse_missing(path):
    folder = os.path.dirname(path)
    if not os.path.exists(path):
        sys.exit("%s does not exist; there are: %s" % (path, " ".join(sorted(
            name for name in os.listdir(folder) if name.endswith("_defconfig")))))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    out, command = sys.argv[1:3]
    config = os.path.join(out, ".config")
    kconf = load(out)

    if command == "sync":
        sync(kconf, out)
    elif command == "defconfig":
        refuse_missing(sys.argv[3])
        kconf.load_config(sys.argv[3])
        save(kconf)
    elif command in ("allnoconfig", "allyesconfig"):
        kconf.warn = False
        for sym in kconf.unique_defined_syms:
            if not sym.choice and sym.orig_type == BOOL:
                sym.set_value(2 if command == "allyesconfig" else 0)
        save(kconf)
    elif command == "randconfig":
        randconfig(kconf)
    elif command == "savedefconfig":
        kconf.load_config(config)
        print(kconf.write_min_config(sys.argv[3], header=""))
    elif command == "olddefconfig":
        if os.path.exists(config):
            kconf.load_config(config)
        save(kconf)
    elif command == "menuconfig":
        if not os.environ.get("TERM"):
            sys.exit("menuconfig: TERM is not set: it needs a terminal")
        run_module("menuconfig")
    elif command in ("oldconfig", "listnewconfig"):
        run_module(command)
    else:
        sys.exit("kconfig.py: unknown command " + command)


if __name__ == "__main__":
    try:
        main()
    except EOFError:
        sys.exit("\nkconfig.py: the input ended before every question was answered "
                 "(make olddefconfig takes the defaults)")
    except KeyboardInterrupt:
        sys.exit(130)
