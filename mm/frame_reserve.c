// SPDX-License-Identifier: BSD-2-Clause
/* Frames that are kept for pages which nobody has touched yet: allocated as the buddy system sees it,
 * but counted as free, since they are given back before memory is said to be short. */
#include "arch/x86/clear.h"
#include "arch/x86/percpu.h"
#include "mm/buddy.h"
#include "mm/frame.h"

#if CONFIG_NR_CPUS > 1
static int64_t sum;
static struct {
	int64_t frames;
} __aligned(64) counts[CONFIG_NR_CPUS];

/* Interrupts are off. */
static void count_reserved(int64_t frames)
{
	int64_t *count = &counts[cpu_id()].frames, now = *count + frames;

	if (now >= RESERVED_SUM_UP || now <= -RESERVED_SUM_UP) {
		__atomic_fetch_add(&sum, now, __ATOMIC_RELAXED);
		now = 0;
	}
	WRITE_ONCE(*count, now);
}

uint64_t frame_reserved(void)
{
	int64_t frames = __atomic_load_n(&sum, __ATOMIC_RELAXED);

	for (unsigned i = 0; i < CONFIG_NR_CPUS; i++)
		frames += READ_ONCE(counts[i].frames);
	return MAX(frames, 0);
}

uint64_t frame_reserved_about(void)
{
	return MAX(__atomic_load_n(&sum, __ATOMIC_RELAXED), 0);
}
#else
static uint64_t reserved; /* frames */

static void count_reserved(int64_t frames)
{
	reserved += frames;
}

uint64_t frame_reserved(void)
{
	return reserved;
}

uint64_t frame_reserved_about(void)
{
	return reserved;
}
#endif

phys_t frame_reserve(unsigned order, bool *clean)
{
	uint64_t flags = spin_lock(&frame_lock);
	phys_t p;

	*clean = true;
	p = carve_take(order, clean);
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
