/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions of the kernel that a program calls directly run on the program's stack, whose next page
 * may want a first touch at any call: so whatever holds the areas' or the frames' lock must not. */
#ifndef PAGURUS_X86_KERNEL_CALL_H
#define PAGURUS_X86_KERNEL_CALL_H

#include "include/types.h"

/* Calls function with these arguments on this thread's kernel stack, which nothing uses while the
 * thread runs program code. Interrupts off, and they stay so. Returns what it returned: of a result
 * narrower than 64 bits only the low ones count. */
uint64_t on_kernel_stack(void *function, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                         uint64_t e);

#endif
