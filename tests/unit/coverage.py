#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Says which lines of the kernel's sources the unit tests reached: reads what gcc --coverage left
below the folder given, all tests together. One line for each source, with the lines not reached."""
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile


def collect(folder):
    """Returns {source: {line: count}} over every test."""
    sources = {}
    notes = glob.glob(os.path.join(folder, "*.d", "**", "*.gcda"), recursive=True)
    with tempfile.TemporaryDirectory() as work:
        for number, note in enumerate(notes):
            out = os.path.join(work, str(number))
            os.mkdir(out)
            subprocess.run(["gcov", "--json-format", note], cwd=out, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for name in glob.glob(os.path.join(out, "*.gz")):
                with gzip.open(name) as file:
                    report = json.load(file)
                for source in report["files"]:
                    lines = sources.setdefault(os.path.normpath(source["file"]), {})
                    for line in source["lines"]:
                        number_ = line["line_number"]
                        lines[number_] = lines.get(number_, 0) + line["count"]
    return sources


def ranges(numbers):
    """[1, 2, 3, 7] as "1-3 7"."""
    parts = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def main(folder):
    tree = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    reached_all = lines_all = 0
    for source, lines in sorted(collect(folder).items()):
        name = os.path.relpath(source, tree)
        if name.startswith(("tests/", "..")):
            continue
        missed = [line for line, count in lines.items() if not count]
        reached_all += len(lines) - len(missed)
        lines_all += len(lines)
        print(f"{100 * (len(lines) - len(missed)) // len(lines):4}%  {name}: {ranges(missed)}")
    if not lines_all:
        sys.exit(f"coverage: nothing below {folder}: run make check-coverage")
    print(f"coverage: {reached_all} of {lines_all} lines")


if __name__ == "__main__":
    main(sys.argv[1])
