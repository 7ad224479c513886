/* sources: mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c mm/zero_ahead.c */
/* flags: -DCONFIG_ZERO_AHEAD=1 -DCONFIG_ZERO_AHEAD_MIB=16 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* What idle CPUs zero is bounded, holds zeros whatever happens to it, and is free memory as any. */
#include "mm/zero_ahead.h"

#include "mm/buddy.h"
#include "tests/unit/frame_model.h"

#define RAM_MIB 256
#define MOST (MIB(16) / FRAME_SIZE)

static const struct mem_range ram[] = { { MIB(1), MIB(RAM_MIB) } };

static void start(void)
{
	memory(MIB(RAM_MIB), MIB(RAM_MIB)); /* all junk */
	assert_int_equal(frame_init(ram, 1), 0);
	model_init(ram, 1);
}

/* What an idle CPU does. Returns how many slices that took. */
static unsigned idle(void)
{
	unsigned slices = 0;

	while (zero_ahead_step())
		assert_true(++slices <= MIB(RAM_MIB) / KIB(16));
	assert_false(zero_ahead_step());
	return slices;
}

static bool all_zero(phys_t p, size_t bytes)
{
	const char *c = phys_to_virt(p);

	return c[0] == 0 && memcmp(c, c + 1, bytes - 1) == 0;
}

/* Every block of 2 MiB there is, dirty. */
static unsigned take_all_large(phys_t *large)
{
	unsigned n = 0;

	while ((large[n] = frame_alloc(LARGE_ORDER)) != FRAME_NONE)
		memset(phys_to_virt(large[n++]), 0x5a, LARGE_SIZE);
	return n;
}

static void test_bounded(void **state)
{
	struct frame_stats before;
	phys_t p;

	(void)state;
	start();
	before = stats();
	assert_int_equal(idle(), MIB(16) / KIB(16));
	assert_int_equal(buddy_clean_frames, MOST);
	assert_int_equal(stats().free, before.free);
	assert_int_equal(idle(), 0);
	/* What is taken is made good. */
	p = frame_alloc_zeroed(LARGE_ORDER);
	assert_true(all_zero(p, LARGE_SIZE));
	assert_int_equal(buddy_clean_frames, MOST - 512);
	assert_int_equal(idle(), LARGE_SIZE / KIB(16));
	assert_int_equal(buddy_clean_frames, MOST);
	/* Who wants no zeros takes what holds none. */
	frame_free(p, LARGE_ORDER);
	assert_int_equal(frame_alloc(LARGE_ORDER), p);
	assert_int_equal(buddy_clean_frames, MOST);
}

/* No more than an eighth of what is free. */
static void test_little_memory(void **state)
{
	static phys_t large[RAM_MIB];
	unsigned n;

	(void)state;
	start();
	n = take_all_large(large);
	assert_int_equal(idle(), 0);
	for (unsigned i = 0; i < 12; i++)
		frame_free(large[--n], LARGE_ORDER);
	idle();
	assert_in_range(buddy_clean_frames, 512, 3 * 512);
}

/* Blocks freed singly, or side by side, stay what they are. */
static void test_dirtied_and_freed(void **state)
{
	static phys_t large[RAM_MIB];
	unsigned n, clean;

	(void)state;
	start();
	idle();
	n = take_all_large(large);
	assert_int_equal(buddy_clean_frames / 512, 0);
	for (unsigned i = 0; i < n; i++)
		frame_free(large[i], LARGE_ORDER);
	clean = buddy_clean_frames;
	assert_in_range(clean, 0, 511);
	idle();
	assert_in_range(buddy_clean_frames, MOST - 511, MOST);
	for (unsigned i = 0; i < n; i++) {
		large[i] = frame_alloc_zeroed(LARGE_ORDER);
		assert_true(all_zero(large[i], LARGE_SIZE));
	}
	assert_int_equal(frame_alloc_zeroed(LARGE_ORDER), FRAME_NONE);
}

/* Where no 2 MiB are free, what there is. */
static void test_fragmented(void **state)
{
	static phys_t large[RAM_MIB];
	unsigned n;

	(void)state;
	start();
	n = take_all_large(large);
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < 512; k++)
			if (k % 2 == 0 || k >= 496)
				frame_free(large[i] + k * FRAME_SIZE, 0);
	assert_in_range(frame_largest(), 0, LARGE_ORDER - 1);
	assert_true(idle() > 16);
	assert_in_range(buddy_clean_frames, MOST - 512, MOST);
	for (unsigned i = 0; i < MOST / 2; i++) {
		phys_t p;

		assert_int_equal(frame_alloc_zeroed_singles(&p, 1), 1);
		assert_true(all_zero(p, FRAME_SIZE));
		memset(phys_to_virt(p), 0x77, FRAME_SIZE);
	}
}

/* All that is free can be had, with a block under way too, by whoever asks and for any order. */
static void test_nothing_withheld(void **state)
{
	struct frame_stats s;
	uint64_t got = 0;
	phys_t p;

	(void)state;
	start();
	assert_true(zero_ahead_step());
	s = stats();
	while (frame_alloc_zeroed_singles(&p, 1))
		got++;
	assert_int_equal(got, s.free);
	assert_int_equal(stats().free, 0);
	start();
	assert_true(zero_ahead_step());
	for (got = 0; frame_alloc(0) != FRAME_NONE; got++)
		;
	assert_int_equal(got, s.free);
	start();
	idle();
	p = frame_alloc_zeroed(LARGE_ORDER);
	assert_true(zero_ahead_step());
	frame_free(p, LARGE_ORDER);
	check_coalesced(); /* from 128 MiB on */
	assert_int_equal(buddy_clean_frames, 0);
}

/* Of which a part holds zeros. */
static void test_larger_block(void **state)
{
	static phys_t large[RAM_MIB];
	unsigned n;

	(void)state;
	start();
	n = take_all_large(large);
	for (unsigned i = 0; i < n; i++)
		if (large[i] >= MIB(128))
			frame_free(large[i], LARGE_ORDER);
	assert_int_equal(frame_largest(), 15);
	assert_true(idle() > 0);
	assert_true(frame_largest() < 15);
	assert_int_equal(frame_alloc(15), MIB(128));
}

static void test_known_zero(void **state)
{
	phys_t p;

	(void)state;
	memory(MIB(RAM_MIB), 0);
	assert_int_equal(frame_init(ram, 1), 0);
	frame_set_zeroed();
	assert_int_equal(idle(), 0);
	assert_int_equal(stats().untouched, stats().free);
	/* What was used is not known to be zero any more. */
	p = frame_alloc(11);
	memset(phys_to_virt(p), 0x5a, LARGE_SIZE * 4);
	frame_free(p, 11);
	assert_true(idle() > 0);
	p = frame_alloc_zeroed(11);
	assert_true(all_zero(p, LARGE_SIZE * 4));
}

/* Whatever is done with blocks between, in whatever slices, those that are asked for zeroed are. */
static void test_zeros_stay_true(void **state)
{
	unsigned clean = 0;

	(void)state;
	start();
	for (unsigned i = 0; i < 60000; i++) {
		unsigned order = host_random_below(3) ? 0 : host_random_below(11);
		uint64_t dice = host_random_below(9);
		phys_t p;

		if (host_random_below(3) == 0 && zero_ahead_step())
			clean++;
		if (nr_blocks && (dice < (i / 4000 % 2 ? 3 : 6) || nr_blocks == 4000)) {
			if (dice == 0)
				give_part(host_random_below(nr_blocks));
			else
				give(host_random_below(nr_blocks));
		} else {
			bool zeroed = host_random_below(4);

			p = zeroed ? frame_alloc_zeroed(order) : frame_alloc(order);
			if (p == FRAME_NONE)
				continue;
			if (zeroed)
				assert_true(all_zero(p, FRAME_SIZE << order));
			memset(phys_to_virt(p), 0x5a, FRAME_SIZE << order);
			own(p, order);
			blocks[nr_blocks++] = (struct block){ p, order };
		}
		if (i % 64 == 0)
			check_sum();
	}
	assert_true(clean > 1000);
}

/* Who writes to what is free, or frees it again, is found out. */
static void test_misuse(void **state)
{
	phys_t p;

	(void)state;
	start();
	p = frame_alloc(LARGE_ORDER);
	frame_free(p, LARGE_ORDER);
	idle();
	expect_assert_failure(frame_free(p, LARGE_ORDER));
	start();
	idle();
	p = frame_alloc_zeroed(LARGE_ORDER);
	frame_free(p, LARGE_ORDER);
	idle();
	*(char *)phys_to_virt(p + MIB(1)) = 1;
	expect_assert_failure(while (frame_alloc_zeroed(LARGE_ORDER) != FRAME_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_little_memory),
		cmocka_unit_test(test_dirtied_and_freed),
		cmocka_unit_test(test_fragmented),
		cmocka_unit_test(test_nothing_withheld),
		cmocka_unit_test(test_known_zero),
		cmocka_unit_test(test_larger_block),
		cmocka_unit_test(test_zeros_stay_true),
		cmocka_unit_test(test_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
