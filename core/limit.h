/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits that other parts look at. */
#ifndef PAGURUS_CORE_LIMIT_H
#define PAGURUS_CORE_LIMIT_H

#include "include/types.h"

/* RLIMIT_FSIZE, RLIMIT_AS, RLIMIT_NPROC, as they are: bytes, bytes, threads; LIMIT_NONE.
 * With CONFIG_SYSCALLS_INFO only. */
#define LIMIT_NONE UINT64_MAX
extern uint64_t limit_file_size, limit_address_space, limit_threads;

/* RLIMIT_* as getrlimit says it; LIMIT_NONE: none. */
struct limit {
	uint64_t soft, hard;
};
struct limit limit_get(unsigned resource);

/* Bytes of stack that the next program gets (execve): RLIMIT_STACK, whole pages, within what there is
 * room for. */
size_t limit_stack_size(void);

#endif
