# SPDX-License-Identifier: BSD-2-Clause
"""For all tests that pytest runs: where they build, and the line that scripts/check counts."""
import os
import pathlib
import shutil
import subprocess

import pytest

TREE = pathlib.Path(__file__).resolve().parent.parent
JOBS = "-j%d" % min(os.cpu_count() or 1, 4)


def run(command, cwd=TREE, timeout=600, **options):
    """Runs a command without make's variables from outside. Returns what it was, done."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("MAKE", "MFLAGS", "KCONFIG_", "CONFIG_"))}
    env.update(options.pop("env", {}))
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([str(word) for word in command], cwd=cwd, env=env, text=True,
                          errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=timeout, check=False, **options)


def make(*words, cwd=TREE, fails=False, env=None):
    """Runs make; it must succeed, or fail with fails=True. Returns its output."""
    done = run(["make", JOBS, *words], cwd=cwd, env=env or {})
    assert (done.returncode != 0) == fails, "make %s: exit status %d\n%s" % (
        " ".join(map(str, words)), done.returncode, done.stdout[-4000:])
    return done.stdout


@pytest.fixture
def out(tmp_path):
    """An output folder of its own, gone after the test."""
    folder = tmp_path / "out"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    stats = {name: len(terminalreporter.stats.get(name, []))
             for name in ("passed", "failed", "error")}
    # tests/LEVEL is what was asked for.
    asked = pathlib.Path(config.args[0].split("::")[0])
    level = asked.parent.name if asked.suffix == ".py" else asked.name
    terminalreporter.write_line("%s: %d passed, %d failed" % (
        level, stats["passed"], stats["failed"] + stats["error"]))


def boot(out, *options, append="", args=(), timeout=120, stdin=None):
    """Boots the image in out by scripts/run. Returns its exit status and output, CRs removed."""
    command = ["scripts/run", f"--out={out}", f"--timeout={timeout}", *options]
    if append:
        command += ["--append", append]
    done = run(command + (["--", *args] if args else []), timeout=timeout + 60,
               stdin=stdin or subprocess.DEVNULL)
    return done.returncode, done.stdout.replace("\r", "")


@pytest.fixture(scope="session")
def work(tmp_path_factory):
    """A folder that stays from run to run where CHECK_OUT says so: rebuilding is faster."""
    folder = os.environ.get("CHECK_OUT")
    return pathlib.Path(folder) if folder else tmp_path_factory.mktemp("work")


def modules_image(out, *options):
    """An image for programs from a module, with these options besides."""
    out.mkdir(parents=True, exist_ok=True)
    (out / ".config").write_text("\n".join(["CONFIG_PROGRAM_MODULE=y", *options, ""]))
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "all")
    return out
