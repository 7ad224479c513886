/* sources: tests/unit/host_sched.c sched/schedule.c sched/thread.c sched/timer.c sched/wait.c sched/futex.c sched/robust.c lib/tree.c lib/string.c */
/* flags: -DCONFIG_PREEMPT=1 -DCONFIG_TIMESLICE_MS=10 -DCONFIG_FUTEX_HASH_BITS=2 -DCONFIG_ZERO_AHEAD=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* A CPU with nothing to do zeroes ahead of need, no longer than until somebody is ready, then halts,
 * and no timer is set but the one that a thread waits for. */
#include "tests/unit/host_sched.h"

#include "arch/x86/cpu.h"
#include "arch/x86/percpu.h"
#include "mm/zero_ahead.h"
#include "sched/thread.h"

#define MS 1000000ULL
#define SLICE (MS / 100)

static unsigned slices_left, steps;

bool zero_ahead_step(void)
{
	steps++;
	assert_false(host_interrupts);
	assert_int_equal(cpus[0].ready, 0);
	if (!slices_left)
		return false;
	slices_left--;
	host_now += SLICE;
	return true;
}

static int start(void **state)
{
	(void)state;
	host_sched_start();
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	steps = host_halts = host_timer_sets = 0;
	return 0;
}

static void test_then_halts(void **state)
{
	uint64_t begin = host_now;

	(void)state;
	slices_left = 30;
	assert_int_equal(thread_sleep_until(begin + MS), 0);
	assert_int_equal(steps, 31);
	assert_int_equal(host_halts, 1);
	assert_int_equal(host_now, begin + MS);
	assert_int_equal(host_timer_sets, 1);
}

/* A thread that becomes ready between two slices runs before the next. */
static void test_stops_for_work(void **state)
{
	uint64_t begin = host_now;

	(void)state;
	slices_left = 1000;
	assert_int_equal(thread_sleep_until(begin + MS), 0);
	assert_int_equal(host_halts, 0);
	assert_in_range(host_now, begin + MS, begin + MS + SLICE);
	assert_int_equal(slices_left, 900);
	slices_left = 0;
}

/* Nothing left to do: asks once for each time that it halts. */
static void test_nothing_to_zero(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 5; i++) {
		assert_int_equal(thread_sleep_until(host_now + MS), 0);
		assert_int_equal(host_halts, i);
		assert_int_equal(steps, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_then_halts, fresh),
		cmocka_unit_test_setup(test_stops_for_work, fresh),
		cmocka_unit_test_setup(test_nothing_to_zero, fresh),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
