# SPDX-License-Identifier: BSD-2-Clause
"""The runner of test suites of others (tests/conformance): what it makes of programs that pass, fail,
leave themselves out, crash and do not end; lists; where source packages are asked for."""
import sys

import pytest

from conftest import TREE, run
from test_files import image  # noqa: F401 (fixture)

sys.path[:0] = [str(TREE / "scripts"), str(TREE / "tests/conformance")]
import common  # noqa: E402
import debian  # noqa: E402
import page  # noqa: E402

PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') + 1;
	printf("this is %s\n", name);
	fflush(stdout);
	if (!strcmp(name, "crashes"))
		abort();
	while (!strcmp(name, "hangs"))
		pause();
	return argc == 1 ? atoi(name + 1) : 9;
}
"""


@pytest.fixture
def suite(tmp_path):
    (tmp_path / "program.c").write_text(PROGRAM)
    done = run(["gcc", "-static", "-o", tmp_path / "program", tmp_path / "program.c"])
    assert done.returncode == 0, done.stdout
    made = common.Programs()
    made.out = tmp_path
    made.TIMEOUT = 10
    for name in ("x0", "x1", "x77", "crashes", "hangs"):
        made.groups["all"][name] = tmp_path / "program"
    return made


def test_programs(image, suite, tmp_path):  # noqa: F811
    for replay in (False, True):  # the second time from the logs of the first
        result = suite.run("all", common.Guest(image, tmp_path, replay=replay))
        assert result.passed == 1
        assert result.skipped == [("all/x77", "unsupported")]
        assert result.failed == [
            ("all/crashes", "killed by signal 6 (SIGABRT): this is crashes"),
            ("all/hangs", "no end in time: this is hangs"), ("all/x1", "exit status 1: this is x1")]
        assert result.row() == (1, 3, 1)
    assert suite.run("all", common.Guest(image, tmp_path), only="x[01]").row() == (1, 1, 0)


def test_lists(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "LISTS", tmp_path)
    (tmp_path / "some.why").write_text("# comment\nstatus 1\tit says so\n")
    page.keep("some", "a", common.Result(5, [("a/x", "status 1"), ("a/y", "status 2")], [("a/z", "no")]))
    page.keep("some", "b", common.Result(1, [("b", "no end in time")], [], ended=False))
    assert page.rows("some") == {"a": (5, 2, 1), "b": (1, None, 0)}
    assert page.lines("some")["a"][1] == {"it says so": 1, "not read: status 2": 1}
    why = page.reasons("some")
    assert page.reason(why, "a/x", "status 1") == "it says so"
    assert page.reason(why, "a/y", "status 2") is None


def test_all_failures_have_a_reason():
    for path in page.LISTS.glob("*.txt"):
        assert "not read:" not in path.read_text(), path


def test_entries_of_this_release_only():
    texts = {"a.sources": "# one\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: this this-updates\n"
                          "Components: main\n\nTypes: deb\nURIs: http://other.example\nSuites: nodistro\n"
                          "Components: main\n",
             "b.list": "deb [arch=amd64] http://old.example/debian this main contrib\n"
                       "deb http://old.example/debian that main\n# deb http://no.example this main\n"}
    text = debian.entries_for_source(texts, "this")
    assert text.count("Types: deb-src") == 2
    assert "mirror.example" in text and "Components: main contrib" in text
    assert "other" not in text and "that" not in text and "no.example" not in text
    assert debian.entries_for_source({}, "this") == ""
