// SPDX-License-Identifier: BSD-2-Clause
/* The kernel address sanitizer's shadow, and the functions that compilers call with
 * -fsanitize=kernel-address: their names, and what a byte of the shadow means, are the compilers'. */
#include "mm/kasan.h"

#include "arch/x86/paging.h"
#include "include/log.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/heap.h"

#define SCALE 3 /* 8 bytes of memory per byte of the shadow */

/* 0: all 8 bytes may be touched; 1 to 7: the first so many; above 0x7f: none. */
static uint8_t *shadow;
static uint64_t covered; /* bytes of memory */
static bool reported;

void kasan_init(phys_t end)
{
	unsigned order = 0;
	phys_t block = FRAME_NONE;

	while (order < FRAME_ORDER_MAX && (FRAME_SIZE << order << SCALE) < end)
		order++;
	if ((FRAME_SIZE << order << SCALE) >= end)
		block = frame_alloc_zeroed(order);
	if (block == FRAME_NONE) {
		log_warn("kasan: no room for the shadow of %lu MiB: nothing is checked", end >> 20);
		return;
	}
	covered = end;
	shadow = phys_to_virt(block);
}

void kasan_forbid(const void *at, size_t size, uint8_t why)
{
	uint64_t offset = (uint64_t)at - DIRECT_MAP_BASE;

	if (shadow && offset < covered)
		memset(shadow + (offset >> SCALE), why, size >> SCALE);
}

void kasan_allow(const void *at, size_t size)
{
	uint64_t offset = (uint64_t)at - DIRECT_MAP_BASE;

	if (!shadow || offset >= covered)
		return;
	memset(shadow + (offset >> SCALE), 0, size >> SCALE);
	if (size % 8)
		shadow[(offset + size) >> SCALE] = size % 8;
}

static __noreturn void report(uint64_t address, size_t size, bool write, uint64_t bad,
                              const void *caller)
{
	const char *why = shadow[(bad - DIRECT_MAP_BASE) >> SCALE] == KASAN_FREED
	                      ? "after it was freed"
	                      : "where nothing is allocated";
	struct heap_block block;

	if (heap_guard_find((const void *)bad, &block))
		panic("kasan: %s of %lu bytes %s: at byte %ld of the %lu at %p (from %pS), by %pS",
		      write ? "write" : "read", size, why, (long)(address - (uint64_t)block.start),
		      block.size, block.start, block.caller, caller);
	panic("kasan: %s of %lu bytes %s: at %#lx, by %pS", write ? "write" : "read", size, why,
	      address, caller);
}

static inline bool is_bad(uint64_t address)
{
	int8_t value = (int8_t)shadow[(address - DIRECT_MAP_BASE) >> SCALE];

	return unlikely(value) && (int8_t)(address & 7) >= value;
}

static inline void check(uint64_t address, size_t size, bool write, const void *caller)
{
	uint64_t last = address + size - 1;

	if (!shadow || reported || address < DIRECT_MAP_BASE || !size ||
	    last - DIRECT_MAP_BASE >= covered)
		return;
	for (uint64_t at = address; at <= last; at = (at | 7) + 1) {
		uint64_t end = MIN(at | 7, last);

		if (is_bad(end)) {
			reported = true;
			report(address, size, write, is_bad(at) ? at : end, caller);
		}
	}
}

#define ENTRY(name, size, write)                                                                   \
	void name(uint64_t address);                                                                   \
	void name(uint64_t address)                                                                    \
	{                                                                                              \
		check(address, size, write, __builtin_return_address(0));                                  \
	}

ENTRY(__asan_load1_noabort, 1, false)
ENTRY(__asan_load2_noabort, 2, false)
ENTRY(__asan_load4_noabort, 4, false)
ENTRY(__asan_load8_noabort, 8, false)
ENTRY(__asan_load16_noabort, 16, false)
ENTRY(__asan_store1_noabort, 1, true)
ENTRY(__asan_store2_noabort, 2, true)
ENTRY(__asan_store4_noabort, 4, true)
ENTRY(__asan_store8_noabort, 8, true)
ENTRY(__asan_store16_noabort, 16, true)

void __asan_loadN_noabort(uint64_t address, size_t size);
void __asan_storeN_noabort(uint64_t address, size_t size);
void __asan_handle_no_return(void);

void __asan_loadN_noabort(uint64_t address, size_t size)
{
	check(address, size, false, __builtin_return_address(0));
}

void __asan_storeN_noabort(uint64_t address, size_t size)
{
	check(address, size, true, __builtin_return_address(0));
}

/* For stacks with a shadow, which these have not. */
void __asan_handle_no_return(void)
{
}
