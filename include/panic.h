/* SPDX-License-Identifier: BSD-2-Clause */
/* What cannot go on: prints reason, registers and a backtrace on every console and stops the
 * machine with a failing status. Implemented by core/panic.c. */
#ifndef PAGURUS_PANIC_H
#define PAGURUS_PANIC_H

#include "include/types.h"

__noreturn __cold void panic(const char *fmt, ...) __printf(1, 2);

/* A condition that only a bug in the kernel makes false. Always compiled in: use where it is cheap. */
#define ASSERT(cond)                                                                               \
	do {                                                                                           \
		if (unlikely(!(cond)))                                                                     \
			panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #cond);                       \
	} while (0)

/* The same, only with CONFIG_DEBUG_CHECKS: for checks that cost. */
#ifdef CONFIG_DEBUG_CHECKS
#define DEBUG_ASSERT(cond) ASSERT(cond)
#else
#define DEBUG_ASSERT(cond) ((void)sizeof(cond))
#endif

#endif
