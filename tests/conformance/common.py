# SPDX-License-Identifier: BSD-2-Clause
"""What all suites share: the image, one guest after the other, and what came of a group of tests."""
import collections
import concurrent.futures
import dataclasses
import pathlib
import re
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TREE / "scripts"))
from paglib import cpio  # noqa: E402  scripts/ must be on the path first
from paglib.collect import Collection  # noqa: E402

# pthread_cancel loads libgcc by itself; some tests want libm, and start other programs.
BESIDE = ("/lib/x86_64-linux-gnu/libgcc_s.so.1", "/lib/x86_64-linux-gnu/libm.so.6")
PROGRAMS = ("/bin/sh", "/bin/sleep", "/bin/cat", "/bin/echo")

STATUS_LOST, STATUS_PANIC, STATUS_TIMEOUT = 254, 255, 124  # scripts/run's


@dataclasses.dataclass
class Result:
    """What came of a group. failed and skipped: pairs of a test and why. ended: whether all of it ran."""
    passed: int = 0
    failed: list = dataclasses.field(default_factory=list)
    skipped: list = dataclasses.field(default_factory=list)
    ended: bool = True

    def row(self):
        """passed, failed (None: did not come to its end), skipped."""
        tests = len({test for test, _ in self.failed})
        return self.passed, tests if self.ended else None, len(self.skipped)


@dataclasses.dataclass
class Run:
    """One guest's end."""
    status: int
    said: str

    def how(self):
        """How it ended, where not by the tests' own word."""
        if self.status == STATUS_TIMEOUT:
            return "no end in time"
        ended = re.search(r"^pagurus: (.*)", self.said, re.M)
        return ended.group(1).strip() if ended else "exit status %d" % self.status

    def last_line(self):
        """The last line that is the program's, before what the kernel says of a crash."""
        lines = [line.strip() for line in self.said.split("\nCRASH:")[0].splitlines()
                 if line.strip() and not line.startswith(("pagurus:", "run:"))]
        return lines[-1][:200] if lines else ""


def from_log(said):
    """How a guest ended, by its log."""
    ended = re.search(r"^pagurus: (?:exit status (\d+)|killed by signal (\d+)|(panic))", said, re.M)
    if "run: still running" in said:
        status = STATUS_TIMEOUT
    elif not ended:
        status = STATUS_LOST
    else:
        status = STATUS_PANIC if ended[3] else int(ended[1]) if ended[1] else 128 + int(ended[2])
    return Run(status, said)


def build_image(out, options=()):
    """An image for programs from a module."""
    image = out / "image"
    image.mkdir(parents=True, exist_ok=True)
    (image / ".config").write_text("\n".join(["CONFIG_PROGRAM_MODULE=y", *options, ""]), encoding="utf-8")
    for goal in ("olddefconfig", "all"):
        done = subprocess.run(["make", "-s", "O=%s" % image, goal], cwd=TREE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            sys.exit("conformance: make %s:\n%s" % (goal, done.stdout[-3000:]))
    return image


def archive(path, entries):
    """Writes entries as a module."""
    with open(path, "wb") as file:
        cpio.write(file, entries)
    return path


def libraries(program):
    """Entries with all that a built program needs, without itself, and what most systems have."""
    found = Collection()
    path, _ = found.add_program(str(program))
    found.entries.pop(path)
    for name in PROGRAMS:
        found.add_program(name)
    for name in BESIDE:
        found.add_path(name)
    return found.entries


@dataclasses.dataclass
class Guest:
    """Where guests start, and where what they said is kept."""
    image: pathlib.Path
    log: pathlib.Path
    timeout: int = 0  # seconds; 0: as the suite has it
    replay: bool = False  # what the logs of the last run say; nothing is started

    def run(self, name, module, words, memory="256M", timeout=60, env="", cpus=1):
        """Boots words[0] of a module with the other words as its arguments."""
        seconds = self.timeout or timeout
        log = self.log / (name.replace("/", "_") + ".log")
        if self.replay:
            return from_log(log.read_text(encoding="utf-8") if log.exists() else "")
        command = ["scripts/run", "--out", self.image, "--initrd", module, "--memory", memory,
                   "--timeout", seconds, "--smp", cpus, "--append",
                   f"pagurus.loglevel=3 pagurus.program={words[0]} {env}".strip(), "--", *words[1:]]
        done = subprocess.run([str(word) for word in command], cwd=TREE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)
        said = done.stdout.replace("\r", "")
        log.write_text(said, encoding="utf-8", errors="replace")
        return Run(done.returncode, said)


def build_all(jobs, workers=2):
    """Runs compilers: jobs are pairs of an output path and words; what is there already is left.
    Returns {path: what the compiler said} of those that failed."""
    def one(job):
        path, words = job
        if path.exists():
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
        return (path, done.stdout) if done.returncode else None
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return dict(pair for pair in pool.map(one, jobs) if pair)


class Programs:
    """A suite of which each test is a program that says by its exit status how it went; each has a
    guest of its own. A suite fills in groups: {group: {test: program, or None where it lies in common}},
    and common: what lies beside."""
    PASS, SKIP = 0, {77: "unsupported"}
    MEMORY, TIMEOUT, ARGUMENTS, ENV = "256M", 60, (), "PATH=/usr/bin:/bin HOME=/tmp"

    def __init__(self):
        self.groups = collections.defaultdict(dict)
        self.common = {}
        self.out = None

    def run(self, group, guest, only=None):
        """Runs the tests of a group."""
        result = Result()
        tests = self.groups[group]
        entries = {**self.common, **{"/test/" + name: str(path) for name, path in tests.items() if path}}
        module = self.out / "group.cpio"
        if not guest.replay:
            archive(module, entries)
        for name in sorted(tests):
            if only and not re.search(only, f"{group}/{name}"):
                continue
            ended = guest.run(f"{group}.{name}", module, self.words(name), memory=self.MEMORY,
                              timeout=self.TIMEOUT, env=self.ENV)
            self.judge(result, f"{group}/{name}", ended)
        return result

    def words(self, name):
        """What starts a test."""
        return ["/test/" + name, *self.ARGUMENTS]

    def judge(self, result, test, ended):
        """Counts one test."""
        if ended.status == self.PASS:
            result.passed += 1
        elif ended.status in self.SKIP:
            result.skipped.append((test, self.SKIP[ended.status]))
        else:
            forked = re.search(r"clone: the program is one process", ended.said)
            result.failed.append((test, "%s: %s%s" % (
                ended.how(), ended.last_line(), " (after %s)" % forked[0] if forked else "")))
