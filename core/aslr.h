/* SPDX-License-Identifier: BSD-2-Clause */
/* Address space layout randomization: where the parts of a loaded program lie, chosen anew at each
 * boot. Without CONFIG_ASLR everything lies where it always does. */
#ifndef PAGURUS_CORE_ASLR_H
#define PAGURUS_CORE_ASLR_H

#include "core/params.h"

#ifdef CONFIG_ASLR
/* Chooses all places, and sets where mmap begins; pagurus.noaslr makes them the same each time. Before
 * anything is mapped for the program; once. */
void aslr_init(const struct params *params);

/* The same again, for another program (execve). Before anything is mapped for it. */
void aslr_renew(void);

/* Where a position-independent program is to be, a multiple of its alignment or not. 0: anywhere. */
virt_t aslr_program(void);

/* Bytes between the highest stack that there can be and the program's, a multiple of 16. */
uint64_t aslr_stack(void);

/* Bytes between the program's end and the heap of brk, whole pages. */
uint64_t aslr_brk(void);
#else
static inline void aslr_init(const struct params *params)
{
	(void)params;
}

static inline void aslr_renew(void)
{
}

static inline virt_t aslr_program(void)
{
	return 0;
}

static inline uint64_t aslr_stack(void)
{
	return 0;
}

static inline uint64_t aslr_brk(void)
{
	return 0;
}
#endif

#endif
