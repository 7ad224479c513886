// SPDX-License-Identifier: BSD-2-Clause
/* The frame allocator's interface (mm/frame.h): per-CPU caches of single frames in front of the
 * buddy system. A CPU's cache has a lock that only others contend for, when memory runs out and all
 * caches are emptied; frame_lock is taken inside it, once for a batch. */
#include "mm/frame.h"

#include "arch/x86/clear.h"
#include "arch/x86/paging.h"
#include "arch/x86/percpu.h"
#include "include/errno.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/zero_ahead.h"

#define BATCH_ORDER 5
#define BATCH (1U << BATCH_ORDER)
#define CACHE_MAX (2 * BATCH)

/* In the low bit of a cached frame's address: it holds zeros. */
#define CLEAN 1UL

struct frame_cache {
	struct spinlock lock;
	uint64_t n;
	uint64_t frame[CACHE_MAX]; /* the last one goes out first */
} __aligned(64);

static struct frame_cache caches[CONFIG_NR_CPUS];

/* Blocks larger than this (64 KiB) are nothing that reclaiming single pages could bring. */
#define RECLAIM_ORDER_MAX 4

static bool (*reclaim)(void);

int frame_init(const struct mem_range *ram, unsigned nr)
{
	memset(caches, 0, sizeof(caches));
	buddy_init();
	zero_ahead_init();
	return carve_init(ram, nr);
}

/* Fills an empty cache: with the small pieces that there are, so that large blocks stay whole as
 * long as possible, else with a run of frames. */
static void refill(struct frame_cache *cache)
{
	uint64_t flags = spin_lock(&frame_lock);

	while (cache->n < BATCH) {
		bool clean = true;
		int smallest = buddy_smallest();
		unsigned order = smallest >= 0 && smallest < BATCH_ORDER ? smallest : BATCH_ORDER;
		phys_t p = carve_take(order, &clean);

		if (p == FRAME_NONE && buddy_smallest() < 0)
			break;
		if (p == FRAME_NONE)
			continue; /* carving for a long run has left short ones */
		memset(state_small(buddy_range(p, "frame_alloc"), p), STATE_CACHED, 1UL << order);
		for (uint64_t i = 1UL << order; i-- > 0;)
			cache->frame[cache->n++] = (p + i * FRAME_SIZE) | (clean ? CLEAN : 0);
	}
	spin_unlock(&frame_lock, flags);
}

/* Gives the n frames that have been in the cache longest to the free lists. */
static void drain(struct frame_cache *cache, unsigned n)
{
	uint64_t flags = spin_lock(&frame_lock);

	for (unsigned i = 0; i < n; i++) {
		phys_t p = cache->frame[i] & ~CLEAN;

		buddy_give(buddy_range(p, "frame_free"), p, 0, cache->frame[i] & CLEAN);
	}
	spin_unlock(&frame_lock, flags);
	cache->n -= n;
	memmove(cache->frame, cache->frame + n, cache->n * sizeof(cache->frame[0]));
}

/* This CPU's cache, locked. */
static struct frame_cache *lock_cache(uint64_t *flags)
{
	struct frame_cache *cache;

	*flags = irq_save();
	cache = &caches[cpu_id()];
	if (CONFIG_NR_CPUS > 1)
		spin_lock(&cache->lock);
	return cache;
}

/* Could there be anything for drain_all() where this CPU's cache and the free lists are empty? */
#define MAY_DRAIN (CONFIG_NR_CPUS > 1 || IS_ENABLED(CONFIG_ZERO_AHEAD))

/* Empties all caches. Another CPU may do the same just now: that this one found nothing in them does not
 * say that the free lists are still empty. */
static void drain_all(void)
{
	zero_ahead_return();
	for (unsigned i = 0; i < CONFIG_NR_CPUS; i++) {
		struct frame_cache *cache = &caches[i];
		uint64_t flags;

		if (!READ_ONCE(cache->n))
			continue;
		flags = spin_lock(&cache->lock);
		drain(cache, cache->n);
		spin_unlock(&cache->lock, flags);
	}
}

/* Takes up to n single frames, CLEAN where they hold zeros. Returns how many. */
static unsigned alloc_singles(uint64_t *frames, unsigned n)
{
	uint64_t flags;
	struct frame_cache *cache = lock_cache(&flags);
	const struct frame_range *r = &frame_ranges[0];
	unsigned got = 0;

	while (got < n) {
		uint64_t frame;

		if (!cache->n)
			refill(cache);
		if (!cache->n)
			break;
		frame = cache->frame[--cache->n];
		if (unlikely(frame < r->first || frame >= r->frontier))
			r = buddy_range(frame, "frame_alloc");
		*state_small(r, frame) = STATE_USED;
		frame_check_taken(frame & ~CLEAN, FRAME_SIZE, frame & CLEAN);
		frames[got++] = frame;
	}
	spin_unlock(&cache->lock, flags);
	return got;
}

/* The same where the free lists were found empty: what is missing may lie in the caches. */
static __noinline unsigned drained_singles(uint64_t *frames, unsigned n)
{
	drain_all();
	return alloc_singles(frames, n);
}

/* *clean: are zeros wanted; then, does the block hold zeros. */
static phys_t alloc_block(unsigned order, bool *clean)
{
	uint64_t flags;
	phys_t p;

	if (order > FRAME_ORDER_MAX)
		return FRAME_NONE;
	flags = spin_lock(&frame_lock);
	p = carve_take(order, clean);
	spin_unlock(&frame_lock, flags);
	if (p == FRAME_NONE) {
		/* What is missing may lie in the caches. */
		drain_all();
		flags = spin_lock(&frame_lock);
		buddy_unite();
		p = carve_take(order, clean);
		spin_unlock(&frame_lock, flags);
	}
	if (p != FRAME_NONE)
		frame_check_taken(p, ORDER_SIZE(order), *clean);
	return p;
}

static phys_t alloc_once(unsigned order, bool *clean)
{
	uint64_t frame;

	if (order)
		return alloc_block(order, clean);
	if (!alloc_singles(&frame, 1) && !(MAY_DRAIN && drained_singles(&frame, 1)))
		return FRAME_NONE;
	*clean = frame & CLEAN;
	return frame & ~CLEAN;
}

static phys_t alloc(unsigned order, bool *clean)
{
	phys_t p = alloc_once(order, clean);

	if (IS_ENABLED(CONFIG_RECLAIM) && unlikely(p == FRAME_NONE) && order <= RECLAIM_ORDER_MAX &&
	    reclaim && reclaim())
		p = alloc_once(order, clean);
	/* A larger block may lie in what is only reserved. */
	while (unlikely(p == FRAME_NONE) && order <= FRAME_ORDER_MAX && frame_reserved() && reclaim())
		p = alloc_once(order, clean);
	return p;
}

phys_t frame_alloc(unsigned order)
{
	bool clean = false;

	return alloc(order, &clean);
}

phys_t frame_alloc_zeroed(unsigned order)
{
	bool clean = true;
	phys_t p = alloc(order, &clean);

	if (p == FRAME_NONE)
		return p;
	if (clean)
		frame_check_clean(p, ORDER_SIZE(order));
	else
		clear_pages(phys_to_virt(p), ORDER_SIZE(order));
	return p;
}

unsigned frame_alloc_zeroed_singles(phys_t *frames, unsigned n)
{
	unsigned got = alloc_singles(frames, n), i = 0;

	if (MAY_DRAIN && unlikely(!got))
		got = drained_singles(frames, n);
	while (i < got) {
		phys_t first = frames[i] & ~CLEAN;
		uint64_t clean = frames[i] & CLEAN;
		size_t bytes = 0;

		/* Neighbours in memory are zeroed together. */
		do {
			frames[i++] = first + bytes;
			bytes += FRAME_SIZE;
		} while (i < got && frames[i] == ((first + bytes) | clean));
		if (clean)
			frame_check_clean(first, bytes);
		else
			clear_pages(phys_to_virt(first), bytes);
	}
	return got;
}

phys_t frame_alloc_clean(unsigned order)
{
	bool clean = true;
	phys_t p = FRAME_NONE;

	if (READ_ONCE(carve_zeroed) && order > 0)
		p = alloc_block(order, &clean);
	if (p == FRAME_NONE)
		return p;
	if (!clean) {
		frame_free(p, order);
		return FRAME_NONE;
	}
	frame_check_clean(p, ORDER_SIZE(order));
	return p;
}

static void free_single(struct frame_range *r, phys_t p)
{
	uint64_t flags;
	struct frame_cache *cache = lock_cache(&flags);

	if (*state_large(r, p) != STATE_SPLIT || *state_small(r, p) != STATE_USED) {
		uint64_t inner = spin_lock(&frame_lock);

		buddy_claim(r, p, 0);
		spin_unlock(&frame_lock, inner);
	}
	frame_poison(p, FRAME_SIZE);
	*state_small(r, p) = STATE_CACHED;
	if (cache->n == CACHE_MAX)
		drain(cache, BATCH);
	cache->frame[cache->n++] = p;
	spin_unlock(&cache->lock, flags);
}

void frame_free(phys_t block, unsigned order)
{
	struct frame_range *r = buddy_range(block, "frame_free");
	uint64_t flags;

	if (order > FRAME_ORDER_MAX || !IS_ALIGNED(block, ORDER_SIZE(order)))
		panic("frame_free: 0x%lx is no block of order %u", block, order);
	if (order == 0) {
		free_single(r, block);
		return;
	}
	flags = spin_lock(&frame_lock);
	buddy_claim(r, block, order);
	frame_poison(block, ORDER_SIZE(order));
	buddy_give(r, block, order, false);
	spin_unlock(&frame_lock, flags);
}

void frame_free_run(phys_t p, size_t frames)
{
	struct frame_range *r = buddy_range(p, "frame_free");
	phys_t end = p + frames * FRAME_SIZE;
	uint64_t flags;

	if (frames == 1) {
		frame_free(p, 0);
		return;
	}
	if (!IS_ALIGNED(p, FRAME_SIZE) || frames > (r->frontier - p) / FRAME_SIZE)
		panic("frame_free: 0x%lx is no run of %lu frames", p, frames);
	flags = spin_lock(&frame_lock);
	buddy_give_run(r, p, end);
	spin_unlock(&frame_lock, flags);
}

void frame_set_zeroed(void)
{
	carve_zeroed = true;
}

void frame_set_reclaim(bool (*fn)(void))
{
	reclaim = fn;
}

int frame_largest(void)
{
	uint64_t flags = spin_lock(&frame_lock);
	int largest = MAX(buddy_largest(), carve_largest());

	if (largest < 0 && caches[cpu_id()].n)
		largest = 0;
	spin_unlock(&frame_lock, flags);
	return largest;
}

uint64_t frame_free_count(void)
{
	return READ_ONCE(buddy_free_frames) + READ_ONCE(carve_untouched) + frame_reserved_about();
}

uint64_t frame_free_exact(void)
{
	return READ_ONCE(buddy_free_frames) + READ_ONCE(carve_untouched) + frame_reserved();
}

void frame_stats(struct frame_stats *stats)
{
	uint64_t flags = spin_lock(&frame_lock);

	stats->total = carve_total;
	stats->untouched = carve_untouched;
	stats->overhead = carve_overhead + carve_reserved();
	stats->free = buddy_free_frames + carve_untouched + frame_reserved();
	for (unsigned i = 0; i < CONFIG_NR_CPUS; i++)
		stats->free += READ_ONCE(caches[i].n);
	spin_unlock(&frame_lock, flags);
}

phys_t upcall_table_alloc(void)
{
	return frame_alloc_zeroed(0);
}

void upcall_table_free(phys_t table)
{
	frame_free(table, 0);
}
