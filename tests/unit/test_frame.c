/* sources: mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c */
/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame allocator against a model that knows who owns each frame, over memory that faults where
 * the direct map does not reach yet. */
#include "tests/unit/frame_model.h"

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
		{ GIB(2), GIB(2) + 0x5000 }, /* too small for state bytes of its own */
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
	expect_assert_failure(frame_free(MIB(2), 0));  /* state bytes */
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
	static const struct mem_range ram[] = { { 0, MIB(3) },
		                                    { MIB(3), MIB(5) },
		                                    { MIB(5), MIB(16) } };

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
