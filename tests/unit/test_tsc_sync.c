/* sources: */
// SPDX-License-Identifier: BSD-2-Clause
/* Do two CPUs' time stamp counters agree, as far as a question and its answer can tell? */
#include "tests/unit/host_stubs.h"

#include "arch/x86/tsc_sync.h"

static int64_t offset(uint64_t before, uint64_t answer, uint64_t after)
{
	return tsc_question_offset(&(struct tsc_question){ before, answer, after });
}

static void test_agree(void **state)
{
	(void)state;
	assert_int_equal(offset(100, 100, 100), 0);
	assert_int_equal(offset(100, 100, 200), 0);
	assert_int_equal(offset(100, 200, 200), 0);
	assert_int_equal(offset(100, 163, 200), 0);
	assert_int_equal(offset(UINT64_MAX - 10, 5, 20), 0); /* across the wrap */
}

static void test_differ(void **state)
{
	(void)state;
	assert_int_equal(offset(100, 99, 200), -51);
	assert_int_equal(offset(100, 201, 200), 51);
	assert_int_equal(offset(0, 1UL << 60, 2), (1L << 60) - 1);
	assert_int_equal(offset(1UL << 60, 0, (1UL << 60) + 2), -(1L << 60) - 1);
}

/* Whatever the other CPU is ahead or behind, what is found is right to within half the wait. */
static void test_found(void **state)
{
	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t before = host_random(), wait = 1 + host_random_below(1 << 20);
		uint64_t when = host_random_below(wait + 1);
		int64_t ahead = (int64_t)(host_random() >> 2) * (i % 2 ? 1 : -1);
		int64_t found = offset(before, before + when + (uint64_t)ahead, before + wait);
		int64_t error = found - ahead;

		assert_true(error >= -(int64_t)wait && error <= (int64_t)wait);
		if (ahead > (int64_t)wait || ahead < -(int64_t)wait)
			assert_true(found != 0 && error >= -(int64_t)(wait / 2 + 1) &&
			            error <= (int64_t)(wait / 2 + 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agree),
		cmocka_unit_test(test_differ),
		cmocka_unit_test(test_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
