/* sources: mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that a hypervisor hands out zeroed is not cleared again before its first use, and always
 * after that. */
#include "tests/unit/frame_model.h"

static const struct mem_range ram[] = { { MIB(1), MIB(256) } };

static void start(bool zeroed)
{
	memory(MIB(256), 0); /* zeros, as the host's kernel gives them */
	assert_int_equal(frame_init(ram, 1), 0);
	model_init(ram, 1);
	if (zeroed)
		frame_set_zeroed();
}

static bool all_zero(phys_t p, size_t bytes)
{
	const char *c = phys_to_virt(p);

	return c[0] == 0 && memcmp(c, c + 1, bytes - 1) == 0;
}

/* Whatever is done with blocks between, those that are asked for zeroed are. */
static void test_zeros_stay_true(void **state)
{
	static struct block held[4000];
	unsigned n = 0, clean = 0;

	(void)state;
	start(true);
	for (unsigned i = 0; i < 60000; i++) {
		unsigned order = host_random_below(3) ? 0 : host_random_below(10);
		phys_t p = FRAME_NONE;

		if (n && (host_random_below(9) < 4 || n == ARRAY_SIZE(held))) {
			unsigned k = host_random_below(n);

			frame_free(held[k].p, held[k].order);
			held[k] = held[--n];
			continue;
		}
		switch (host_random_below(4)) {
		case 0:
			p = frame_alloc(order);
			break;
		case 1:
			order = MAX(order, 1U);
			p = frame_alloc_clean(order);
			clean += p != FRAME_NONE;
			if (p)
				assert_true(all_zero(p, FRAME_SIZE << order));
			break;
		case 2:
			order = 0;
			if (frame_alloc_zeroed_singles(&p, 1))
				assert_true(all_zero(p, FRAME_SIZE));
			break;
		default:
			p = frame_alloc_zeroed(order);
			if (p)
				assert_true(all_zero(p, FRAME_SIZE << order));
			break;
		}
		if (!p)
			continue;
		memset(phys_to_virt(p), 0x5a, FRAME_SIZE << order);
		held[n++] = (struct block){ p, order };
	}
	assert_in_range(clean, 1, 100000);
}

/* Where nobody said so, nothing is taken for zero. */
static void test_not_said(void **state)
{
	(void)state;
	start(false);
	assert_int_equal(frame_alloc_clean(9), FRAME_NONE);
	assert_int_equal(frame_alloc_clean(18), FRAME_NONE);
}

/* It is believed, but not of memory that loaders work in, and not of memory used before. */
static void test_believed(void **state)
{
	phys_t p, lowest = UINT64_MAX, highest = 0;
	unsigned n = 0;

	(void)state;
	start(true);
	do {
		p = frame_alloc_zeroed(9); /* in order: carved from below */
		if (p && p < MIB(4))
			memset(phys_to_virt(p), 1, MIB(2));
	} while (p && p < MIB(4));
	frame_free(p, 9);
	start(true);
	memset(phys_to_virt(MIB(1)), 0xee, MIB(3));
	memset(phys_to_virt(MIB(224)), 0xee, MIB(32));
	while ((p = frame_alloc_zeroed(9)) != FRAME_NONE) {
		assert_true(all_zero(p, MIB(2)));
		lowest = MIN(lowest, p);
		highest = MAX(highest, p);
		n++;
	}
	assert_true(lowest < MIB(4) && highest >= MIB(224) && n > 120);
	frame_free(MIB(100), 9);
	assert_int_equal(frame_alloc_clean(9), FRAME_NONE);
}

/* The debugging checks notice a hypervisor that lies. */
static void test_lie(void **state)
{
	phys_t p = FRAME_NONE;

	(void)state;
	start(true);
	memset(phys_to_virt(MIB(64)), 0xee, 100);
	while (p < MIB(62))
		p = frame_alloc_zeroed(9);
	expect_assert_failure(frame_alloc_zeroed(9));
	assert_non_null(strstr(host_panic_text, "pagurus.zeroed"));
}

/* Runs of frames go back as one, whichever blocks they were. */
static void test_free_run(void **state)
{
	uint64_t all;
	phys_t p, frames[32];

	(void)state;
	start(false);
	frame_free(frame_alloc(5), 5);
	all = stats().free;
	p = frame_alloc(9);
	frame_free_run(p, 512);
	assert_int_equal(stats().free, all);
	/* Part of a block, the middle of it. */
	p = frame_alloc(9);
	frame_free_run(p + 3 * FRAME_SIZE, 300);
	assert_int_equal(stats().free, all - 212);
	expect_assert_failure(frame_free_run(p + 200 * FRAME_SIZE, 50));
	expect_assert_failure(frame_free_run(p, 4));
	frame_free_run(p + 303 * FRAME_SIZE, 209);
	start(false);
	frame_free(frame_alloc(5), 5);
	all = stats().free;
	/* Single frames and blocks of several orders in one run. */
	assert_int_equal(frame_alloc_zeroed_singles(frames, 32), 32);
	for (unsigned i = 1; i < 32; i++)
		assert_int_equal(frames[i], frames[0] + i * FRAME_SIZE);
	frame_free_run(frames[0], 31);
	frame_free_run(frames[31], 1);
	assert_int_equal(stats().free, all);
	p = frame_alloc(11);
	assert_true(IS_ALIGNED(p, MIB(8)));
	frame_free(p + MIB(2), 3);
	assert_int_equal(frame_alloc(3), p + MIB(2));
	frame_free_run(p, 2048);
	assert_int_equal(stats().free, all);
	expect_assert_failure(frame_free_run(p, 2048));
	expect_assert_failure(frame_free_run(MIB(255), 512));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeros_stay_true), cmocka_unit_test(test_not_said),
		cmocka_unit_test(test_believed),        cmocka_unit_test(test_lie),
		cmocka_unit_test(test_free_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
