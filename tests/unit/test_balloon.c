/* sources: xen/balloon_step.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The balloon's decisions, on a machine whose program takes and gives back memory. */
#include "tests/unit/host_stubs.h"

#include "xen/balloon.h"

#define FRAMES(mib) (MIB(mib) >> FRAME_SHIFT)

static void test_floor(void **state)
{
	(void)state;
	assert_int_equal(balloon_floor(FRAMES(2048)), FRAMES(64));
	assert_int_equal(balloon_floor(FRAMES(64)), FRAMES(2));
	assert_int_equal(balloon_floor(FRAMES(4)), FRAMES(1)); /* the smallest keeps a quarter */
	assert_int_equal(balloon_floor(0), 0);
}

static void test_nothing_to_do(void **state)
{
	struct balloon_facts f = { .held = 5, .goal = 5, .free = 100000, .total = 100000 };

	(void)state;
	assert_int_equal(balloon_step(&f), 0);
}

/* Follows balloon_step() to where it stops. */
static void settle(struct balloon_facts *f)
{
	int64_t step;

	while ((step = balloon_step(f)) != 0) {
		assert_true(step <= (int64_t)BALLOON_LARGE && step >= -(int64_t)BALLOON_LARGE);
		f->held += (uint64_t)step;
		f->free -= (uint64_t)step;
		assert_true(f->free >= balloon_floor(f->total) || step < 0);
		f->starved = false;
	}
	f->starved = f->held < f->goal;
}

static void test_down_and_up(void **state)
{
	struct balloon_facts f = { .free = FRAMES(120), .total = FRAMES(128) };

	(void)state;
	f.goal = FRAMES(64) + 3;
	settle(&f);
	assert_int_equal(f.held, f.goal);
	f.goal = 1;
	settle(&f);
	assert_int_equal(f.held, 1);
	assert_int_equal(f.free, FRAMES(120) - 1);
}

static void test_never_below_the_floor(void **state)
{
	struct balloon_facts f = { .free = FRAMES(20), .total = FRAMES(128), .goal = FRAMES(100) };
	uint64_t floor = balloon_floor(f.total);

	(void)state;
	settle(&f);
	assert_int_equal(f.free, floor);
	assert_true(f.starved);
	/* A little more is free: not worth it yet. */
	f.free += FRAMES(1);
	assert_int_equal(balloon_step(&f), 0);
	f.free += 1;
	assert_true(balloon_step(&f) > 0);
	settle(&f);
	assert_int_equal(f.free, floor);
	/* The program has taken what the floor kept: nothing is taken back from it. */
	f.free = 0;
	assert_int_equal(balloon_step(&f), 0);
	f.goal = f.held - 10;
	assert_int_equal(balloon_step(&f), -10);
}

static void test_any_facts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		struct balloon_facts f = {
			.held = host_random() >> host_random_below(64) >> 1,
			.goal = host_random() >> host_random_below(64) >> 1,
			.free = host_random() >> host_random_below(64) >> 1,
			.total = host_random() >> host_random_below(64) >> 1,
			.starved = host_random() & 1,
		};
		int64_t step = balloon_step(&f);

		if (step > 0)
			assert_true((uint64_t)step <= f.goal - f.held && (uint64_t)step <= f.free &&
			            f.free - (uint64_t)step >= balloon_floor(f.total));
		else
			assert_true((uint64_t)-step <= f.held);
		assert_true(step <= (int64_t)BALLOON_LARGE && step >= -(int64_t)BALLOON_LARGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_floor),       cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_down_and_up), cmocka_unit_test(test_never_below_the_floor),
		cmocka_unit_test(test_any_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
