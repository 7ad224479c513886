// SPDX-License-Identifier: BSD-2-Clause
/* Zeroing ahead of need (mm/zero_ahead.h). A CPU takes one free block after the other, of 2 MiB where
 * there is one, and gives it back as one that holds zeros. While it is at that the block still counts
 * as free, and is had back by zero_ahead_return(): a lock for each CPU is held for a slice at a time. */
#include "mm/zero_ahead.h"

#include "arch/x86/clear.h"
#include "arch/x86/percpu.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/frame.h"

/* A few microseconds: what an interrupt or a lock may have to wait for. */
#define SLICE KIB(16)

static struct ahead {
	struct spinlock lock;
	unsigned order;
	phys_t block; /* FRAME_NONE: none */
	size_t done;  /* so much of it holds zeros */
} __aligned(64) aheads[CONFIG_NR_CPUS];

static uint64_t under_way; /* frames of these blocks; frame_lock */

/* Would another 2 MiB be too much? */
static bool enough(void)
{
	uint64_t most = MIN(frame_free_count() / 8, MIB(CONFIG_ZERO_AHEAD_MIB) / FRAME_SIZE);

	return READ_ONCE(buddy_clean_frames) + READ_ONCE(under_way) + (1UL << LARGE_ORDER) > most;
}

void zero_ahead_init(void)
{
	memset(aheads, 0, sizeof(aheads));
	under_way = 0;
}

/* Some block to be zeroed. Memory that was never used is left alone where it is known to be zero. */
static phys_t take_dirty(unsigned *order)
{
	phys_t p = buddy_take_dirty(LARGE_ORDER, order);

	while (p == FRAME_NONE && !carve_zeroed && carve(LARGE_ORDER))
		p = buddy_take_dirty(LARGE_ORDER, order);
	return p == FRAME_NONE ? buddy_take_dirty(0, order) : p;
}

static bool begin(struct ahead *a)
{
	uint64_t flags;

	if (enough())
		return false;
	flags = spin_lock(&frame_lock);
	if (!enough())
		a->block = take_dirty(&a->order);
	if (a->block != FRAME_NONE) {
		a->done = 0;
		under_way += 1UL << a->order;
		buddy_free_frames += 1UL << a->order;
	}
	spin_unlock(&frame_lock, flags);
	return a->block != FRAME_NONE;
}

/* Gives the block to the free lists. */
static void finish(struct ahead *a, bool clean)
{
	uint64_t flags = spin_lock(&frame_lock);

	under_way -= 1UL << a->order;
	buddy_free_frames -= 1UL << a->order;
	if (!clean)
		frame_poison(a->block, ORDER_SIZE(a->order));
	buddy_give(buddy_range(a->block, "zero_ahead"), a->block, a->order, clean);
	a->block = FRAME_NONE;
	spin_unlock(&frame_lock, flags);
}

bool zero_ahead_step(void)
{
	struct ahead *a = &aheads[cpu_id()];
	uint64_t flags = spin_lock(&a->lock);
	bool found = a->block != FRAME_NONE || begin(a);

	if (found) {
		phys_t at = a->block + a->done;
		size_t bytes = MIN(SLICE, ORDER_SIZE(a->order) - a->done);

		frame_check_poison(at, bytes);
		clear_pages_stream(phys_to_virt(at), bytes);
		a->done += bytes;
		if (a->done == ORDER_SIZE(a->order))
			finish(a, true);
	}
	spin_unlock(&a->lock, flags);
	return found;
}

bool zero_ahead_return(void)
{
	bool found = false;

	for (unsigned i = 0; i < CONFIG_NR_CPUS; i++) {
		struct ahead *a = &aheads[i];
		uint64_t flags;

		if (READ_ONCE(a->block) == FRAME_NONE)
			continue;
		flags = spin_lock(&a->lock);
		if (a->block != FRAME_NONE) {
			finish(a, false);
			found = true;
		}
		spin_unlock(&a->lock, flags);
	}
	return found;
}
