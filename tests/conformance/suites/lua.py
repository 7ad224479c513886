# SPDX-License-Identifier: BSD-2-Clause
"""Lua's tests that Debian has: the scripts of the source package lua5.1 (newer ones bring none), and
LPeg's own test, with Debian's interpreter and module, unpacked and not installed. A script passes
where it ends and says what it says on this machine."""
import re
import subprocess

import debian
from common import Result, archive
from paglib.collect import Collection

TITLE = "Lua (Debian's source packages lua5.1 and lua-lpeg)"
ABOUT = """The scripts that need no input, with Debian's lua5.1, and LPeg's test of itself: a script passes that says
what it says on the build machine. Debian's packages of Lua 5.2 to 5.4 hold no tests."""
# Scripts with their arguments; others wait for input, tell the time, addresses or the environment.
SCRIPTS = {"bisect": [], "cf": [], "echo": ["a", "b c"], "factorial": [], "fibfor": [], "hello": [],
           "sieve": [], "sort": []}


class Suite:
    """Groups are the two packages."""
    def __init__(self):
        self.groups = {"lua5.1": None, "lpeg": None}
        self.module, self.program, self.environment, self.tests = None, None, None, {}

    def prepare(self, out):
        """Unpacks interpreter, module and scripts."""
        lua = debian.unpack_source("lua5.1", out / "source") / "test"
        lpeg = debian.unpack_source("lua-lpeg", out / "source")
        self.program = debian.unpack("lua5.1", out / "debian") / "usr/bin/lua5.1"
        library = debian.unpack("lua-lpeg", out / "debian") / "usr/lib/x86_64-linux-gnu/lua/5.1"
        found = Collection()
        path, _ = found.add_program(str(self.program))
        found.entries["/usr/bin/lua5.1"] = found.entries.pop(path)
        for name, folder in (("lua", lua), ("lpeg", lpeg)):
            for file in folder.glob("*.lua"):
                found.add_tree(str(file), f"/{name}/{file.name}")
        for file in library.glob("*.so"):
            found.add_tree(str(file.resolve()), f"/lpeg/{file.name}")
        self.environment = {"LUA_CPATH": str(library) + "/?.so", "LUA_PATH": str(lpeg) + "/?.lua"}
        self.module = archive(out / "lua.cpio", found.entries)
        self.tests = {"lua5.1": [(name, lua / (name + ".lua"), f"/lua/{name}.lua", words)
                                 for name, words in SCRIPTS.items()],
                      "lpeg": [("test", lpeg / "test.lua", "/lpeg/test.lua", [])]}
        return {}

    def run(self, group, guest):
        """Runs a group's scripts, each here and in a guest."""
        result = Result()
        for name, here, there, words in self.tests[group]:
            done = subprocess.run([self.program, here.name, *words], cwd=here.parent, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  errors="replace", env={"HOME": "/", **self.environment}, timeout=100, check=False)
            ended = guest.run(f"{group}.{name}", self.module, ["/usr/bin/lua5.1", there, *words],
                              timeout=300, env="HOME=/ LUA_CPATH=/lpeg/?.so LUA_PATH=/lpeg/?.lua")
            said = re.sub(r"^(run|pagurus): .*$", "", ended.said, flags=re.M).replace(there, here.name)
            same = re.sub(r"\s+", " ", said).strip() == re.sub(r"\s+", " ", done.stdout).strip()
            if ended.status == done.returncode and same:
                result.passed += 1
            else:
                result.failed.append((f"{group}/{name}", "%s (here %d): %s" % (
                    ended.how(), done.returncode, ended.last_line())))
        return result
