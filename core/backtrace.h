/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints who called whom, for panics. Memory is read only where the page tables say that it is
 * there, so that a wild stack cannot make things worse. */
#ifndef PAGURUS_CORE_BACKTRACE_H
#define PAGURUS_CORE_BACKTRACE_H

#include "include/types.h"

/* Copies n bytes from address. Returns false, and copies nothing, where a byte is not mapped. */
bool peek_memory(void *dst, virt_t address, size_t n);

/* Is there memory at address that may be executed? */
bool peek_executable(virt_t address);

typedef void (*print_fn)(const char *fmt, ...) __printf(1, 2);

/* Prints the call chain through frame pointers: rip, then what rbp leads to. Functions that were
 * built without frame pointers (the C library's) are missing there: what looks like a return
 * address between rsp and rbp comes first, marked with '?'. Give rsp = rbp for no such guesses. */
#ifdef CONFIG_FRAME_POINTERS
void backtrace_print(uint64_t rip, uint64_t rbp, uint64_t rsp, print_fn print);
#else
static inline void backtrace_print(uint64_t rip, uint64_t rbp, uint64_t rsp, print_fn print)
{
	(void)rip;
	(void)rbp;
	(void)rsp;
	(void)print;
}
#endif

#endif
