#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs in dom0: does what the lab on the other side of a virtio serial port asks for.

A message is one line of JSON and as many bytes as its member "size" says. Requests have "id" and
"op"; each is answered once, under its id, in whatever order they finish.
"""
import glob
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

PORT_NAME = "org.pagurus.lab"
POLL_S = 0.02


def find_port():
    """The device node of our port, once the driver has made it."""
    while True:
        for folder in glob.glob("/sys/class/virtio-ports/*"):
            try:
                with open(folder + "/name", encoding="ascii") as name:
                    if name.read().strip() == PORT_NAME:
                        return "/dev/" + os.path.basename(folder)
            except OSError:
                pass
        time.sleep(0.1)


class Port:
    """The stream of messages. Reading nothing means that nobody is connected just now."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR)
        self.lock = threading.Lock()
        self.pending = b""

    def more(self):
        data = os.read(self.fd, 65536)
        if data:
            self.pending += data
        else:
            self.pending = b""  # half a message of a connection that is gone
            time.sleep(POLL_S)
        return data

    def receive(self):
        while b"\n" not in self.pending:
            self.more()
        line, self.pending = self.pending.split(b"\n", 1)
        request = json.loads(line)
        size = request.get("size", 0)
        while len(self.pending) < size:
            if not self.more():
                raise ValueError("connection ended within a message")
        payload, self.pending = self.pending[:size], self.pending[size:]
        return request, payload

    def send(self, reply, payload=b""):
        reply["size"] = len(payload)
        data = json.dumps(reply).encode() + b"\n" + payload
        with self.lock:
            while data:
                data = data[os.write(self.fd, data):]


def run(request, payload):
    """A shell command, its input being the payload. The reply's payload is stdout, then stderr."""
    start = time.monotonic()
    with subprocess.Popen(["/bin/sh", "-c", request["command"]], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True) as process:
        try:
            out, err = process.communicate(payload, timeout=request["timeout"])
            timed_out = False
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            timed_out = True
    return {"status": process.returncode, "timed_out": timed_out, "out": len(out),
            "seconds": time.monotonic() - start}, out + err


def put(request, payload):
    path = request["path"]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(payload)
    os.chmod(path, request.get("mode", 0o644))
    return {}, b""


def read_from(path, offset):
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            return file.read()
    except FileNotFoundError:
        return b""


def get(request, _payload):
    """A file from an offset on; one that is not there is empty, unless the request insists."""
    if request.get("must") and not os.path.exists(request["path"]):
        raise FileNotFoundError(request["path"])
    return {}, read_from(request["path"], request.get("offset", 0))


def expect(request, _payload):
    """Waits until a file, from an offset on, matches a regular expression. The payload is what
    there is, match or not; "end" is where the match ends, and "time" when it was there."""
    pattern = re.compile(request["pattern"].encode(), re.S | re.M)
    deadline = time.monotonic() + request["timeout"]
    while True:
        data = read_from(request["path"], request.get("offset", 0))
        match = pattern.search(data)
        now = time.monotonic()
        if match or now >= deadline:
            reply = {"found": bool(match), "time": now}
            if match:
                reply.update(start=match.start(), end=match.end())
            return reply, data
        time.sleep(POLL_S)


def write_tty(request, payload):
    """Types into a guest's console."""
    fd = os.open(request["path"], os.O_WRONLY | os.O_NOCTTY)
    try:
        while payload:
            payload = payload[os.write(fd, payload):]
    finally:
        os.close(fd)
    return {}, b""


def hello(_request, _payload):
    return {"time": time.monotonic()}, b""


OPS = {"run": run, "put": put, "get": get, "expect": expect, "type": write_tty, "hello": hello}


def answer(port, request, payload):
    try:
        reply, data = OPS[request["op"]](request, payload)
    except Exception as error:  # whatever it was, the other side waits for an answer
        reply, data = {"error": f"{type(error).__name__}: {error}"}, b""
    reply["id"] = request["id"]
    port.send(reply, data)


def main():
    port = Port(find_port())
    while True:
        try:
            request, payload = port.receive()
        except ValueError as error:
            print("xenlab: bad message:", error, file=sys.stderr)
            continue
        if "id" not in request:
            continue  # a new connection clearing its throat
        threading.Thread(target=answer, args=(port, request, payload), daemon=True).start()


if __name__ == "__main__":
    main()
