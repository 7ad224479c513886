# SPDX-License-Identifier: BSD-2-Clause
"""Talking to dom0's agent (dom0/agent.py): requests and replies by id, from any thread."""
import json
import threading

from .errors import LabError
from .machine import connect

# What a request may take beyond its own time limit before the lab is given up.
SLACK_S = 60


class Channel:
    def __init__(self, path):
        self.socket = connect(path, 30)
        self.file = self.socket.makefile("rb")
        self.lock = threading.Lock()
        self.changed = threading.Condition()
        self.replies = {}
        self.next_id = 0
        self.closed = False
        # A line end first: the agent may hold half a line of an earlier connection.
        self.socket.sendall(b"{}\n")
        threading.Thread(target=self._reader, daemon=True).start()

    def _reader(self):
        try:
            while True:
                line = self.file.readline()
                if not line:
                    break
                try:
                    reply = json.loads(line)
                except ValueError:
                    continue  # the rest of an answer to somebody else
                payload = self.file.read(reply.get("size", 0))
                with self.changed:
                    self.replies[reply.get("id")] = reply, payload
                    self.changed.notify_all()
        except (OSError, ValueError):
            pass
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def request(self, op, payload=b"", timeout=30, **members):
        """Returns (reply, payload). LabError where dom0 does not answer or says it failed."""
        with self.lock:
            self.next_id += 1
            number = self.next_id
            message = dict(members, id=number, op=op, timeout=timeout, size=len(payload))
            try:
                self.socket.sendall(json.dumps(message).encode() + b"\n" + payload)
            except OSError as error:
                raise LabError(f"dom0's channel is closed: {error}") from None
        with self.changed:
            done = self.changed.wait_for(lambda: number in self.replies or self.closed,
                                         timeout + SLACK_S)
            if number not in self.replies:
                raise LabError(f"dom0 did not answer to {op} within {timeout + SLACK_S} s"
                               if not done else f"the lab ended during {op}")
            reply, data = self.replies.pop(number)
        if "error" in reply:
            raise LabError(f"dom0: {op}: {reply['error']}")
        return reply, data

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass
