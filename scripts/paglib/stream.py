# SPDX-License-Identifier: BSD-2-Clause
"""Standard input and output of a guest behind its console: what goes in as bytes, not as typing, and
what comes out without the line in which the kernel says how it ended."""
import os
import re

DLE, EOT = b"\x10", b"\x04"  # core/tty.h: DLE EOT ends a pipe, DLE DLE is one DLE
ENDING = b"\r\npagurus: exit status "


def escape(data):
    """Input for a guest whose console is a pipe (pagurus.pipe)."""
    return data.replace(DLE, DLE + DLE)


END = DLE + EOT


def feed(source, pipe):
    """Hands a descriptor's bytes to the guest, then their end."""
    try:
        while True:
            data = os.read(source, 4096)
            if not data:
                break
            pipe.write(escape(data))
        pipe.write(END)
    except OSError:
        pass  # QEMU has gone, or there is no standard input


class Output:
    """Passes a console's bytes on to write(), without the last line that tells of the exit status.

    exact: the console is a pipe, where the kernel puts a newline of its own before that line; else
    that newline is the program's. newlines: CR LF becomes LF.
    """

    def __init__(self, write, exact, newlines):
        self.write = write
        self.exact = exact
        self.newlines = newlines
        self.first = True
        self.held = b"\r\n"  # stands for the beginning; never shown

    def _show(self, data):
        if self.first and data:
            data = data[2:]
            self.first = False
        if self.newlines:
            data = data.replace(b"\r\n", b"\n")
        if data:
            self.write(data)

    def feed(self, data):
        """Takes what the console said next."""
        data = self.held + data
        at = data.find(b"\r", max(0, len(data) - len(ENDING) - 5))
        while at >= 0 and not may_be_ending(data[at:]):
            at = data.find(b"\r", at + 1)
        if at < 0:
            at = len(data)
        self._show(data[:at])
        self.held = data[at:]

    def end(self):
        """The console has said all."""
        held, self.held = self.held, b""
        if re.fullmatch(ENDING + rb"\d+\r\n", held):
            held = held[:2] if not self.exact or self.first else b""
        self._show(held)


def may_be_ending(data):
    """Is this the last line that says the exit status, or the beginning of one?"""
    if len(data) <= len(ENDING):
        return ENDING.startswith(data)
    return bool(re.fullmatch(ENDING + rb"\d{1,3}(\r\n?)?", data))
