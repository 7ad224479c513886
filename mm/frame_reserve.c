// SPDX-License-Identifier: BSD-2-Clause
/* Frames that are kept for pages which nobody has touched yet: allocated as the buddy system sees it,
 * but counted as free, since they are given back before memory is said to be short. */
#include "arch/x86/clear.h"
#include "mm/buddy.h"
#include "mm/frame.h"

static uint64_t reserved; /* frames */

uint64_t frame_reserved(void)
{
	return READ_ONCE(reserved);
}

static void count_reserved(int64_t frames)
{
	if (CONFIG_NR_CPUS > 1)
		__atomic_fetch_add(&reserved, frames, __ATOMIC_RELAXED);
	else
		reserved += frames;
}

phys_t frame_reserve(unsigned order, bool *clean)
{
	uint64_t flags = spin_lock(&frame_lock);
	phys_t p = carve_take(order, clean);

	spin_unlock(&frame_lock, flags);
	if (p != FRAME_NONE)
		count_reserved(1L << order);
	return p;
}

void frame_reserve_take(phys_t p, size_t frames, bool clean)
{
	count_reserved(-(int64_t)frames);
	if (clean) {
		frame_check_clean(p, frames * FRAME_SIZE);
	} else {
		frame_check_poison(p, frames * FRAME_SIZE);
		clear_pages(phys_to_virt(p), frames * FRAME_SIZE);
	}
}

void frame_reserve_return(phys_t p, size_t frames)
{
	frame_poison(p, frames * FRAME_SIZE);
	count_reserved(frames);
}

void frame_reserve_left(size_t frames)
{
	count_reserved(-(int64_t)frames);
}

void frame_reserve_free(phys_t p, size_t frames)
{
	count_reserved(-(int64_t)frames);
	frame_free_run(p, frames);
}

void upcall_reserved_free(phys_t pa, size_t frames)
{
	frame_reserve_free(pa, frames);
}
