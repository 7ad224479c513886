/* sources: sched/timer.c lib/tree.c */
/* flags: -DCONFIG_PREEMPT=1 -DCONFIG_TIMESLICE_MS=10 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers against a plain array as a model: each fires at the first interrupt at or after its
 * deadline and never before, in order, and the hardware is always set early enough. */
#include "tests/unit/host_stubs.h"

#include "arch/x86/cpu.h"
#include "arch/x86/lapic.h"
#include "arch/x86/percpu.h"
#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "sched/run_queue.h"
#include "sched/timer.h"

#define TIMERS 200
#define SLICE_NS 10000000ULL

static struct model {
	struct timer timer;
	uint64_t deadline; /* UINT64_MAX: not armed */
	unsigned fired;
	uint64_t rearm; /* expired() arms it again after so many ns; 0: no */
} model[TIMERS];

static void (*handler)(struct trap_frame *frame);
static uint64_t now, hardware = UINT64_MAX, last_deadline;
static unsigned sets, ticks, wrong;
static bool more_ticks;

uint64_t clock_ns(void)
{
	return now;
}

void lapic_timer_idle(void)
{
}

void lapic_timer_set(uint64_t ns)
{
	hardware = ns;
	sets++;
}

void lapic_eoi(void)
{
}

void trap_set_handler(unsigned vector, void (*function)(struct trap_frame *frame))
{
	assert_int_equal(vector, VECTOR_TIMER);
	handler = function;
}

bool sched_tick(void)
{
	ticks++;
	return more_ticks;
}

static void expired(struct timer *timer)
{
	struct model *m = container_of(timer, struct model, timer);

	m->fired++;
	/* In an interrupt assertions would be in the way: count. */
	wrong += m->deadline > now || timer->armed || host_interrupts || m->deadline < last_deadline;
	last_deadline = m->deadline;
	m->deadline = UINT64_MAX;
	if (m->rearm) {
		m->deadline = now + m->rearm;
		timer_arm(timer, m->deadline);
	}
}

static void interrupt(void)
{
	struct trap_frame frame = { 0 };

	hardware = UINT64_MAX;
	last_deadline = 0;
	host_interrupts = false;
	handler(&frame);
	host_interrupts = true;
}

/* Moves time, with an interrupt whenever the hardware says so. */
static void advance(uint64_t to)
{
	while (hardware <= to) {
		now = MAX(now, hardware);
		interrupt();
	}
	now = to;
}

static uint64_t earliest(void)
{
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < TIMERS; i++)
		first = MIN(first, model[i].deadline);
	return first;
}

static void check(void)
{
	assert_int_equal(wrong, 0);
	assert_true(hardware <= earliest());
	assert_true(earliest() > now || hardware <= now);
	for (unsigned i = 0; i < TIMERS; i++)
		assert_int_equal(model[i].timer.armed, model[i].deadline != UINT64_MAX);
}

static int setup(void **state)
{
	(void)state;
	timers_init();
	assert_non_null(handler);
	for (unsigned i = 0; i < TIMERS; i++) {
		timer_init(&model[i].timer, expired);
		model[i].deadline = UINT64_MAX;
	}
	return 0;
}

static void test_against_model(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		struct model *m = &model[host_random_below(TIMERS)];
		uint64_t scale = 1ULL << host_random_below(24);

		switch (host_random_below(4)) {
		case 0:
		case 1: /* arm or move, sometimes into the past */
			m->deadline = now + host_random_below(scale);
			m->deadline -= MIN(m->deadline, host_random_below(4) ? 0 : scale / 2);
			m->rearm = host_random_below(5) ? 0 : 1 + host_random_below(100000);
			timer_arm(&m->timer, m->deadline);
			break;
		case 2:
			assert_int_equal(timer_cancel(&m->timer), m->deadline != UINT64_MAX);
			m->deadline = UINT64_MAX;
			break;
		default:
			advance(now + host_random_below(scale / 16 + 1));
		}
		if (round % 16 == 0)
			check();
	}
	for (unsigned i = 0; i < TIMERS; i++)
		model[i].rearm = 0;
	advance(now + (1ULL << 25));
	check();
	assert_int_equal(earliest(), UINT64_MAX);
	assert_int_equal(hardware, UINT64_MAX);
}

/* A timeout that never happens must not cost an access to the hardware each time. */
static void test_cancelled_timeouts_are_cheap(void **state)
{
	unsigned before;

	(void)state;
	before = sets;
	for (unsigned i = 0; i < 1000; i++) {
		now += 10;
		timer_arm(&model[0].timer, now + 1000000);
		assert_true(timer_cancel(&model[0].timer));
	}
	assert_int_equal(sets - before, 1);
	assert_false(timer_cancel(&model[0].timer));
	before = model[0].fired;
	advance(now + 2000000);
	assert_int_equal(model[0].fired, before);
	assert_int_equal(hardware, UINT64_MAX);
}

static void arm_tick(void)
{
	uint64_t flags = irq_save();

	timer_tick_arm();
	irq_restore(flags);
}

/* The hardware serves the time slice and the timers; the earlier one counts. */
static void test_time_slice(void **state)
{
	uint64_t begin = now;

	(void)state;
	ticks = 0;
	more_ticks = true;
	arm_tick();
	assert_int_equal(hardware, begin + SLICE_NS);
	model[1].deadline = begin + SLICE_NS / 2;
	timer_arm(&model[1].timer, model[1].deadline);
	assert_int_equal(hardware, begin + SLICE_NS / 2);
	advance(begin + SLICE_NS - 1);
	assert_int_equal(ticks, 0);
	assert_int_equal(model[1].deadline, UINT64_MAX);
	advance(begin + 5 * SLICE_NS);
	assert_int_equal(ticks, 5);
	more_ticks = false;
	advance(begin + 20 * SLICE_NS);
	assert_int_equal(ticks, 6);
	assert_int_equal(hardware, UINT64_MAX);
	check();
}

/* Hardware may fire early. */
static void test_early_interrupt(void **state)
{
	unsigned before = model[2].fired;

	(void)state;
	model[2].deadline = now + 5000;
	timer_arm(&model[2].timer, model[2].deadline);
	now += 100;
	interrupt();
	assert_int_equal(model[2].fired, before);
	assert_int_equal(hardware, model[2].deadline);
	advance(now + 5000);
	assert_int_equal(model[2].fired, before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_cancelled_timeouts_are_cheap),
		cmocka_unit_test(test_time_slice),
		cmocka_unit_test(test_early_interrupt),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
