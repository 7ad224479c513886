/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: the one allocator for physical memory. A buddy system of orders 0 (4 KiB) to 18 (1 GiB)
 * whose bookkeeping is written only when memory is first taken, so that its cost at boot does not
 * depend on how much memory there is. Per-CPU caches of single frames in front.
 * Callable from any context; never sleeps. */
#ifndef PAGURUS_MM_FRAME_H
#define PAGURUS_MM_FRAME_H

#include "include/boot_info.h"
#include "include/types.h"

#define FRAME_ORDER_MAX 18
#define FRAME_NONE ((phys_t)0) /* frame 0 is never handed out */

struct frame_stats {
	uint64_t total;     /* frames of RAM that the allocator owns, its own bookkeeping included */
	uint64_t free;      /* frames that can be handed out (untouched ones included) */
	uint64_t untouched; /* of those, never carved: bookkeeping not yet written */
	uint64_t overhead;  /* frames that the bookkeeping takes */
};

/* Takes over nr ranges (sorted, disjoint, frame-aligned). Called once. Returns 0, or -ENOMEM where
 * not even the bookkeeping fits. */
int frame_init(const struct mem_range *ram, unsigned nr);

/* One block of 2^order frames, aligned to its size; contents undefined. FRAME_NONE: no memory. */
phys_t frame_alloc(unsigned order);

/* The same, filled with zeros. */
phys_t frame_alloc_zeroed(unsigned order);

/* Up to n single frames filled with zeros, for one that will need them all; frames that follow each
 * other in memory where possible. Returns how many there were. */
unsigned frame_alloc_zeroed_singles(phys_t *frames, unsigned n);

/* A block that is known to hold zeros, so that no time goes into clearing it; FRAME_NONE: there is
 * none. order > 0. */
phys_t frame_alloc_clean(unsigned order);

/* Gives a block back; order is the one it was allocated with. Parts of a block may also be given
 * back separately, as smaller aligned blocks. A double free or a wrong address panics where it is
 * noticed. */
void frame_free(phys_t block, unsigned order);

/* Gives a run of frames back that lie one behind the other, whichever blocks they were allocated
 * in. */
void frame_free_run(phys_t p, size_t frames);

/* Says that memory which was never used holds zeros, as some hypervisors hand it out. Memory that
 * firmware or a loader may have used is left out (mm/carve.c). */
void frame_set_zeroed(void);

/* Each of several CPUs counts reserved frames for itself, and adds what has come together to the sum. */
#define RESERVED_SUM_UP 64
#define FRAME_COUNT_ERROR                                                                          \
	(IS_ENABLED(CONFIG_RESERVATIONS) && CONFIG_NR_CPUS > 1 ? CONFIG_NR_CPUS * RESERVED_SUM_UP : 0)

#ifdef CONFIG_RESERVATIONS
/* One block for pages that nobody has touched yet. It counts as free, and nothing is done to get one
 * where there is none (FRAME_NONE). *clean: it holds zeros. */
phys_t frame_reserve(unsigned order, bool *clean);

/* Some frames of such a block are needed now: makes them zero, and they count as used. clean: they are
 * zero. */
void frame_reserve_take(phys_t p, size_t frames, bool clean);

/* They are not needed any more, but stay in the reservation. */
void frame_reserve_return(phys_t p, size_t frames);

/* Frames that are kept, not taken. Those who give them back in fact, by frame_reserve_free(), or with
 * frames that were taken by frame_free_run(), say so. */
uint64_t frame_reserved(void);
uint64_t frame_reserved_about(void); /* give or take FRAME_COUNT_ERROR: one load */
void frame_reserve_left(size_t frames);
void frame_reserve_free(phys_t p, size_t frames);
#else
static inline uint64_t frame_reserved(void)
{
	return 0;
}

static inline uint64_t frame_reserved_about(void)
{
	return 0;
}
#endif

/* Sets what is called when no frame is left: it gives some back that nobody needs, and returns whether
 * it did. Any context, locks of the kernel's heap held. */
void frame_set_reclaim(bool (*fn)(void));

/* Finds the allocated block that the address p lies in: where it begins and its order. Panics where p
 * lies in none. For a caller that owns the block: nobody else can change what is read. */
phys_t frame_block(phys_t p, unsigned *order);

/* The largest order that frame_alloc() would satisfy right now; -1: none. A hint. */
int frame_largest(void);

/* Frames that can be handed out, reserved ones included, the per-CPU caches left out. Takes no
 * lock: cheap. With several CPUs it is up to FRAME_COUNT_ERROR too high or too low. */
uint64_t frame_free_count(void);

/* The same, as exact as it can be while other CPUs take and free: for whoever promises memory, or says
 * that there is none. Reads a word of each CPU. */
uint64_t frame_free_exact(void);

void frame_stats(struct frame_stats *stats);

#endif
