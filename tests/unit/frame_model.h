/* SPDX-License-Identifier: BSD-2-Clause */
/* For the tests of the frame allocator: memory that faults where the direct map does not reach yet, a
 * model of who owns each frame, and random use of both. Included once per test. */
#ifndef PAGURUS_FRAME_MODEL_H
#define PAGURUS_FRAME_MODEL_H

#include "mm/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "tests/unit/host_stubs.h"

static phys_t mapped_from, mapped_to; /* calls of paging_direct_map(), summed up */
static unsigned tables_wanted;        /* tables that each new GiB asks for */
static bool has_tables[64];           /* by GiB */
static unsigned nr_tables;            /* handed out for them */
static bool map_fails;

int paging_direct_map(phys_t start, phys_t end, phys_t (*alloc)(void))
{
	assert_true(start < end);
	assert_true(start >= GIB(1)); /* the rest is there already */
	for (unsigned i = 0; !has_tables[start / GIB(1)] && i < tables_wanted; i++) {
		phys_t table = map_fails ? 0 : alloc();
		const uint64_t *words = phys_to_virt(table);

		if (!table)
			return -ENOMEM;
		nr_tables++;
		for (unsigned k = 0; k < FRAME_SIZE / 8; k++)
			assert_int_equal(words[k], 0);
		memset(phys_to_virt(table), 0xee, FRAME_SIZE);
	}
	has_tables[start / GIB(1)] = true;
	assert_int_equal(mprotect(phys_to_virt(start), end - start, PROT_READ | PROT_WRITE), 0);
	mapped_from = mapped_from ? MIN(mapped_from, start) : start;
	mapped_to = MAX(mapped_to, end);
	return 0;
}

/* Physical memory up to top: what the boot stub maps is there and full of junk up to junk bytes,
 * the rest faults. */
static void memory(phys_t top, size_t junk)
{
	host_memory_init(0, top);
	memset(phys_to_virt(0), 0xa5, MIN(junk, top));
	if (top > GIB(1))
		mprotect(phys_to_virt(GIB(1)), top - GIB(1), PROT_NONE);
	mapped_from = mapped_to = 0;
	memset(has_tables, 0, sizeof(has_tables));
	tables_wanted = 1;
	nr_tables = 0;
	map_fails = false;
}

static struct frame_stats stats(void)
{
	struct frame_stats s;

	frame_stats(&s);
	return s;
}

/* ---- who owns what ---- */

struct block {
	phys_t p;
	unsigned order;
};

#define BLOCKS_MAX 20000

static struct block blocks[BLOCKS_MAX];
static unsigned nr_blocks;
static uint8_t *owned; /* a byte per frame */
static const struct mem_range *model_ram;
static unsigned model_nr;

static void model_init(const struct mem_range *ram, unsigned nr)
{
	free(owned);
	owned = calloc(ram[nr - 1].end >> FRAME_SHIFT, 1);
	model_ram = ram;
	model_nr = nr;
	nr_blocks = 0;
}

static bool in_ram(phys_t p, uint64_t size)
{
	for (unsigned i = 0; i < model_nr; i++)
		if (p >= model_ram[i].start && p + size <= model_ram[i].end)
			return true;
	return false;
}

static void own(phys_t p, unsigned order)
{
	uint64_t n = 1UL << order;

	assert_true(IS_ALIGNED(p, FRAME_SIZE << order));
	assert_true(in_ram(p, FRAME_SIZE << order));
	for (uint64_t i = 0; i < n; i++) {
		assert_int_equal(owned[(p >> FRAME_SHIFT) + i], 0);
		owned[(p >> FRAME_SHIFT) + i] = 1;
	}
	/* All of it is really there, first to last byte. */
	*(volatile char *)phys_to_virt(p) = 1;
	*(volatile char *)phys_to_virt(p + (FRAME_SIZE << order) - 1) = 1;
}

static void disown(phys_t p, unsigned order)
{
	memset(&owned[p >> FRAME_SHIFT], 0, 1UL << order);
}

static bool take(unsigned order)
{
	phys_t p = frame_alloc(order);

	if (p == FRAME_NONE)
		return false;
	own(p, order);
	assert_true(nr_blocks < BLOCKS_MAX);
	blocks[nr_blocks++] = (struct block){ p, order };
	return true;
}

static void give(unsigned i)
{
	disown(blocks[i].p, blocks[i].order);
	frame_free(blocks[i].p, blocks[i].order);
	blocks[i] = blocks[--nr_blocks];
}

/* Gives a random part of block i back; the rest stays as smaller blocks. */
static void give_part(unsigned i)
{
	struct block b = blocks[i];

	blocks[i] = blocks[--nr_blocks];
	while (b.order > 0 && host_random_below(3)) {
		phys_t half = FRAME_SIZE << --b.order;
		struct block rest = { b.p + half, b.order };

		if (host_random_below(2)) {
			rest.p = b.p;
			b.p += half;
		}
		assert_true(nr_blocks < BLOCKS_MAX);
		blocks[nr_blocks++] = rest;
	}
	disown(b.p, b.order);
	frame_free(b.p, b.order);
}

static uint64_t owned_frames(void)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < nr_blocks; i++)
		n += 1UL << blocks[i].order;
	return n;
}

/* Every frame is free, owned, bookkeeping or a table of the direct map. */
static void check_sum(void)
{
	struct frame_stats s = stats();

	assert_int_equal(s.free + owned_frames() + s.overhead + nr_tables, s.total);
}

/* With everything back and the caches drained, the largest blocks that fit must be there again:
 * takes them all, from large to small, and counts. */
__attribute__((unused)) static void check_coalesced(void)
{
	uint64_t got = 0;
	int order = FRAME_ORDER_MAX;
	unsigned counts[FRAME_ORDER_MAX + 1] = { 0 };
	phys_t p;

	while (order >= 0) {
		p = frame_alloc(order);
		if (p == FRAME_NONE) {
			order--;
			continue;
		}
		own(p, order);
		blocks[nr_blocks++] = (struct block){ p, order };
		counts[order]++;
		got += 1UL << order;
	}
	assert_int_equal(stats().free, 0);
	check_sum();
	/* Of each order there are at most two per range, and one for each frame that does not come
	 * back to it: tables and those kept for them. */
	for (order = 0; order < FRAME_ORDER_MAX; order++)
		assert_true(counts[order] <= 2 * model_nr + nr_tables + 4);
	while (nr_blocks)
		give(nr_blocks - 1);
	assert_int_equal(stats().free, got);
	check_sum();
}

__attribute__((unused)) static void stress(const struct mem_range *ram, unsigned nr, unsigned rounds, unsigned max_order)
{
	struct frame_stats before;

	model_init(ram, nr);
	assert_int_equal(frame_init(ram, nr), 0);
	before = stats();
	assert_int_equal(before.free + before.overhead, before.total);
	assert_int_equal(before.free, before.untouched);
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t dice = host_random_below(100);
		/* Phases that grow and phases that shrink. */
		bool grow = dice < (i / 2000 % 2 ? 35 : 60);

		if ((grow && nr_blocks < BLOCKS_MAX / 2) || !nr_blocks)
			take(host_random_below(2) ? 0 : host_random_below(max_order + 1));
		else if (dice % 4 == 0)
			give_part(host_random_below(nr_blocks));
		else
			give(host_random_below(nr_blocks));
		if (i % 256 == 0)
			check_sum();
	}
	while (nr_blocks)
		give(nr_blocks - 1);
	check_coalesced();
}

#endif
