# SPDX-License-Identifier: BSD-2-Clause
"""Says on standard error what takes longer than a second, and how long it took."""
import sys
import threading
import time


class Progress:
    """with Progress("building the image"): ..."""

    def __init__(self, what, after=1.0):
        self.what = what
        self.after = after
        self.done = threading.Event()

    def _watch(self):
        shown = False
        live = sys.stderr.isatty()
        while not self.done.wait(1.0 if shown else self.after):
            if live:
                sys.stderr.write(f"\rpag: {self.what} ... {time.monotonic() - self.start:.0f} s")
            elif not shown:
                sys.stderr.write(f"pag: {self.what} ...\n")
            sys.stderr.flush()
            shown = True
        if shown:
            sys.stderr.write(f"{chr(13) if live else ''}pag: {self.what}: "
                             f"{time.monotonic() - self.start:.1f} s\n")

    def __enter__(self):
        self.start = time.monotonic()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
