#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The least memory (MiB, QEMU's -m) with which programs of Debian's still do their work, and how large
their archives are, which lie in the same memory. With a format, the archive comes compressed and is
unpacked in the guest (the image has CONFIG_MODULE_GZIP and its like).
usage: least_memory.py IMAGE_FOLDER WORK_FOLDER [gzip|zstd|lz4]"""
import pathlib
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TREE / "scripts"))
from paglib import cpio  # noqa: E402  scripts/ must be on the path first
from paglib.collect import Collection  # noqa: E402

REDIS_ASKED = r"""
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
static void *ask(void *arg)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/tmp/s" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char got[8] = "";
	while (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		usleep(10000);
	if (write(fd, "PING\r\n", 6) != 6 || read(fd, got, 7) != 7 || strcmp(got, "+PONG\r\n"))
		_exit(1);
	puts("answered");
	fflush(stdout);
	_exit(0);
	return arg;
}
__attribute__((constructor)) static void start(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, ask, NULL);
}
"""
# What runs, what it must say, and files besides.
PROGRAMS = {
    "busybox true": (["/bin/busybox", "true"], "exit status 0"),
    "busybox sh": (["/bin/busybox", "sh", "-c", "echo $((6 * 7))"], "42"),
    "python3": (["/usr/bin/python3", "-c", "print(6 * 7)"], "42"),
    "redis-server": (["/usr/bin/redis-check-rdb", "--port", "0", "--unixsocket", "/tmp/s", "--save",
                      ""], "answered"),
}


COMPRESS = {"gzip": ["gzip", "-9", "-c"], "zstd": ["zstd", "-19", "-q", "-c"],
            "lz4": ["lz4", "-9", "-q", "-c"]}


def works(image, archive, path, args, wanted, mib, env):
    done = subprocess.run(
        ["scripts/run", "--out", image, "--initrd", archive, "--as-is", "--memory", "%dM" % mib,
         "--timeout", "60", "--append", "pagurus.program=%s %s" % (path, env), "--", *args],
        cwd=TREE, text=True, errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False)
    return done.returncode == 0 and wanted in done.stdout


def least(image, folder, name, form):
    """Returns MiB, and the archive's size in bytes."""
    words, wanted = PROGRAMS[name]
    found, env = Collection(), ""
    if name == "redis-server":
        (folder / "ask.c").write_text(REDIS_ASKED, encoding="ascii")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", folder / "ask.so", folder / "ask.c"],
                       check=True)
        found.add_tree(str(folder / "ask.so"), "/ask.so")
        link = folder / "redis-server"
        link.unlink(missing_ok=True)
        link.symlink_to(words[0])
        words, env = [str(link), *words[1:]], "LD_PRELOAD=/ask.so"
    path, _ = found.add_program(words[0])
    archive = folder / "least.cpio"
    with open(archive, "wb") as file:
        size = cpio.write(file, found.entries)
    if form:
        packed = folder / ("least.cpio." + form)
        with open(packed, "wb") as file:
            subprocess.run([*COMPRESS[form], str(archive)], stdout=file, check=True)
        archive, size = packed, packed.stat().st_size
    low, high = 1, 512  # does not work, works
    if not works(image, archive, path, words[1:], wanted, high, env):
        sys.exit("least_memory: %s does not work with %d MiB" % (name, high))
    while high - low > 1:
        middle = (low + high) // 2
        if works(image, archive, path, words[1:], wanted, middle, env):
            high = middle
        else:
            low = middle
    return high, size


def main():
    form = sys.argv[3] if len(sys.argv) > 3 else None
    if len(sys.argv) not in (3, 4) or form not in (None, *COMPRESS):
        sys.exit(__doc__.strip().splitlines()[-1])
    pathlib.Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=sys.argv[2]) as folder:
        for name in PROGRAMS:
            mib, size = least(sys.argv[1], pathlib.Path(folder), name, form)
            print("%-14s %4d MiB, of which the archive takes %.1f" % (name, mib, size / (1 << 20)), flush=True)


if __name__ == "__main__":
    main()
