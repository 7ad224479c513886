/* SPDX-License-Identifier: BSD-2-Clause */
/* execve's part of the core: what of the old program ends, so that another one can take its place. */
#ifndef PAGURUS_CORE_REPLACE_H
#define PAGURUS_CORE_REPLACE_H

#include "include/types.h"

/* Ends all other threads of the program; from here on there is no way back. Returns 0 when they are
 * gone, or -EAGAIN where another thread does so already: then the caller is one of those that end.
 * Nothing may be held. Threads only. */
int replace_begin(void);

/* Ends everything else that does not outlive a program: its memory, handlers, timers, robust futexes,
 * the descriptors that close on exec; the caller becomes thread 1. After replace_begin(). */
void replace_reset(void);

/* Goes on in the new program at entry, RSP = sp. After replace_reset(). */
__noreturn void replace_enter(uint64_t sp, uint64_t entry);

#endif
