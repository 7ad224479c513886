/* sources: sched/timer.c lib/tree.c */
/* flags: -UCONFIG_NR_CPUS -DCONFIG_NR_CPUS=2 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers where one CPU arms or cancels what expires on another at that moment. CPU 1 is in expired(),
 * then CPU 0 takes over until expired() returns. */
#include "tests/unit/host_stubs.h"

#include <pthread.h>
#include <unistd.h>

#include "arch/x86/cpu.h"
#include "arch/x86/lapic.h"
#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "sched/run_queue.h"
#include "sched/timer.h"

static struct timer timer;
static void (*handler)(struct trap_frame *frame);
static uint64_t now, hardware[CONFIG_NR_CPUS];
static unsigned fired;

uint64_t clock_ns(void)
{
	return now;
}

void lapic_timer_idle(void)
{
	hardware[cpu_id()] = UINT64_MAX;
}

void lapic_timer_set(uint64_t ns)
{
	hardware[cpu_id()] = ns;
}

void lapic_eoi(void)
{
}

void trap_set_handler(unsigned vector, void (*function)(struct trap_frame *frame))
{
	assert_int_equal(vector, VECTOR_TIMER);
	handler = function;
}

void spin_wait(struct spinlock *lock, uint32_t ticket)
{
	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
		cpu_relax();
}

static void interrupt_on(uint32_t cpu)
{
	struct trap_frame frame = { 0 };

	cpus[0].id = cpu;
	handler(&frame);
}

/* Armed on CPU 1, and due. */
static void begin(void (*expired)(struct timer *timer))
{
	for (cpus[0].id = 0; cpus[0].id < CONFIG_NR_CPUS; cpus[0].id++)
		timers_init();
	fired = 0;
	cpus[0].id = 1;
	timer_init(&timer, expired);
	timer_arm(&timer, now + 1000);
	now += 1000;
}

static void *cancel(void *armed)
{
	*(bool *)armed = timer_cancel(&timer);
	return NULL;
}

static bool was_armed;
static pthread_t canceller;

static void arm_while_cancelled(struct timer *self)
{
	fired++;
	cpus[0].id = 0;
	assert_int_equal(pthread_create(&canceller, NULL, cancel, &was_armed), 0);
	usleep(20000); /* it begins to wait */
	timer_arm(self, now + 1000);
}

static void test_armed_again_while_it_is_cancelled(void **state)
{
	(void)state;
	begin(arm_while_cancelled);
	interrupt_on(1);
	pthread_join(canceller, NULL);
	assert_false(timer.armed);
	assert_true(was_armed);
	now += 2000;
	interrupt_on(1);
	assert_int_equal(fired, 1);
}

static volatile bool ended;

static void *cancel_and_look(void *unused)
{
	(void)unused;
	was_armed = timer_cancel(&timer);
	return ended ? &timer : NULL;
}

static void arm_elsewhere(struct timer *self)
{
	fired++;
	cpus[0].id = 0;
	timer_arm(self, now + 1000);
	assert_int_equal(pthread_create(&canceller, NULL, cancel_and_look, NULL), 0);
	usleep(20000);
	ended = true;
}

/* Then it is CPU 1 still that timer_cancel() has to wait for. */
static void test_armed_elsewhere_while_it_expires(void **state)
{
	void *waited;

	(void)state;
	ended = false;
	begin(arm_elsewhere);
	interrupt_on(1);
	pthread_join(canceller, &waited);
	assert_non_null(waited);
	assert_true(was_armed);
	assert_false(timer.armed);
}

static void arm_only(struct timer *self)
{
	fired++;
	if (fired > 1)
		return;
	cpus[0].id = 0;
	timer_arm(self, now + 1000);
	cpus[0].id = 1; /* whose interrupt ends now */
}

static void test_armed_elsewhere_it_fires(void **state)
{
	uint64_t due = now + 2000;

	(void)state;
	begin(arm_only);
	interrupt_on(1);
	assert_true(timer.armed);
	assert_int_equal(hardware[timer.cpu], due);
	now = due;
	interrupt_on(timer.cpu);
	assert_int_equal(fired, 2);
	assert_false(timer.armed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_armed_again_while_it_is_cancelled),
		cmocka_unit_test(test_armed_elsewhere_while_it_expires),
		cmocka_unit_test(test_armed_elsewhere_it_fires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
