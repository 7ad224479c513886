/* SPDX-License-Identifier: BSD-2-Clause */
/* CONFIG_KASAN: the compiler has every access of the kernel looked up in a shadow, a byte for each 8
 * bytes of memory, that says whether they may be touched. It covers the direct map; all of it may be
 * but what mm/heap_guard.c says. */
#ifndef PAGURUS_MM_KASAN_H
#define PAGURUS_MM_KASAN_H

#include "include/types.h"

#define KASAN_ZONE 0xfa  /* between allocations */
#define KASAN_FREED 0xfd /* not yet used again */

#ifdef CONFIG_KASAN

/* Makes the shadow for physical memory up to end: before that nothing is checked, nor where there is
 * no memory for it. */
void kasan_init(phys_t end);

/* at: a multiple of 8. What is forbidden has a size that is one, too. */
void kasan_forbid(const void *at, size_t size, uint8_t why);
void kasan_allow(const void *at, size_t size);

#else

static inline void kasan_init(phys_t end)
{
	(void)end;
}

static inline void kasan_forbid(const void *at, size_t size, uint8_t why)
{
	(void)at;
	(void)size;
	(void)why;
}

static inline void kasan_allow(const void *at, size_t size)
{
	(void)at;
	(void)size;
}

#endif
#endif
