/* sources: core/shutdown.c */
/* flags: -DCONFIG_SHUTDOWN_GRACE=30 */
// SPDX-License-Identifier: BSD-2-Clause
/* What the outside sees of a program's end, before and after it was asked to shut down. */
#include "tests/unit/host_stubs.h"

#include "arch/x86/tsc.h"
#include "core/exit.h"
#include "core/shutdown.h"
#include "sched/timer.h"

static struct timer *armed;
static uint64_t deadline;
static long sent;
static jmp_buf stopped;
static int stop_status;

long sys_kill(long pid, long signal);

long sys_kill(long pid, long signal)
{
	assert_int_equal(pid, 1);
	sent = signal;
	return 0;
}

void timer_arm(struct timer *timer, uint64_t when)
{
	armed = timer;
	deadline = when;
}

uint64_t clock_ns(void)
{
	return 7;
}

void machine_stop(enum stop_reason reason, int status)
{
	assert_int_equal(reason, STOP_SIGNAL);
	stop_status = status;
	longjmp(stopped, 1);
}

static void expect(enum stop_reason reason, int status, enum stop_reason outcome, int code)
{
	shutdown_outcome(&reason, &status);
	assert_int_equal(reason, outcome);
	assert_int_equal(status, code);
}

/* Both in one, since a request cannot be taken back. */
static void test_outcome(void **state)
{
	(void)state;
	expect(STOP_EXIT, 3, STOP_EXIT, 3);
	expect(STOP_SIGNAL, 15, STOP_SIGNAL, 15);
	expect(STOP_PANIC, 0, STOP_PANIC, 0);

	shutdown_request(STOP_EXIT);
	assert_int_equal(sent, 15);
	assert_non_null(armed);
	assert_int_equal(deadline, 30 * NS_PER_SEC + 7);
	expect(STOP_EXIT, 3, STOP_EXIT, 3);
	expect(STOP_SIGNAL, 15, STOP_EXIT, 143);
	expect(STOP_SIGNAL, 9, STOP_EXIT, 137);
	expect(STOP_SIGNAL, 11, STOP_SIGNAL, 11);
	expect(STOP_PANIC, 0, STOP_PANIC, 0);

	/* A second request decides how, and does not begin the time anew. */
	deadline = 0;
	shutdown_request(STOP_REBOOT);
	assert_int_equal(deadline, 0);
	expect(STOP_EXIT, 3, STOP_REBOOT, 3);
	expect(STOP_SIGNAL, 15, STOP_REBOOT, 143);

	if (setjmp(stopped) == 0)
		armed->expired(armed);
	assert_int_equal(stop_status, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
