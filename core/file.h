/* SPDX-License-Identifier: BSD-2-Clause */
/* Open files by descriptor. There are no file systems yet: a file is the console, /dev/null or
 * /dev/zero. Descriptors 0, 1 and 2 are the console from the start. */
#ifndef PAGURUS_CORE_FILE_H
#define PAGURUS_CORE_FILE_H

#include "include/types.h"

#define FILES_MAX 64 /* descriptors, and open files behind them */

enum file_kind {
	FILE_FREE,
	FILE_CONSOLE,
	FILE_NULL,
	FILE_ZERO
};

/* What POSIX calls an open file description: shared by the descriptors that dup() makes. */
struct file {
	uint8_t kind;
	uint8_t refs;
	uint32_t flags; /* O_ACCMODE, O_NONBLOCK, O_APPEND */
};

/* The file behind a descriptor; NULL: none (-EBADF). Files are never freed, only reused, so the
 * pointer stays good. */
struct file *file_get(long fd);

#endif
