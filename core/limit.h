/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits that other parts look at. */
#ifndef PAGURUS_CORE_LIMIT_H
#define PAGURUS_CORE_LIMIT_H

#include "include/types.h"

/* Bytes of stack that the next program gets (execve): RLIMIT_STACK, whole pages, within what there is
 * room for. */
size_t limit_stack_size(void);

#endif
