# SPDX-License-Identifier: BSD-2-Clause
"""Programs that check the system from inside: all of them in one image, one per boot."""
import re
import resource
import shlex
import time

import pexpect
import pytest

from conftest import TREE, boot, make, run

# These want file systems: test_files.py. hostile ends as it likes: test_programs.py.
NEED_FILES = ["events", "files", "identity", "sockets"]
# And these besides to have come as a module.
NEED_MODULE = ["cputime", "exec"]
FOLDERS = sorted(path.parent.name for path in (TREE / "tests/guest").glob("*/program.mk")
                 if path.parent.name not in [*NEED_FILES, *NEED_MODULE, "hostile"])
# exit is all about how it ends; the others report by TAP.
SELF_CHECKING = [name for name in FOLDERS if name != "exit"]
SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGKILL = 2, 3, 4, 5, 6, 8, 9
SIGUSR1, SIGSEGV, SIGALRM, SIGTERM = 10, 11, 14, 15
SIGNAL_NAMES = {number: name for name, number in list(globals().items())
                if re.fullmatch("SIG[A-Z0-9]+", name)}


@pytest.fixture(scope="module")
def image(work):
    out = work / "kvm"
    make(f"O={out}", "kvm_defconfig")
    make(f"O={out}", "APP=" + " ".join("tests/guest/" + name for name in FOLDERS))
    return out


def start(image, name, *args, words="", options=()):
    return boot(image, *options, append=f"pagurus.program=test-{name} {words}".strip(), args=args)


@pytest.fixture(scope="module")
def modules(work):
    """An image without a program, and the same programs as static Linux ones to hand over."""
    out = work / "module"
    make(f"O={out}", "kvm_defconfig")
    config = (out / ".config").read_text()
    (out / ".config").write_text(config.replace("CONFIG_PROGRAM_NATIVE=y",
                                                "CONFIG_PROGRAM_MODULE=y"))
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "all")
    make("-f", "scripts/linux-apps.mk", f"O={work}", "linux-guest-tests")
    return out, work / "linux"


@pytest.fixture(scope="module")
def smp_image(work):
    """The same programs for up to four CPUs."""
    out = work / "smp"
    make(f"O={out}", "kvm_defconfig")
    config = (out / ".config").read_text()
    config = config.replace("# CONFIG_ZERO_AHEAD is not set", "CONFIG_ZERO_AHEAD=y")
    (out / ".config").write_text(config.replace("CONFIG_NR_CPUS=1", "CONFIG_NR_CPUS=4"))
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "APP=" + " ".join("tests/guest/" + name for name in FOLDERS))
    return out


@pytest.fixture(scope="module")
def ahead_image(work):
    """For one CPU, which zeroes memory when it is idle."""
    out = work / "ahead"
    make(f"O={out}", "kvm_defconfig")
    config = (out / ".config").read_text()
    (out / ".config").write_text(config.replace("# CONFIG_ZERO_AHEAD is not set",
                                                "CONFIG_ZERO_AHEAD=y"))
    make(f"O={out}", "olddefconfig")
    make(f"O={out}", "APP=tests/guest/memory")
    return out


def start_module(modules, name, *args, words=""):
    return boot(modules[0], f"--initrd={modules[1]}/test-{name}", append=words, args=args)


@pytest.mark.parametrize("kind", ["native", "linux"])
@pytest.mark.parametrize("name", SELF_CHECKING)
def test_program(request, name, kind):
    words = f"HOST_TIME={int(time.time())}"
    if kind == "native":
        status, said = start(request.getfixturevalue("image"), name, words=words)
    else:
        status, said = start_module(request.getfixturevalue("modules"), name, words=words)
    check_tap(status, said)


def check_tap(status, said):
    lines = re.findall(r"^(?:not )?ok \d+.*$", said, re.M)
    bad = [line for line in lines if line.startswith("not")]
    plan = re.search(r"^1\.\.(\d+)$", said, re.M)
    assert not bad, "\n".join(bad) + "\n" + said[-3000:]
    assert status == 0 and plan, said[-3000:]
    assert len(lines) == int(plan.group(1)) > 0


@pytest.mark.parametrize("name", SELF_CHECKING)
def test_program_on_four_cpus(smp_image, name):
    words = f"HOST_TIME={int(time.time())} CPUS=4 SECONDS=2"
    check_tap(*start(smp_image, name, words=words, options=["--smp=4"]))


@pytest.mark.parametrize("vcpus", [1, 2, 6])
@pytest.mark.parametrize("machine", ["pc", "q35", "microvm"])
def test_cpus(smp_image, machine, vcpus):
    """As many as there are, and no more than the image is built for."""
    status, said = start(smp_image, "cpus", words=f"CPUS={min(vcpus, 4)}",
                         options=[f"--smp={vcpus}", f"--machine={machine}"])
    check_tap(status, said)
    assert ("build it with CONFIG_NR_CPUS=6" in said) == (vcpus > 4), said


@pytest.mark.parametrize("mode,expected", [
    ("return", 42), ("exit_thread", 42), ("last_thread", 0), ("overflow_thread", 128 + SIGSEGV),
    ("abort", 128 + SIGABRT), ("null_write", 128 + SIGSEGV)])
def test_end_with_four_cpus(smp_image, mode, expected):
    """Whichever CPU ends it, and whatever the others are doing, or becoming, at that moment."""
    for _ in range(5):
        status, said = start(smp_image, "exit", mode, "42", options=["--smp=4"])
        assert status == expected, said


@pytest.mark.parametrize("mode", ["return", "exit", "_exit", "exit_thread"])
@pytest.mark.parametrize("number", [0, 1, 42, 94, 95, 127, 255])
def test_exit_status(image, mode, number):
    status, said = start(image, "exit", mode, str(number))
    assert status == number, said
    assert f"\npagurus: exit status {number}\n" in said
    assert ("not yet flushed" in said) == (mode != "_exit")
    assert ("exit handler ran" in said) == (mode != "_exit")


@pytest.mark.parametrize("mode,signal", [
    ("abort", SIGABRT), ("assert", SIGABRT), ("null_write", SIGSEGV), ("null_read", SIGSEGV),
    ("null_call", SIGSEGV), ("wild_read", SIGSEGV), ("overflow", SIGSEGV),
    ("overflow_thread", SIGSEGV), ("divide", SIGFPE), ("int3", SIGTRAP), ("ud2", SIGILL),
    ("text_write", SIGSEGV), ("kernel_write", SIGSEGV), ("rodata_write", SIGSEGV),
    ("data_execute", SIGSEGV), ("stack_execute", SIGSEGV), ("heap_execute", SIGSEGV),
    ("protected_write", SIGSEGV), ("abort_handler", SIGABRT), ("overflow_handler", SIGSEGV),
    ("segv_ignored", SIGSEGV), ("segv_blocked", SIGSEGV), ("segv_once", SIGSEGV),
    ("term", SIGTERM), ("quit", SIGQUIT), ("kill", SIGKILL), ("signal_thread", SIGUSR1),
    ("alarm", SIGALRM)])
def test_crash(image, mode, signal):
    status, said = start(image, "exit", mode)
    assert status == 128 + signal, said
    assert f"pagurus: killed by signal {signal} ({SIGNAL_NAMES[signal]})" in said
    assert "exit handler ran" not in said and "SURVIVED" not in said


@pytest.mark.parametrize("mode,expected", [
    ("return", 42), ("exit_thread", 42), ("abort", 128 + SIGABRT), ("null_write", 128 + SIGSEGV),
    ("text_write", 128 + SIGSEGV), ("data_execute", 128 + SIGSEGV), ("overflow", 128 + SIGSEGV),
    ("divide", 128 + SIGFPE)])
def test_end_of_a_linux_program(modules, mode, expected):
    status, said = start_module(modules, "exit", mode, "42")
    assert status == expected, said


@pytest.mark.parametrize("memory", ["64M", "256M"])
def test_touching_more_memory_than_there_is_ends_the_program(image, memory):
    status, said = start(image, "exit", "exhaust", options=[f"--memory={memory}"])
    assert status == 128 + SIGKILL, said
    assert "out of memory" in said and "give the VM more" in said


@pytest.mark.parametrize("memory", ["24M", "64M", "128M"])
@pytest.mark.parametrize("vcpus", [1, 4])
def test_more_threads_than_there_is_room_for(request, memory, vcpus):
    """Refused by clone: what is there already goes on."""
    status, said = start(request.getfixturevalue("image" if vcpus == 1 else "smp_image"), "exit",
                         "exhaust_threads", options=[f"--memory={memory}", f"--smp={vcpus}"])
    assert status == 0, said
    assert re.search(r"^\d{3,} threads, then: Resource temporarily unavailable", said, re.M), said


# On four CPUs fewer of them: more vCPUs than the host has CPUs wait long for one another.
@pytest.mark.parametrize("vcpus,count,memory", [(1, 10000, "1G"), (4, 1000, "128M")])
def test_ten_thousand_threads_in_1_gib(request, vcpus, count, memory):
    image = request.getfixturevalue("image" if vcpus == 1 else "smp_image")
    status, said = start(image, "many", str(count),
                         options=[f"--memory={memory}", f"--smp={vcpus}"])
    check_tap(status, said)
    sizes = re.findall(r"([\d.]+) KiB of memory each$", said, re.M)
    assert len(sizes) == 2 and all(float(size) < 32 for size in sizes), said


def test_malloc_interrupted_at_every_instruction(image):
    """Taking from a CPU's list begins again where a thread lost the CPU in the middle of it."""
    status, said = start(image, "malloc", "threads", "20000", options=["--qemu=-singlestep"])
    assert status == 0 and "\nok " in said and "\nnot ok" not in said, said[-3000:]


@pytest.mark.parametrize("mode,text", [
    ("free_twice", "free: 0x[0-9a-f]+ was freed already"),
    ("write_after_free", "malloc: 0x[0-9a-f]+ was written to after it was freed"),
    ("free_inside", "free: 0x[0-9a-f]+ is no block of malloc's")])
def test_malloc_misused(image, mode, text):
    status, said = start(image, "malloc", mode)
    assert status == 128 + SIGABRT and re.search(text, said), said


def test_pages_of_1_gib(image):
    check_tap(*start(image, "memory", "huge", words="pagurus.zeroed", options=["--memory=6G"]))


@pytest.mark.parametrize("vcpus", [1, 4])
def test_zeroed_ahead(request, vcpus):
    """First touch after idling costs less, and is of zeros; all memory is there for those who need it."""
    image = request.getfixturevalue("ahead_image" if vcpus == 1 else "smp_image")
    options = ["--memory=192M", f"--smp={vcpus}"]
    check_tap(*start(image, "memory", "ahead", "cost", options=[*options, "--qemu=-icount shift=0"]))
    check_tap(*start(image, "memory", "ahead", options=options))


@pytest.mark.parametrize("vcpus", [1, 4])
def test_idle_cpus_sleep(request, vcpus):
    """Once as much is zeroed as shall be: six seconds more take QEMU next to no time."""
    image = request.getfixturevalue("ahead_image" if vcpus == 1 else "smp_image")

    def cpu_time(seconds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        status, said = start(image, "memory", "ahead", "nap", seconds, options=[f"--smp={vcpus}"])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert status == 0, said
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert cpu_time("8") - cpu_time("2") < 1


@pytest.mark.parametrize("memory", ["24M", "64M"])
def test_large_pages_given_back(image, memory):
    status, said = start(image, "malloc", "sparse", options=[f"--memory={memory}"])
    assert status == 0, said
    check_tap(status, said)


def test_malloc_where_no_memory_is_left(image):
    """Addresses that have no memory yet and get none: a message, no panic."""
    status, said = start(image, "malloc", "no_memory", options=["--memory=64M"])
    assert "no memory is left" in said and "not ok" not in said, said
    assert (status, "malloc fails" in said) == (0, True) or \
        (status, "out of memory at" in said) == (128 + SIGKILL, True), said


@pytest.mark.parametrize("memory", ["16M", "24M"])
def test_areas_until_memory_is_used_up(image, memory):
    status, said = start(image, "memory", "areas", options=[f"--memory={memory}"])
    assert status == 0, said
    check_tap(status, said)


@pytest.mark.parametrize("memory", ["24M", "64M"])
def test_malloc_in_little_memory(image, memory):
    status, said = start(image, "malloc", "3000", options=[f"--memory={memory}"])
    check_tap(status, said)


def test_main_may_end_before_its_threads(image):
    status, said = start(image, "exit", "last_thread")
    assert status == 0, said
    assert "the last thread ends" in said


def test_arguments_and_environment(image):
    status, said = start(image, "start", "one", "two words", "", 'q"uote', "back\\slash", "A=b",
                         words="NAME=value EMPTY= 'WITH=two words' first")
    found = re.findall(r"^# argv\[\d+\]=<(.*)>$", said, re.M)
    assert status == 0, said
    assert found[1:] == ["first", "one", "two words", "", 'q"uote', "back\\slash", "A=b"]
    environment = re.findall(r"^# env=<(.*)>$", said, re.M)
    assert {"NAME=value", "EMPTY=", "WITH=two words"} <= set(environment)


def numbered_lines(count):
    """What "console lines COUNT" prints."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+"
    seed = 1
    for i in range(count):
        seed = (seed * 1664525 + 1013904223) & 0xffffffff
        yield "line %06d %08x %s" % (i, seed, digits[:seed >> 26])


def test_nothing_of_much_output_is_lost_or_torn(image):
    status, said = start(image, "console", "lines", "3000")
    assert status == 0
    found = said[said.index("line 000000"):].splitlines()
    assert found[:3000] == list(numbered_lines(3000))
    assert found[3000] == "end 3000"


def terminal(image, *args):
    return pexpect.spawn("scripts/run", [
        f"--out={image}", "--append=pagurus.program=test-console", "--timeout=120", "--", *args],
        cwd=str(TREE), timeout=60, encoding="utf-8")


def test_console_echo(image):
    child = terminal(image, "echo")
    child.expect(r"ready\r+\n")  # the terminal adds a CR of its own
    child.send("hallo\x7f\x7f\x7f\x7fello\r")  # erased and typed again
    child.expect(r"got 1 <hello>")
    child.send("second\r")
    child.expect(r"got 2 <second>")
    child.send("\x04")
    child.expect("end of input after 2 lines")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_console_prompt(image):
    child = terminal(image, "prompt")
    child.expect(r"your name\? ")
    child.send("Ada\r")
    child.expect("hello, Ada")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def raw_terminal(image, name, *args):
    """The guest gets what is typed as interrupt, which scripts/run leaves to QEMU."""
    shown = run(["scripts/run", f"--out={image}", f"--append=pagurus.program=test-{name}",
                 "--print", "--", *args]).stdout.strip()
    command = shlex.split(shown.replace("signal=on", "signal=off"))
    command = [re.sub(",logfile=.*", "", word) for word in command]
    return pexpect.spawn(command[0], command[1:], timeout=60, encoding="utf-8")


def test_console_interrupt_with_a_handler(image):
    child = raw_terminal(image, "signals", "terminal")
    child.expect("ready")
    time.sleep(0.2)
    child.send("\x03")
    child.expect("read: interrupted")
    child.send("\x03")
    child.send("hello\r")
    child.expect("read <hello> after 2 interrupts")
    child.expect("exit status 2")
    child.expect(pexpect.EOF)
    child.close()


def test_console_interrupt_without_one(image):
    child = raw_terminal(image, "console", "echo")
    child.expect("ready")
    child.send("\x03")
    child.expect(r"killed by signal 2 \(SIGINT\)")
    child.expect(pexpect.EOF)
    child.close()
