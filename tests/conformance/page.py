# SPDX-License-Identifier: BSD-2-Clause
"""What is expected of each suite (lists/SUITE.txt: group, passed, failed, skipped), why tests do not
pass (lists/SUITE.why: a pattern on "test: what it said", a tab, the reason), and the page that is
made of both."""
import collections
import importlib
import pathlib
import re

from common import TREE

LISTS = pathlib.Path(__file__).resolve().parent / "lists"
DOC = TREE / "docs/conformance.md"
HEAD = """# Test suites of others

`make conformance` runs test suites that Debian's archive has, in packages and source packages, inside
Pagurus; `ARGS="--suite posix"` only that one, `ARGS="--suite python test_os"` only that module. Nothing
of them is in this repository: they are fetched where the machine gets its packages, and built with its
compiler. `tests/conformance/lists` is what is expected; fewer that pass are an error. A test that fails
on account of what Pagurus does not have (processes, a network) counts as failed.
"""


def lines(name):
    """{group: (row, reasons)}: row is (passed, failed or None, skipped); reasons {text: tests}."""
    found = {}
    path = LISTS / (name + ".txt")
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        if line and not line.startswith("#"):
            numbers, *told = line.split("\t")
            group, *numbers = numbers.split()
            if len(numbers) != 3:
                numbers, told = [], []  # not run yet
            pairs = (text.split(" ", 1) for text in told)
            found[group] = (tuple(None if n == "-" else int(n) for n in numbers),
                            {text: int(count) for count, text in pairs})
    return found


def rows(name):
    """{group: (passed, failed or None, skipped)} as expected."""
    return {group: row or None for group, (row, _) in lines(name).items()}


def reasons(name):
    """Patterns and reasons; the first that matches counts."""
    path = LISTS / (name + ".why")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else ()
    return [(re.compile(pattern), text) for pattern, text in
            (line.split("\t") for line in lines if line and not line.startswith("#"))]


def reason(why, test, said):
    """The reason of one test, or None where nobody has read it yet."""
    line = "%s: %s" % (test, said)
    return next((text for pattern, text in why if pattern.search(line)), None)


def number(value):
    return "-" if value is None else str(value)


def keep(name, group, result):
    """Brings one group's line of the list up to date."""
    found, why = lines(name), reasons(name)
    told = collections.Counter()
    for test, said in dict(result.failed).items():
        told[reason(why, test, said) or "not read: " + "".join(c for c in " ".join(said.split()) if c.isprintable())[:150]] += 1
    found[group] = (result.row(), told)
    text = "# group passed failed skipped, and how many failed for which reason; failed is - where " \
        "not all tests ran\n"
    for group, (row, told) in sorted(found.items()):
        text += "\t".join([" ".join([group, *map(number, row)]),
                           *("%d %s" % (count, said) for said, count in sorted(
                               told.items(), key=lambda pair: (-pair[1], pair[0])))]) + "\n"
    LISTS.mkdir(exist_ok=True)
    (LISTS / (name + ".txt")).write_text(text, encoding="utf-8")


def section(name):
    """A suite's part of the page: all groups with something failed, the rest as one line."""
    suite, found = importlib.import_module("suites." + name), lines(name)
    total, whole, told = [0, 0, 0], [0, 0, 0, 0], collections.Counter()
    table = []
    for group, (row, why) in sorted(found.items()):
        if not row:
            continue
        total = [a + (b or 0) for a, b in zip(total, row)]
        told.update(why)
        if row[1] == 0:
            whole = [a + b for a, b in zip(whole, (1, *row))]
        else:
            table.append("| %s | %d | %s | %d | %s |" % (group, row[0], number(row[1]), row[2], "; ".join(
                "%s (%d)" % (text.replace("|", "/"), count) for text, count in why.items())))
    return [f"## {suite.TITLE}", "", *suite.ABOUT.splitlines(), "",
            "| | passed | failed | skipped | why |", "|---|---:|---:|---:|---|",
            "| **all** | **%d** | **%d** | **%d** | %s |" % (*total, "; ".join(
                "%s (%d)" % (text.replace("|", "/"), count) for text, count in told.most_common())
                if len(table) > 1 else ""),
            "| %d more, without failures | %d | %d | %d | |" % tuple(whole), *table, ""]


def write(suites):
    """The page, from all lists there are."""
    text = HEAD.splitlines() + [""]
    for name in suites:
        if lines(name):
            text += section(name)
    DOC.write_text("\n".join(text), encoding="utf-8")
