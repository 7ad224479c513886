// SPDX-License-Identifier: BSD-2-Clause
/* Memory that was never touched: each range is carved from its low end, 2 MiB at a time, when the
 * free lists are empty. State bytes take 1/4096 of the range. They lie at the beginning of the range
 * itself; those of small ranges and of all that lie low together in the largest low one. They are
 * laid out so that what describes the memory at the frontier lies below the frontier. */
#include "arch/x86/clear.h"
#include "arch/x86/paging.h"
#include "arch/x86/spinlock.h"
#include "include/errno.h"
#include "include/log.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/frame.h"

uint64_t carve_untouched, carve_overhead, carve_total;
bool carve_zeroed;

/* For tables of the direct map: one each of PDPT and PD, and a page table at either end. */
#define TABLE_RESERVE 4

/* What firmware and boot loaders use for themselves below 4 GiB, never zero again: they are loaded
 * low, and SeaBIOS works 16 MiB below the end of memory. */
#define LOADER_LOW MIB(4)
#define LOADER_HIGH MIB(32)

static phys_t table_reserve[TABLE_RESERVE];
static unsigned nr_table_reserve;
static unsigned nr_unmapped; /* ranges that the direct map does not reach the end of */

static uint64_t large_states(const struct frame_range *r)
{
	return ((r->end - 1) >> LARGE_SHIFT) - (r->start >> LARGE_SHIFT) + 1;
}

static uint64_t state_bytes(const struct frame_range *r)
{
	return large_states(r) + ((r->end - r->start) >> FRAME_SHIFT);
}

static void place_states(struct frame_range *r, phys_t at)
{
	r->large = phys_to_virt(at);
	r->small = r->large + large_states(r);
}

/* Do r's state bytes lie in r itself, whatever the others do? */
static bool keeps_own_states(const struct frame_range *r)
{
	return r->start >= BOOT_DIRECT_MAP && r->end - r->start >= LARGE_SIZE;
}

/* What the boot stub's direct map reaches of r. */
static uint64_t mapped_at_boot(const struct frame_range *r)
{
	return r->start < BOOT_DIRECT_MAP ? MIN(r->end, BOOT_DIRECT_MAP) - r->start : 0;
}

static void take_over(const struct mem_range *ram, unsigned nr)
{
	nr_frame_ranges = 0;
	for (unsigned i = 0; i < nr; i++) {
		phys_t start = MAX(ram[i].start, FRAME_SIZE); /* frame 0 is FRAME_NONE */
		struct frame_range *r = &frame_ranges[nr_frame_ranges];

		if (start >= ram[i].end)
			continue;
		if (nr_frame_ranges && r[-1].end == start) {
			r[-1].end = ram[i].end;
			continue;
		}
		if (nr_frame_ranges == BOOT_RAM_MAX)
			break;
		*r = (struct frame_range){ .start = start, .end = ram[i].end };
		nr_frame_ranges++;
	}
}

__cold int carve_init(const struct mem_range *ram, unsigned nr)
{
	struct frame_range *pool = NULL;
	uint64_t others = 0; /* bytes of states that lie in the pool, its own excepted */
	uint64_t bytes;
	phys_t at;

	take_over(ram, nr);
	nr_table_reserve = nr_unmapped = 0;
	carve_untouched = carve_overhead = carve_total = 0;
	carve_zeroed = false;
	for (unsigned i = 0; i < nr_frame_ranges; i++) {
		struct frame_range *r = &frame_ranges[i];

		r->mapped = r->start + mapped_at_boot(r);
		nr_unmapped += r->mapped < r->end;
		carve_total += (r->end - r->start) >> FRAME_SHIFT;
		if (!pool || mapped_at_boot(r) > mapped_at_boot(pool))
			pool = r;
		if (!keeps_own_states(r))
			others += state_bytes(r);
	}
	if (!pool || !mapped_at_boot(pool))
		return -ENOMEM;
	others -= state_bytes(pool);
	if (others + FRAME_SIZE > mapped_at_boot(pool) ||
	    others + state_bytes(pool) > pool->end - pool->start)
		return -ENOMEM;

	at = pool->start;
	for (unsigned i = 0; i < nr_frame_ranges; i++) {
		struct frame_range *r = &frame_ranges[i];

		bytes = 0;
		if (keeps_own_states(r)) {
			place_states(r, r->start);
			bytes = ALIGN_UP(state_bytes(r), FRAME_SIZE);
		} else if (r == pool) {
			place_states(r, r->start + others);
			bytes = ALIGN_UP(others + state_bytes(r), FRAME_SIZE);
		} else {
			place_states(r, at);
			at += state_bytes(r);
		}
		r->first = r->frontier = r->start + bytes;
		carve_overhead += bytes >> FRAME_SHIFT;
		carve_untouched += (r->end - r->frontier) >> FRAME_SHIFT;
	}
	return 0;
}

/* A cleared frame for paging_direct_map(); nothing is carved for it, since carving is what asks. */
static phys_t table_alloc(void)
{
	bool clean = false;
	phys_t p = buddy_take(0, &clean);

	if (p == FRAME_NONE && nr_table_reserve)
		p = table_reserve[--nr_table_reserve];
	if (p != FRAME_NONE && !clean)
		clear_pages(phys_to_virt(p), FRAME_SIZE);
	return p;
}

/* Keeps TABLE_RESERVE frames while something is still to be mapped, and gives them back then. */
static void balance_reserve(void)
{
	if (!nr_unmapped) {
		while (nr_table_reserve) {
			phys_t p = table_reserve[--nr_table_reserve];

			frame_poison(p, FRAME_SIZE);
			buddy_give(buddy_range(p, "frame_alloc"), p, 0, false);
		}
		return;
	}
	while (nr_table_reserve < TABLE_RESERVE) {
		bool clean = false;
		phys_t p = buddy_take(0, &clean);

		if (p == FRAME_NONE)
			return;
		table_reserve[nr_table_reserve++] = p;
	}
}

/* Makes the direct map reach target, in steps of the largest page that fits. */
static bool map_to(struct frame_range *r, phys_t target)
{
	while (r->mapped < target) {
		phys_t step = LARGE_SIZE, to;

		if (cpu_features.page1g && IS_ALIGNED(r->mapped, GIB(1)) && r->end - r->mapped >= GIB(1))
			step = GIB(1);
		to = MIN(r->end, ALIGN_DOWN(r->mapped, step) + step);
		if (paging_direct_map(r->mapped, to, table_alloc) != 0)
			return false;
		r->mapped = to;
		nr_unmapped -= to == r->end;
	}
	return true;
}

/* Does the block, which was never used, hold zeros? */
static bool is_zeroed(const struct frame_range *r, phys_t p, unsigned order)
{
	if (!carve_zeroed || IS_ENABLED(CONFIG_POISON_FRAMES))
		return false;
	return p >= GIB(4) || (p >= LOADER_LOW && p + ORDER_SIZE(order) + LOADER_HIGH <= r->end);
}

/* Gives [frontier, target) to the free lists, in the largest blocks that fit. */
static void advance(struct frame_range *r, phys_t target)
{
	while (r->frontier < target) {
		phys_t p = r->frontier;
		unsigned order = MIN(__builtin_ctzl(p >> FRAME_SHIFT), FRAME_ORDER_MAX);

		while (p + ORDER_SIZE(order) > target)
			order--;
		if (order >= LARGE_ORDER) {
			memset(state_large(r, p), STATE_INSIDE, 1UL << (order - LARGE_ORDER));
		} else if (p >= r->split_end) {
			buddy_split_states(r, p);
			r->split_end = ALIGN_DOWN(p, LARGE_SIZE) + LARGE_SIZE;
		}
		frame_poison(p, ORDER_SIZE(order));
		r->frontier += ORDER_SIZE(order);
		carve_untouched -= 1UL << order;
		buddy_give(r, p, order, is_zeroed(r, p, order));
	}
}

/* Up to where r must be carved for a block of this order, or to come nearer to one. 0: cannot. */
static phys_t carve_target(const struct frame_range *r, unsigned order)
{
	if (r->frontier == r->end)
		return 0;
	if (order > LARGE_ORDER) {
		phys_t block = ALIGN_UP(r->frontier, ORDER_SIZE(order));

		return block + ORDER_SIZE(order) <= r->end ? block + ORDER_SIZE(order) : 0;
	}
	return MIN(r->end, ALIGN_DOWN(r->frontier, LARGE_SIZE) + LARGE_SIZE);
}

bool carve(unsigned order)
{
	for (unsigned i = 0; i < nr_frame_ranges; i++) {
		struct frame_range *r = &frame_ranges[i];
		phys_t target = carve_target(r, order);

		if (!target || !map_to(r, target))
			continue;
		advance(r, target);
		balance_reserve();
		return true;
	}
	return false;
}

phys_t carve_take(unsigned order, bool *clean)
{
	phys_t p;

	while ((p = buddy_take(order, clean)) == FRAME_NONE)
		if (!carve(order))
			return FRAME_NONE;
	return p;
}

int carve_largest(void)
{
	for (int order = FRAME_ORDER_MAX; order >= 0; order--) {
		for (unsigned i = 0; i < nr_frame_ranges; i++) {
			const struct frame_range *r = &frame_ranges[i];
			phys_t block = ALIGN_UP(r->frontier, ORDER_SIZE(order));

			if (block + ORDER_SIZE(order) <= r->end)
				return order;
		}
	}
	return -1;
}

uint64_t carve_reserved(void)
{
	return nr_table_reserve;
}
