#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turns the functions of a linked image into the table that core/symbols.c reads.

    symbols.py --empty > none.S
    symbols.py IMAGE > symbols.S

IMAGE is the image linked with the empty table. The table lies behind all code, so that linking once
more with the full one moves no function. What is written is assembly for section .symbols:

    symbol_table  address of the first function (8 bytes); bytes from there to the end of the text,
                  number of blocks, and where blocks, pairs and stream begin (4 bytes each, the
                  last three counted from symbol_table)
    blocks        for every 16th function its offset from the first and its place in the stream
    pairs         code 0x80 + i in a name stands for the two codes pairs[i]
    stream        each function: distance from the one before (ULEB128; 0 for a block's first),
                  length of the name in codes (1 byte), the codes; at the end the distance from the
                  last function to the end of the text
"""
import argparse
import collections
import subprocess
import sys

HEADER = 28  # bytes, the address included
BLOCK = 16
FIRST_PAIR = 0x80
PAIRS = 128
NAME_MAX = 100
SEPARATOR = b"\0"


def read_functions(nm, image):
    """[(address, name)] of all code, sorted, one name for each address, and the text's bounds."""
    names = collections.defaultdict(list)
    bounds = {}
    output = subprocess.run([nm, "--defined-only", image], check=True, capture_output=True,
                            text=True).stdout
    for line in output.splitlines():
        address, kind, name = line.split(maxsplit=2)
        if name in ("__text_start", "__text_end"):
            bounds[name] = int(address, 16)
        elif kind in "tTwW" and name.isascii():
            names[int(address, 16)].append((kind, name))
    missing = {"__text_start", "__text_end"} - set(bounds)
    if missing:
        sys.exit(f"{image}: no symbol {' or '.join(sorted(missing))}: not an image of Pagurus?")
    start, end = bounds["__text_start"], bounds["__text_end"]
    functions = [(address, best_name(names[address])) for address in sorted(names)
                 if start <= address < end]
    if not functions:
        sys.exit(f"{image}: no functions between __text_start and __text_end")
    return functions, end


def best_name(candidates):
    """Of several names for one address: one without underscores, strong, short."""
    def rank(candidate):
        kind, name = candidate
        inside = name.startswith((".", "__kernel_text", "__program_text", "__text_"))
        return (inside, name.startswith("_"), kind in "wW", len(name), name)
    return min(candidates, key=rank)[1][:NAME_MAX]


def compress(names):
    """Replaces frequent pairs of codes by one code, again and again. Returns the names in codes and
    the pairs."""
    text = SEPARATOR.join(name.encode("ascii") for name in names)
    pairs = []
    while len(pairs) < PAIRS:
        counts = collections.Counter(zip(text, text[1:]))
        # Several at a time: counting costs more than replacing. Not two that share a code.
        used = set()
        ranked = sorted(((n, p) for p, n in counts.items() if n > 3 and 0 not in p), reverse=True)
        if not ranked:
            break
        for _, pair in ranked[:4]:
            if len(pairs) == PAIRS or used & set(pair):
                break
            used |= set(pair)
            text = text.replace(bytes(pair), bytes([FIRST_PAIR + len(pairs)]))
            pairs.append(pair)
    return text.split(SEPARATOR), pairs


def uleb128(value):
    out = bytearray()
    while True:
        byte = value & 0x7f
        value >>= 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def build(functions, end):
    """The table's bytes behind the first address."""
    codes, pairs = compress([name for _, name in functions])
    base = functions[0][0]
    blocks = bytearray()
    stream = bytearray()
    previous = base
    for i, ((address, _), name) in enumerate(zip(functions, codes)):
        if i % BLOCK == 0:
            blocks += (address - base).to_bytes(4, "little") + len(stream).to_bytes(4, "little")
            previous = address
        stream += uleb128(address - previous) + bytes([len(name)]) + name
        previous = address
    stream += uleb128(end - previous)
    pair_bytes = b"".join(bytes(pair) for pair in pairs).ljust(2 * PAIRS, b"\0")
    header = [end - base, len(blocks) // 8, HEADER, HEADER + len(blocks),
              HEADER + len(blocks) + len(pair_bytes)]
    return (b"".join(v.to_bytes(4, "little") for v in header) + bytes(blocks) + pair_bytes +
            bytes(stream))


def assembly(base, table):
    lines = ["\t.section .symbols, \"a\"", "\t.balign 8", "\t.globl symbol_table",
             "\t.type symbol_table, @object", "symbol_table:", f"\t.quad {base:#x}"]
    for i in range(0, len(table), 16):
        lines.append("\t.byte " + ",".join(map(str, table[i:i + 16])))
    lines += ["\t.size symbol_table, . - symbol_table",
              "\t.section .note.GNU-stack, \"\", @progbits"]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description="table of an image's functions, as assembly")
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("image", nargs="?", help="linked image")
    group.add_argument("--empty", action="store_true", help="a table without functions")
    parser.add_argument("--nm", default="nm")
    arguments = parser.parse_args()

    if arguments.empty:
        sys.stdout.write(assembly(0, bytes(HEADER - 8)))
    else:
        functions, end = read_functions(arguments.nm, arguments.image)
        sys.stdout.write(assembly(functions[0][0], build(functions, end)))


if __name__ == "__main__":
    main()
