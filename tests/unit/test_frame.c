/* sources: mm/frame.c mm/buddy.c mm/carve.c */
/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame allocator against a model that knows who owns each frame, over memory that faults where
 * the direct map does not reach yet. */
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
static void check_coalesced(void)
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

static void stress(const struct mem_range *ram, unsigned nr, unsigned rounds, unsigned max_order)
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

/* ---- tests ---- */

static void test_boot_touches_nothing(void **state)
{
	static const struct mem_range ram[] = { { 0x10000, 0x9f000 },
		                                { 0x500000, GIB(3) },
		                                { GIB(4), GIB(17) } };

	(void)state;
	memory(GIB(17), 0);
	mprotect(phys_to_virt(0), GIB(17), PROT_NONE);
	assert_int_equal(frame_init(ram, ARRAY_SIZE(ram)), 0);
	assert_int_equal(stats().total, (0x8f000 + GIB(3) - 0x500000 + GIB(13)) >> FRAME_SHIFT);
	assert_int_equal(stats().untouched, stats().free);
	/* 1/4096 for frames, a little for large blocks. */
	assert_in_range(stats().overhead, stats().total / 4096, stats().total / 4096 + 64);
	assert_int_equal(frame_largest(), 18);
	assert_int_equal(mapped_to, 0);
}

/* A single frame makes 2 MiB of bookkeeping be written, not more. */
static void test_first_frame_touches_little(void **state)
{
	static const struct mem_range ram[] = { { MIB(4), GIB(3) } };
	size_t resident = 0;
	static unsigned char vec[GIB(3) / 4096];

	(void)state;
	memory(GIB(3), 0);
	assert_int_equal(frame_init(ram, 1), 0);
	assert_int_not_equal(frame_alloc(0), FRAME_NONE);
	assert_int_equal(mincore(phys_to_virt(0), GIB(3), vec), 0);
	for (size_t i = 0; i < sizeof(vec); i++)
		resident += vec[i] & 1;
	assert_in_range(resident, 1, 24); /* links of halved blocks, state bytes */
	assert_int_equal(stats().untouched + 512 >= stats().total - stats().overhead - 512, 1);
}

static void test_two_mib_guest(void **state)
{
	static const struct mem_range ram[] = { { 0x10000, 0x9f000 }, { 0x163000, 0x1fe000 } };
	uint64_t all;
	unsigned n = 0;

	(void)state;
	memory(MIB(2), MIB(2));
	model_init(ram, 2);
	assert_int_equal(frame_init(ram, 2), 0);
	assert_int_equal(stats().overhead, 1);
	all = stats().free;
	assert_int_equal(all, (0x8f + 0x9b) - 1);
	while (take(0))
		n++;
	assert_int_equal(n, all);
	assert_int_equal(stats().free, 0);
	assert_int_equal(frame_largest(), -1);
	while (nr_blocks)
		give(host_random_below(nr_blocks));
	check_coalesced();
	stress(ram, 2, 20000, 7);
}

static void test_fragments(void **state)
{
	struct mem_range ram[BOOT_RAM_MAX];
	phys_t at = 0x1000;

	(void)state;
	memory(MIB(64), MIB(64));
	for (unsigned i = 0; i < ARRAY_SIZE(ram); i++) {
		ram[i].start = at;
		at += FRAME_SIZE * (1 + host_random_below(i == 20 ? 3000 : 5));
		ram[i].end = at;
		at += FRAME_SIZE * (1 + host_random_below(100));
	}
	stress(ram, ARRAY_SIZE(ram), 20000, 5);
}

static void test_sparse(void **state)
{
	static const struct mem_range ram[] = {
		{ 0x10000, 0x9f000 },
		{ 0x400000, MIB(900) },
		{ GIB(2), GIB(2) + 0x5000 },          /* too small for state bytes of its own */
		{ GIB(3) + 0x123000, GIB(4) - 0x1000 },
		{ GIB(40), GIB(43) + MIB(3) },
	};

	(void)state;
	memory(GIB(44), MIB(1));
	stress(ram, ARRAY_SIZE(ram), 30000, FRAME_ORDER_MAX);
	assert_in_range(mapped_from, GIB(2), GIB(2));
	assert_in_range(mapped_to, GIB(43) + MIB(3), GIB(43) + MIB(3));
	/* The same where each step needs more tables, and with 1 GiB pages. */
	memory(GIB(44), MIB(1));
	tables_wanted = 3;
	cpu_features.page1g = true;
	stress(ram, ARRAY_SIZE(ram), 10000, FRAME_ORDER_MAX);
	cpu_features.page1g = false;
}

/* With all low memory handed out, the reserve must carry the direct map on. */
static void test_low_memory_gone(void **state)
{
	static const struct mem_range ram[] = { { MIB(1), MIB(3) }, { GIB(4), GIB(4) + MIB(64) } };
	uint64_t all;

	(void)state;
	memory(GIB(5), MIB(3));
	model_init(ram, 2);
	assert_int_equal(frame_init(ram, 2), 0);
	all = stats().free;
	while (take(0))
		;
	assert_int_equal(stats().free, 0);
	assert_true(nr_blocks >= all - 64 && nr_blocks <= all);
	while (nr_blocks)
		give(nr_blocks - 1);
	assert_int_not_equal(frame_alloc(9), FRAME_NONE);
}

static void test_no_table(void **state)
{
	static const struct mem_range ram[] = { { MIB(1), MIB(3) }, { GIB(4), GIB(4) + MIB(64) } };
	unsigned n = 0;

	(void)state;
	memory(GIB(5), MIB(3));
	model_init(ram, 2);
	assert_int_equal(frame_init(ram, 2), 0);
	map_fails = true;
	while (take(0))
		n++;
	assert_in_range(n, 480, 512); /* low memory only, and no crash */
	map_fails = false;
	assert_true(take(9));
}

static void test_contents(void **state)
{
	static const struct mem_range ram[] = { { MIB(1), MIB(32) } };

	(void)state;
	memory(MIB(32), MIB(32));
	assert_int_equal(frame_init(ram, 1), 0);
	for (unsigned order = 0; order <= 10; order++) {
		phys_t p = frame_alloc_zeroed(order);
		const char *bytes = phys_to_virt(p);

		assert_int_not_equal(p, FRAME_NONE);
		assert_int_equal(bytes[0], 0);
		assert_memory_equal(bytes, bytes + 1, (FRAME_SIZE << order) - 1);
	}
	assert_int_equal(frame_alloc(FRAME_ORDER_MAX + 1), FRAME_NONE);
	assert_int_equal(frame_alloc(FRAME_ORDER_MAX), FRAME_NONE);
	assert_int_equal(frame_alloc_zeroed(FRAME_ORDER_MAX), FRAME_NONE);
}

static void test_exhaustion_of_blocks(void **state)
{
	static const struct mem_range ram[] = { { MIB(2), MIB(64) } };

	(void)state;
	memory(MIB(64), MIB(4));
	stress(ram, 1, 30000, 13);
	/* All in single frames; then every second one back: no block of two. */
	model_init(ram, 1);
	assert_int_equal(frame_init(ram, 1), 0);
	while (nr_blocks < BLOCKS_MAX && take(0))
		;
	while (take(3))
		;
	for (unsigned i = 0; i < nr_blocks; i++)
		if (blocks[i].order == 0 && blocks[i].p & FRAME_SIZE)
			give(i--);
	assert_false(take(1));
	assert_true(take(0));
	while (nr_blocks)
		give(nr_blocks - 1);
	check_coalesced();
}

static void test_frame_block(void **state)
{
	static const struct mem_range ram[] = { { MIB(2), MIB(64) } };
	unsigned order;
	phys_t p, q;

	(void)state;
	memory(MIB(64), 0);
	assert_int_equal(frame_init(ram, 1), 0);
	p = frame_alloc(11);
	q = frame_alloc(3);
	assert_int_equal(frame_block(p, &order), p);
	assert_int_equal(order, 11);
	assert_int_equal(frame_block(p + MIB(5) + 123, &order), p);
	assert_int_equal(frame_block(q + 7 * FRAME_SIZE, &order), q);
	assert_int_equal(order, 3);
	frame_free(p + MIB(2), 9);
	assert_int_equal(frame_block(p + MIB(1), &order), p);
	assert_int_equal(order, 9);
	assert_int_equal(frame_block(p + MIB(5), &order), p + MIB(4));
	assert_int_equal(order, 10);
	expect_assert_failure(frame_block(p + MIB(2), &order));
}

static void test_bad_free(void **state)
{
	static const struct mem_range ram[] = { { MIB(2), MIB(64) } };
	phys_t p, q, r;

	(void)state;
	memory(MIB(64), 0);
	assert_int_equal(frame_init(ram, 1), 0);
	p = frame_alloc(0);
	q = frame_alloc(4);
	r = frame_alloc(10);
	expect_assert_failure(frame_free(p + 8, 0));
	expect_assert_failure(frame_free(q + FRAME_SIZE, 1));
	expect_assert_failure(frame_free(q, 5));
	expect_assert_failure(frame_free(MIB(1), 0));
	expect_assert_failure(frame_free(MIB(2), 0)); /* state bytes */
	expect_assert_failure(frame_free(MIB(63), 0)); /* never handed out */
	expect_assert_failure(frame_free(MIB(64), 0));
	expect_assert_failure(frame_free(0, 0));
	expect_assert_failure(frame_free(q, FRAME_ORDER_MAX + 1));
	frame_free(p, 0);
	expect_assert_failure(frame_free(p, 0));
	frame_free(q, 4);
	expect_assert_failure(frame_free(q, 4));
	expect_assert_failure(frame_free(q + FRAME_SIZE, 0));
	frame_free(r + MIB(2), 9);
	expect_assert_failure(frame_free(r, 10));
	expect_assert_failure(frame_free(r + MIB(3), 8));
	frame_free(r + FRAME_SIZE, 0);
	expect_assert_failure(frame_free(r, 9));
	expect_assert_failure(frame_free(r + FRAME_SIZE, 0));
	frame_free(r, 0);
}

static void test_init_refuses(void **state)
{
	static const struct mem_range high[] = { { GIB(2), GIB(3) } };
	static const struct mem_range tiny[] = { { 0, 0x1000 } };

	(void)state;
	memory(MIB(2), 0);
	assert_int_equal(frame_init(NULL, 0), -ENOMEM);
	assert_int_equal(frame_init(high, 1), -ENOMEM);
	assert_int_equal(frame_init(tiny, 1), -ENOMEM); /* frame 0 is none */
}

static void test_adjacent_ranges_join(void **state)
{
	static const struct mem_range ram[] = { { 0, MIB(3) }, { MIB(3), MIB(5) }, { MIB(5), MIB(16) } };

	(void)state;
	memory(MIB(16), MIB(16));
	assert_int_equal(frame_init(ram, 3), 0);
	assert_int_equal(stats().total, (MIB(16) >> FRAME_SHIFT) - 1);
	assert_int_equal(frame_largest(), 11);
	assert_int_equal(frame_alloc(11), MIB(8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boot_touches_nothing),
		cmocka_unit_test(test_first_frame_touches_little),
		cmocka_unit_test(test_two_mib_guest),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_low_memory_gone),
		cmocka_unit_test(test_no_table),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_exhaustion_of_blocks),
		cmocka_unit_test(test_frame_block),
		cmocka_unit_test(test_bad_free),
		cmocka_unit_test(test_init_refuses),
		cmocka_unit_test(test_adjacent_ranges_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
