# SPDX-License-Identifier: BSD-2-Clause
"""What Debian's Python does with the system, from inside a guest (or on Linux). Reports by TAP."""
import asyncio
import errno
import fcntl
import json
import mmap
import os
import resource
import selectors
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
import tty
import queue


async def echo(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()


async def loop_of_events():
    async def later(n):
        await asyncio.sleep(n / 200)
        return n
    assert await asyncio.gather(*map(later, range(10))) == list(range(10))
    server = await asyncio.start_unix_server(echo, "/tmp/echo")
    reader, writer = await asyncio.open_unix_connection("/tmp/echo")
    writer.write(b"hello\n")
    assert await reader.readline() == b"HELLO\n"
    writer.close()
    server.close()
    await server.wait_closed()
    assert await asyncio.get_running_loop().run_in_executor(None, lambda: 42) == 42


def test_asyncio():
    asyncio.run(loop_of_events())


def test_threading():
    jobs, lock, total = queue.Queue(), threading.Lock(), []

    def work():
        while (job := jobs.get()) is not None:
            with lock:
                total.append(job)
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for n in [*range(1000), *([None] * 8)]:
        jobs.put(n)
    for thread in threads:
        thread.join()
    assert sum(total) == 499500


def test_json():
    data = {"a": [1, 2, {"b": None}], "c": 1.5, "d": "\u00e9"}
    assert json.loads(json.dumps(data)) == data


def test_sqlite3():
    for mode in ("delete", "wal"):
        with tempfile.TemporaryDirectory() as folder:
            base = sqlite3.connect(folder + "/base")
            assert base.execute(f"pragma journal_mode={mode}").fetchone() == (mode,)
            base.execute("create table t(a integer primary key, b text)")
            base.executemany("insert into t(b) values(?)", [(str(n) * 9,) for n in range(3000)])
            base.commit()
            assert base.execute("select count(*), sum(a) from t").fetchone() == (3000, 4501500)
            assert base.execute("pragma integrity_check").fetchone() == ("ok",)
            base.close()


def test_mmap():
    with tempfile.TemporaryFile() as file:
        file.write(b"a" * 10000)
        file.flush()
        with mmap.mmap(file.fileno(), 0) as memory:
            memory[5000:5005] = b"hello"
            assert os.pread(file.fileno(), 5, 5000) == b"hello"
            os.pwrite(file.fileno(), b"XYZ", 20)
            assert memory[20:23] == b"XYZ"


def test_selectors():
    a, b = socket.socketpair()
    with selectors.DefaultSelector() as selector:
        selector.register(a, selectors.EVENT_READ)
        assert not selector.select(0.01)
        b.send(b"x")
        assert len(selector.select(5)) == 1
    socket.send_fds(a, [b"fd"], [sys.stdout.fileno()])
    message, fds, _, _ = socket.recv_fds(b, 10, 1)
    assert message == b"fd" and len(fds) == 1
    got = []
    signal.signal(signal.SIGALRM, lambda number, _: got.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    time.sleep(0.1)
    assert got == [signal.SIGALRM]


def test_files():
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/a", "w", encoding="ascii") as file:
            file.write("x" * 100000)
            fcntl.flock(file, fcntl.LOCK_EX)
            fcntl.lockf(file, fcntl.LOCK_EX)
        shutil.copy(folder + "/a", folder + "/b")
        assert os.stat(folder + "/b").st_size == 100000
        shutil.copytree(folder, folder + "2")
        shutil.rmtree(folder + "2")
    memory = os.memfd_create("x")
    os.write(memory, b"abc")
    r, w = os.pipe()
    assert os.sendfile(w, memory, 0, 3) == 3 and os.read(r, 9) == b"abc"


def test_pty():
    """As script does it, but with a thread for the program that is recorded."""
    master, slave = os.openpty()
    assert os.ttyname(slave).startswith("/dev/pts/") and os.isatty(slave)
    os.set_blocking(master, False)
    said = []

    def program():
        with open(slave, "r+b", buffering=0) as terminal:
            terminal.write(b"name? ")
            said.append(terminal.read(100))
            tty.setraw(terminal)
            said.append(terminal.read(1))
            os.set_blocking(master, True)

    thread = threading.Thread(target=program)
    thread.start()
    with selectors.DefaultSelector() as selector:
        selector.register(master, selectors.EVENT_READ)
        assert selector.select(5) and os.read(master, 100) == b"name? "
        os.write(master, b"me\x7fy\n")
        while len(said) < 1:
            selector.select(0.1)
        os.write(master, b"\x03")
        thread.join()
        assert said == [b"my\n", b"\x03"]
    assert os.read(master, 100) == b"me\b \by\r\n"
    try:
        os.read(master, 100)
        raise AssertionError("the other end is closed")
    except OSError as error:
        assert error.errno == errno.EIO
    os.close(master)


def test_cpu_times():
    clock = time.pthread_getcpuclockid(threading.get_ident())
    thread, process, other = time.thread_time(), time.process_time(), []
    while time.thread_time() < thread + 0.05:
        pass
    assert time.process_time() >= process + 0.04
    assert abs(time.clock_gettime(clock) - time.thread_time()) < 0.02
    used = resource.getrusage(resource.RUSAGE_THREAD)
    assert used.ru_utime + used.ru_stime > 0.04
    thread = time.thread_time()
    time.sleep(0.1)
    assert time.thread_time() < thread + 0.05
    worker = threading.Thread(target=lambda: other.append(time.thread_time()))
    worker.start()
    worker.join()
    assert other[0] < thread


def test_address_space():
    limits = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:
        size = int(file.read().split()[0]) * 4096
    resource.setrlimit(resource.RLIMIT_AS, (size + (32 << 20), limits[1]))
    try:
        bytearray(64 << 20)
        raise AssertionError("more than the limit")
    except MemoryError:
        assert len(bytearray(8 << 20)) == 8 << 20
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def test_identity():
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 1000
    assert os.cpu_count() >= len(os.sched_getaffinity(0)) >= 1
    assert os.getpgrp() and os.getpriority(os.PRIO_PROCESS, 0) is not None
    assert os.statvfs("/tmp").f_bsize


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {name[5:]}", flush=True)
        except Exception as error:  # whatever it is: the next one is still of interest
            print(f"not ok {number} - {name[5:]}: {error!r}", flush=True)
    print(f"1..{len(tests)}")


main()
