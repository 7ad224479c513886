/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of the functions in the image, from the table that scripts/symbols.py makes. */
#ifndef PAGURUS_CORE_SYMBOLS_H
#define PAGURUS_CORE_SYMBOLS_H

#include "include/types.h"

/* Writes "name+0x12/0x40" for an address inside the image's code: offset and size of the function.
 * At most size bytes, NUL included. Returns the length of the whole, 0 where no function lies
 * there. Any context. */
int symbols_format(char *buf, size_t size, uintptr_t address);

#endif
