/* SPDX-License-Identifier: BSD-2-Clause */
/* The strings that execve takes along, copied out of the memory of the program that ends. */
#ifndef PAGURUS_FS_EXEC_STRINGS_H
#define PAGURUS_FS_EXEC_STRINGS_H

#include "core/program.h"

struct exec_chunk;

struct exec_strings {
	struct program_strings strings;
	struct exec_chunk *first, *last; /* a frame each */
};

/* Makes it empty. */
void exec_strings_init(struct exec_strings *s);

/* Adds a string of the kernel's. Returns 0, -ENOMEM or -E2BIG. */
int exec_strings_add(struct exec_strings *s, const char *text);

/* Adds those that the program's NULL-terminated array points at (NULL: none), but for the first skip.
 * *count: how many. Returns 0, -EFAULT, -ENOMEM, -E2BIG. */
int exec_strings_add_array(struct exec_strings *s, const uint64_t *array, unsigned skip,
                           unsigned *count);

void exec_strings_free(struct exec_strings *s);

#endif
