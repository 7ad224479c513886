# SPDX-License-Identifier: BSD-2-Clause
"""The guest's command line (core/params.h)."""
import re

from . import PagError

BYTES_MAX = 4095  # include/boot_info.h: BOOT_CMDLINE_MAX without its NUL
WORDS_MAX = 256   # core/params.h: PARAMS_MAX, of each kind


def quote(word):
    """A word as the guest splits words."""
    if word and not re.search(r"[\s'\"\\]", word):
        return word
    return '"%s"' % re.sub(r'(["\\])', r"\\\1", word)


def kernel_words(path, environment, options):
    """What comes before "--": the program's path, kernel options, the environment."""
    for name in environment:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise PagError(f"-e {name}=...: no name of a variable: letters, digits and _ only")
    words = ["pagurus.program=" + path, *options]
    words += [f"{name}={value}" for name, value in environment.items()]
    return " ".join(quote(word) for word in words)


def command_line(kernel, arguments):
    """All of it, checked against what the guest takes."""
    line = kernel + (" -- " + " ".join(quote(word) for word in arguments) if arguments else "")
    size = len(line.encode("utf-8", "surrogateescape"))
    if size > BYTES_MAX:
        raise PagError(f"arguments and environment take {size} bytes, and a virtual machine's "
                       f"command line has {BYTES_MAX}: put them into a file (--file, -v)")
    if len(arguments) > WORDS_MAX:
        raise PagError(f"{len(arguments)} arguments, and at most {WORDS_MAX} can be handed over")
    return line
