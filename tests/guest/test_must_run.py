# SPDX-License-Identifier: BSD-2-Clause
"""Languages and servers of Debian's that bring much machinery of their own, as they come: Go, C++,
Fortran, OpenMP; Redis and nginx with clients that are threads of a library loaded beside them."""
import pathlib
import re
import shutil
import sys

import pytest

from conftest import TREE, boot, run
from test_files import four_cpus, image, output  # noqa: F401 (fixtures)

sys.path.insert(0, str(TREE / "scripts"))
import debian  # noqa: E402
from paglib import cpio as pack  # noqa: E402
from paglib.collect import Collection  # noqa: E402

SOURCES = TREE / "tests/guest/programs"
REDIS = ["--port", "0", "--unixsocket", "/tmp/redis.sock", "--save", "", "--loglevel", "warning"]
NGINX = """
user root; daemon off; master_process off; pid /tmp/nginx.pid; error_log stderr warn;
events {} http { access_log off; log_not_found off; sendfile on; server { listen %s; root /site; }
client_body_temp_path /tmp/1; proxy_temp_path /tmp/2; fastcgi_temp_path /tmp/3;
uwsgi_temp_path /tmp/4; scgi_temp_path /tmp/5; }
"""


@pytest.fixture
def built(tmp_path):
    """Builds a program of SOURCES; without the compiler the test is left out."""
    def build(compiler, *words, why="scripts/setup check installs it"):
        if not shutil.which(compiler):
            pytest.skip(f"{compiler} is not here: {why}")
        path = tmp_path / "program"
        done = run([compiler, *words[:-1], "-o", path, SOURCES / words[-1]], env={"HOME": str(tmp_path)})
        assert done.returncode == 0, done.stdout
        return path
    return build


def start(out, folder, program, *args, env="", files=(), stdin=None, cpus=1):
    """Boots a program of this machine. files: pairs of what is there and where it goes.
    Returns its status and what it wrote."""
    found = Collection()
    path, _ = found.add_program(str(program))
    for source, guest in files:
        found.add_tree(str(source), guest)
    archive = folder / "archive.cpio"
    with open(archive, "wb") as file:
        pack.write(file, found.entries)
    pipe = ["--pipe"] if stdin else []
    status, said = boot(out, f"--initrd={archive}", "--memory=512M", f"--smp={cpus}", *pipe,
                        append=f"pagurus.program={path} {env}".strip(), args=args, timeout=300,
                        stdin=stdin)
    return status, said if pipe else output(said), said


def test_go(four_cpus, built, tmp_path):  # noqa: F811
    program = built("go", "build", "routines.go", why="it is too large for scripts/setup")
    status, wrote, said = start(four_cpus, tmp_path, program, cpus=4)
    assert status == 3, said
    assert wrote == ("processors 4 4\n26623 307\nsum 17497500\nslept true\n"
                     "runtime error: invalid memory address or nil pointer dereference\n"
                     f"preempted true\n[a b] <nil>\n"), said


def test_go_of_debian(four_cpus, tmp_path):  # noqa: F811
    """It sorts on as many goroutines as there are CPUs."""
    if not shutil.which("fzf"):
        pytest.skip("fzf is not here: scripts/setup check installs it")
    numbers = tmp_path / "numbers"
    numbers.write_text("".join("%d\n" % n for n in range(20000)))
    with open(numbers, encoding="ascii") as stdin:
        status, wrote, said = start(four_cpus, tmp_path, shutil.which("fzf"), "--filter", "'999",
                                    stdin=stdin, cpus=4)
    assert status == 0, said
    assert sorted(map(int, re.findall(r"^\d+$", wrote, re.M))) == [n for n in range(20000) if "999" in str(n)], said


@pytest.mark.parametrize("how", [[], ["-static"]])
def test_cpp(image, built, tmp_path, how):  # noqa: F811
    program = built("clang++", "-std=c++17", "-O2", "-pthread", *how, "exceptions.cc")
    status, wrote, said = start(image, tmp_path, program)
    assert status == 128 + 6, said
    assert wrote.startswith(
        "the bottom, alive 0\nout of range\nouter of stoi\nthrown there\n"
        "42=1 crab=2 shell=1 tide=1 0xff 0.667\n31996000\n"
        "terminate called after throwing an instance of 'std::runtime_error'\n"
        "  what():  nobody catches this\n"), said


@pytest.mark.parametrize("how", [[], ["-static"]])
def test_fortran(image, built, tmp_path, how):  # noqa: F811
    program = built("gfortran", "-O2", *how, "matrix.f90")
    status, wrote, said = start(image, tmp_path, program)
    assert status == 5, said
    assert wrote == ("trace  3.02893308\neuler -1.0000  0.0000\nrecord  5929.0\n1 and 2\nmissing T\n"
                     "STOP 5\n"), said


@pytest.mark.parametrize("how", [[], ["-static"]])
def test_openmp(four_cpus, built, tmp_path, how):  # noqa: F811
    program = built("gcc", "-O2", "-fopenmp", *how, "parallel.c")
    status, wrote, said = start(four_cpus, tmp_path, program, cpus=4)
    assert status == 0, said
    assert wrote == ("processors 4 threads 4\npi 3.142\nsum 50494500\ntasks 6765\n"
                     "sections 3 critical 800 nested 4\n"), said


@pytest.mark.parametrize("cpus", [1, 4])
def test_redis(request, built, tmp_path, cpus):
    """48,000 requests, pipelined by eight clients."""
    if not shutil.which("redis-check-rdb"):
        pytest.skip("redis-check-rdb is not here: scripts/setup check installs redis-tools")
    client = built("gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "redis_client.c")
    server = tmp_path / "redis-server"  # as Debian's package redis-server has it
    server.symlink_to(shutil.which("redis-check-rdb"))
    out = request.getfixturevalue("image" if cpus == 1 else "four_cpus")
    status, wrote, said = start(out, tmp_path, server, *REDIS, env="LD_PRELOAD=/client.so",
                                files=[(client, "/client.so")], cpus=cpus)
    assert status == 0, said
    assert re.search(r"^client: 48000 requests answered right", wrote, re.M), said
    assert "ready to exit" in wrote, said


def nginx(work, tmp_path, listen):
    """The program, and its files."""
    try:
        program = debian.unpack("nginx", work / "debian") / "usr/sbin/nginx"
    except debian.NoPackage as error:
        pytest.skip(str(error))
    missing = re.findall(r"(\S+) => not found", run(["ldd", program]).stdout)
    if missing:
        pytest.skip("nginx wants " + ", ".join(missing))
    site = tmp_path / "site"
    site.mkdir()
    (site / "small").write_bytes(b"x" * 5)
    (site / "large").write_bytes(b"x" * 300000)
    (tmp_path / "nginx.conf").write_text(NGINX % listen)
    return program, [(site, "/site"), (tmp_path / "nginx.conf", "/nginx.conf")]


def test_nginx(image, work, built, tmp_path):  # noqa: F811
    program, files = nginx(work, tmp_path, "unix:/tmp/nginx.sock")
    client = built("gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "nginx_client.c")
    status, wrote, said = start(image, tmp_path, program, "-c", "/nginx.conf",
                                env="LD_PRELOAD=/client.so",
                                files=[*files, (client, "/client.so")])
    assert status == 0, said
    assert "client: 600 requests answered right\n" in wrote, said


def test_nginx_says_that_there_is_no_network(image, work, tmp_path):  # noqa: F811
    program, files = nginx(work, tmp_path, "80")
    status, wrote, said = start(image, tmp_path, program, "-c", "/nginx.conf", files=files)
    assert status == 1, said
    assert "socket() 0.0.0.0:80 failed (97: Address family not supported by protocol)" in wrote, said


def test_sources_are_all_used():
    text = pathlib.Path(__file__).read_text(encoding="utf-8")
    for source in SOURCES.iterdir():
        assert source.name in text or source.name == "check.py", source
