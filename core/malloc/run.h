/* SPDX-License-Identifier: BSD-2-Clause */
/* The lower half of malloc: runs of 64 KiB units cut out of one large area that is reserved at the
 * first call. What is known of a unit lies apart from it, so no page of a block is touched before
 * the program does, and a block has exactly the size of its run. */
#ifndef PAGURUS_CORE_MALLOC_RUN_H
#define PAGURUS_CORE_MALLOC_RUN_H

#include "include/types.h"

#define UNIT_SHIFT 16
#define UNIT_SIZE (1UL << UNIT_SHIFT)

/* What a unit is part of: */
#define KIND_NONE 0         /* nothing, or the inside of a large block or a free run */
#define KIND_FREE 0xfd      /* the first or last unit of a free run */
#define KIND_FREE_ZERO 0xfe /* the same, all of it zero and without frames */
#define KIND_LARGE 0xff     /* the first unit of a large block */
/* else: a slab of this size class (core/malloc/class.h) */

/* What is known of a unit where a run or a slab begins. */
struct unit {
	uint32_t n; /* run (also in the last unit of a free one): its units; slab: objects in use */
	uint32_t next, prev; /* free run or slab: its neighbours in its list; 0: none */
	uint32_t free;       /* slab: its free objects (core/malloc/small.c) */
};

struct heap {
	virt_t base;       /* of unit 0, which is never used; 0: nothing is reserved yet */
	uint32_t limit;    /* units */
	uint32_t frontier; /* units from here on were never used */
	uint64_t most;     /* bytes: no larger block can be had */
	uint8_t *kinds;    /* by unit */
	uint8_t *backs;    /* by unit of a slab that has several: how many lie before it */
	struct unit *units;
};

extern struct heap malloc_heap;

/* core/malloc/malloc.c: sets errno to ENOMEM. Returns NULL. */
void *malloc_fail(void);
/* The same: the program's fault; function was called with p, which is what. Ends the program. */
__noreturn void malloc_misused(const char *function, const void *p, const char *what);

static inline void *unit_address(uint32_t i)
{
	return (void *)(malloc_heap.base + ((uint64_t)i << UNIT_SHIFT));
}

/* The unit that p lies in; 0: none of the heap's. */
static inline uint32_t unit_of(const void *p)
{
	uint64_t i = ((virt_t)p - malloc_heap.base) >> UNIT_SHIFT;

	return likely(i < malloc_heap.limit) ? (uint32_t)i : 0;
}

/* Takes a run of n units. *zero: it holds zeros. Returns its first unit; 0: there is no room, or no
 * memory that the program could write to it. */
uint32_t run_alloc(uint32_t n, bool *zero);

/* The same, beginning at a multiple of align units, a power of two. */
uint32_t run_alloc_aligned(uint32_t n, uint32_t align, bool *zero);

/* Gives a run of n units back. Its kinds must be KIND_NONE. */
void run_free(uint32_t i, uint32_t n);

/* Makes the run n units long where it lies. False: something is behind it. */
bool run_resize(uint32_t i, uint32_t n);

/* Hands the memory of all free runs back to the kernel; they are zero from then on. Returns whether
 * there was any. */
bool run_trim(void);

#endif
