#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares allocators with bench-malloc (main.c): on this machine in cycles, and inside Pagurus in
instructions. Prints the tables of docs/malloc.md. What is not installed is left out, and said so."""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[2]
LIBRARIES = "/usr/lib/x86_64-linux-gnu"
PRELOADED = {"jemalloc": "libjemalloc.so.2", "tcmalloc": "libtcmalloc_minimal.so.4",
             "mimalloc": "libmimalloc.so.2"}
ROUNDS = 7
FLAGS = ["-std=gnu11", "-O2", "-g", "-Wall"]
KERNEL = ["-I.", "-DPAGURUS_HOST=1", "-DCONFIG_NR_CPUS=1", "-DCONFIG_LOG_MAX=0", "-DCONFIG_RECLAIM=1",
          "-DCONFIG_MALLOC_PAGURUS=1", "-DCONFIG_KERNEL_STACK_KIB=16", "-fno-strict-aliasing",
          "-Wa,--noexecstack"]
RENAMED = ["-include", "tests/unit/k_malloc.h", "-Dk_abort=abort"]
SOURCES = ["tests/bench/malloc/host.c", "core/malloc/malloc.c", "core/malloc/run.c",
           "core/malloc/slab.c", "core/malloc/small.c", "arch/x86/percpu_list.S"]


def call(command, **options):
    done = subprocess.run([str(word) for word in command], cwd=TREE, text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        sys.exit("%s failed:\n%s" % (" ".join(map(str, command)), done.stdout[-3000:]))
    return done.stdout


def figures(text):
    return {name.strip(): float(value)
            for name, value in re.findall(r"^(\w.{43}) +([\d.]+)\s*$", text, re.M)}


def host_programs(out):
    """Name -> (program, environment)."""
    out.mkdir(parents=True, exist_ok=True)
    main = HERE / "main.c"
    objects = [out / (pathlib.Path(source).name + ".o") for source in SOURCES]
    for source, built in zip(SOURCES, objects):
        renamed = RENAMED + ["-fno-builtin"] if source.endswith("/malloc.c") else []
        call(["gcc", *FLAGS, *KERNEL, *renamed, "-c", "-o", built, source])
    call(["gcc", *FLAGS, *RENAMED, "-no-pie", "-o", out / "ours", main, *objects])
    call(["gcc", *FLAGS, "-o", out / "glibc", main])
    call(["musl-gcc", *FLAGS, "-static", "-o", out / "musl", main])
    programs = {"Pagurus": (out / "ours", {}), "glibc": (out / "glibc", {}),
                "musl": (out / "musl", {})}
    for name, library in PRELOADED.items():
        if os.path.exists(LIBRARIES + "/" + library):
            programs[name] = (out / "glibc", {"LD_PRELOAD": LIBRARIES + "/" + library})
        else:
            print("(%s is not installed: left out)\n" % library)
    return programs


def on_host(out):
    columns = {}
    for name, (program, env) in host_programs(out).items():
        runs = [figures(call([program], env={**os.environ, **env})) for _ in range(ROUNDS)]
        columns[name] = {what: statistics.median(run[what] for run in runs) for what in runs[0]}
    return columns


def image(out, name, app, change):
    folder = out / name
    call(["make", "O=%s" % folder, "kvm_defconfig"])
    if change:
        with open(folder / ".config", "a", encoding="utf-8") as config:
            config.write(change + "\n")
        call(["make", "O=%s" % folder, "olddefconfig"])
    call(["make", "O=%s" % folder, "APP=%s" % app])
    return figures(call(["scripts/run", "--out", folder, "--memory", "512M", "--qemu",
                         "-icount shift=0 -mem-prealloc"]))


def jemalloc_program(out):
    """jemalloc links with musl but for its profiler, which asks who called."""
    folder = out / "program-jemalloc"
    folder.mkdir(exist_ok=True)
    (folder / "program.mk").write_text(
        "name := bench-jemalloc\nsources := main.c unwind.c\nlibs := %s/libjemalloc.a\n"
        "cflags := -I%s\n" % (LIBRARIES, HERE), encoding="utf-8")
    (folder / "main.c").write_text('#include "%s/main.c"\n' % HERE, encoding="utf-8")
    (folder / "unwind.c").write_text(
        "int _Unwind_Backtrace(void *trace, void *arg) { (void)trace; (void)arg; return 0; }\n"
        "unsigned long _Unwind_GetIP(void *context) { (void)context; return 0; }\n",
        encoding="utf-8")
    return folder


def in_guest(out):
    columns = {"Pagurus": image(out, "pagurus", HERE, ""),
               "musl": image(out, "musl-guest", HERE, "CONFIG_MALLOC_MUSL=y")}
    if os.path.exists(LIBRARIES + "/libjemalloc.a"):
        columns["jemalloc"] = image(out, "jemalloc", jemalloc_program(out), "")
    return columns


def table(title, columns):
    print("| %s | %s |\n|---%s|" % (title, " | ".join(columns), "|---:" * len(columns)))
    for what in columns["Pagurus"]:
        cells = ["{:,.0f}".format(column[what]) for column in columns.values()]
        print("| %s | %s |" % (what, " | ".join(cells)))
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="build/bench/malloc", help="folder for everything")
    parser.add_argument("--host-only", action="store_true", help="no guests")
    args = parser.parse_args()
    out = pathlib.Path(args.out).resolve()
    table("cycles on this machine", on_host(out))
    if not args.host_only:
        table("instructions in Pagurus", in_guest(out))


if __name__ == "__main__":
    main()
