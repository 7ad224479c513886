/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel heap: size classes of 16 bytes to 2 KiB cut from frames, larger ones as whole frames.
 * Alignment: 16 bytes, and the size itself for powers of two up to 4 KiB (64-byte aligned and up
 * for everything >= 64). Any context, never sleeps. */
#ifndef PAGURUS_MM_HEAP_H
#define PAGURUS_MM_HEAP_H

#include "include/types.h"

/* size bytes, contents undefined; NULL: no memory (or size 0). */
void *heap_alloc(size_t size);
void *heap_zalloc(size_t size);
/* Gives back what heap_alloc returned; NULL is nothing. */
void heap_free(void *p);

/* CONFIG_HEAP_GUARD: the allocation that the address at lies in, or next to. false: none is near. */
struct heap_block {
	const void *start, *caller;
	size_t size;
};
bool heap_guard_find(const void *at, struct heap_block *block);

/* What mm/heap_guard.c puts itself in front of (CONFIG_HEAP_GUARD). */
void *heap_plain_alloc(size_t size);
void heap_plain_free(void *p);

/* A kernel stack of CONFIG_KERNEL_STACK_KIB with an unmapped guard page below, from a cache of
 * recently freed ones where possible. Returns the address just above its top (16-byte aligned) or
 * NULL. May be called with interrupts off. */
void *kernel_stack_alloc(void);
void kernel_stack_free(void *top);

/* Does address lie in a guard page of a kernel stack? For the panic message. */
bool kernel_stack_guard(virt_t address);

#endif
