# SPDX-License-Identifier: BSD-2-Clause
"""The table of function names: scripts/symbols.py writes it, core/symbols.c reads it."""
import random

import pytest

from conftest import TREE, run

BASE = 0xffffffff80100000

# Reads addresses from the command line, prints what the kernel calls them.
READER = """
#include <stdio.h>
#include <stdlib.h>
#include "core/symbols.h"
int main(int argc, char **argv)
{
	char name[128];

	(void)argc;
	for (char **p = argv + 1; *p; p++)
		puts(symbols_format(name, sizeof(name), strtoull(*p, NULL, 0)) ? name : "nothing");
}
"""


def done(command):
    result = run(command)
    assert result.returncode == 0, result.stdout
    return result.stdout


def build_image(folder, functions, more=""):
    """An ELF file with functions [(name, size)] one behind the other."""
    text = ["\t.text", "\t.globl __text_start", "__text_start:"]
    for name, size in functions:
        text += [f"\t.globl {name}", f"\t.type {name}, @function", f"{name}:", f"\t.skip {size}, 0x90"]
    text += ["\t.globl __text_end", "__text_end:", "\t.byte 0x90", more, "\t.data",
             "\t.globl not_a_function", "not_a_function: .long 1"]
    (folder / "image.S").write_text("\n".join(text) + "\n")
    done(["gcc", "-c", "-o", folder / "image.o", folder / "image.S"])
    done(["ld", "-e", "0", f"-Ttext={BASE:#x}", "-o", folder / "image", folder / "image.o"])
    return folder / "image"


def build_reader(folder, *arguments):
    """The kernel's reader over the table that symbols.py makes."""
    (folder / "table.S").write_text(done([TREE / "scripts/symbols.py", *arguments]))
    (folder / "reader.c").write_text(READER)
    done(["gcc", "-std=gnu11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
          f"-I{TREE}", "-DPAGURUS_HOST=1", "-o", folder / "reader", folder / "reader.c",
          folder / "table.S", TREE / "core/symbols.c", TREE / "lib/fmt.c"])
    return folder / "reader"


def lookup(reader, addresses):
    found = []
    for i in range(0, len(addresses), 1000):
        found += done([reader, *map(hex, addresses[i:i + 1000])]).splitlines()
    assert len(found) == len(addresses)
    return found


@pytest.mark.parametrize("count", [1, 15, 16, 17, 32, 33, 1500])
def test_every_function_is_found(tmp_path, count):
    rng = random.Random(count)
    words = ["thread", "area", "frame", "console", "write", "x", "_", "map", "lookup_by", "Z9"]
    functions = [("".join(rng.choices(words, k=rng.randint(1, 6))) + f"_{i}",
                  rng.choice([1, 2, 16, 127, 128, 500, 20000])) for i in range(count)]
    reader = build_reader(tmp_path, build_image(tmp_path, functions))
    asked, expected = [BASE - 1, 0, BASE + sum(size for _, size in functions)], ["nothing"] * 3
    address = BASE
    for name, size in functions:
        for offset in {0, size // 2, size - 1}:
            asked.append(address + offset)
            expected.append(f"{name}+{offset:#x}/{size:#x}")
        address += size
    assert lookup(reader, asked) == expected


def test_names_are_chosen_and_cut(tmp_path):
    long_name = "n" * 300
    image = build_image(tmp_path, [("__memcpy", 32), (long_name, 16)],
                        "\t.weak memcpy\n\t.set memcpy, __memcpy")
    reader = build_reader(tmp_path, image)
    assert lookup(reader, [BASE + 5, BASE + 40]) == ["memcpy+0x5/0x20", f"{'n' * 100}+0x8/0x10"]


def test_empty_table(tmp_path):
    reader = build_reader(tmp_path, "--empty")
    assert lookup(reader, [0, 1, BASE, 2**64 - 1]) == ["nothing"] * 4


def test_table_is_compact_and_the_same_each_time(tmp_path):
    functions = [(f"subsystem_operation_number_{i}", 64) for i in range(1000)]
    image = build_image(tmp_path, functions)
    table = done([TREE / "scripts/symbols.py", image])
    assert table == done([TREE / "scripts/symbols.py", image])
    data = sum(line.count(",") + 1 for line in table.splitlines() if line.startswith("\t.byte"))
    assert data < 10 * len(functions)


def test_a_file_that_is_no_image(tmp_path):
    (tmp_path / "a.c").write_text("int main(void) { return 0; }\n")
    done(["gcc", "-o", tmp_path / "a", tmp_path / "a.c"])
    result = run([TREE / "scripts/symbols.py", tmp_path / "a"])
    assert result.returncode != 0
    assert "__text_start" in result.stdout
