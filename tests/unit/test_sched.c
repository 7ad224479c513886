/* sources: tests/unit/host_sched.c sched/schedule.c sched/thread.c sched/timer.c sched/wait.c sched/futex.c sched/robust.c lib/tree.c lib/string.c */
/* flags: -DCONFIG_PREEMPT=1 -DCONFIG_TIMESLICE_MS=10 -DCONFIG_FUTEX_HASH_BITS=2 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads, priorities, time slices, sleeping, wait queues and mutexes on a machine whose time the
 * test moves. */
#include "tests/unit/host_sched.h"

#include <errno.h>
#include <string.h>

#include "arch/x86/cpu.h"
#include "arch/x86/percpu.h"
#include "sched/thread.h"
#include "sched/wait.h"

#define MS 1000000ULL
#define SLICE (10 * MS)

static char journal[256]; /* who ran, a letter each */

static void note(char who)
{
	size_t n = strlen(journal);

	if (n + 1 < sizeof(journal))
		journal[n] = who;
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
	memset(journal, 0, sizeof(journal));
	return 0;
}

/* Afterwards only the first thread is left, and no memory. */
static int clean(void **state)
{
	(void)state;
	while (cpus[0].ready)
		thread_yield();
	thread_sleep_until(host_now + 1); /* whoever runs next frees the dead */
	return host_memory_blocks != 0 || !host_interrupts;
}

static void say_twice(void *arg)
{
	note(*(char *)arg);
	thread_yield();
	note(*(char *)arg);
}

static void test_round_robin(void **state)
{
	(void)state;
	assert_int_equal(thread_yield(), 0); /* nobody else */
	assert_non_null(thread_create(say_twice, "a", "a"));
	assert_non_null(thread_create(say_twice, "b", "b"));
	note('m');
	for (int i = 0; i < 4; i++) {
		thread_yield();
		note('m');
	}
	assert_string_equal(journal, "mabmabmmm");
}

static void test_priorities(void **state)
{
	struct thread *low, *high;

	(void)state;
	low = thread_create(say_twice, "l", "low");
	high = thread_create(say_twice, "h", "high");
	thread_set_priority(low, PRIORITY_IDLE);
	thread_set_priority(high, 3); /* at once */
	assert_string_equal(journal, "hh");
	thread_yield(); /* not to somebody less urgent */
	assert_string_equal(journal, "hh");
	thread_set_priority(current_thread(), PRIORITY_IDLE);
	while (cpus[0].ready)
		thread_yield();
	thread_set_priority(current_thread(), PRIORITY_DEFAULT);
	assert_string_equal(journal, "hhll");
}

static void run_long(void *arg)
{
	for (int i = 0; i < 3; i++) {
		note(*(char *)arg);
		host_run_for(SLICE);
	}
}

static void test_time_slices(void **state)
{
	(void)state;
	host_run_for(1000 * MS); /* alone: the last tick finds nobody, and none follows */
	assert_int_equal(host_timer, UINT64_MAX);
	thread_create(run_long, "a", "a");
	assert_true(host_timer <= host_now + SLICE);
	thread_create(run_long, "b", "b");
	host_run_for(SLICE); /* interrupted, and back when both have had their turn */
	assert_true(strlen(journal) >= 2);
	assert_memory_equal(journal, "ab", 2);
	while (cpus[0].ready)
		host_run_for(SLICE);
	assert_int_equal(strlen(journal), 6);
	host_run_for(2 * SLICE);
	assert_int_equal(host_timer, UINT64_MAX); /* alone again: the tick has ended by itself */
	assert_false(cpus[0].tick_armed);
}

static void test_switching_often_is_not_preempted(void **state)
{
	(void)state;
	thread_create(run_long, "a", "a");
	current_thread()->unsliced = true;
	host_run_for(5 * SLICE);
	assert_string_equal(journal, ""); /* SCHED_FIFO keeps the CPU */
	current_thread()->unsliced = false;
}

static void sleep_then_note(void *arg)
{
	const char *text = arg;

	thread_sleep_until((uint64_t)(text[0] - '0') * 100 * MS + *(uint64_t *)(arg + 8));
	note(text[0]);
}

static void test_sleep_order(void **state)
{
	struct {
		char name[8];
		uint64_t base;
	} args[5];

	(void)state;
	for (int i = 0; i < 5; i++) {
		args[i].name[0] = (char)('0' + (i * 3 + 1) % 5 + 1);
		args[i].base = host_now;
		assert_non_null(thread_create(sleep_then_note, &args[i], "sleeper"));
	}
	assert_int_equal(thread_sleep_until(args[0].base + 1000 * MS), 0);
	assert_int_equal(host_now, args[0].base + 1000 * MS); /* nothing but the deadline woke it */
	assert_string_equal(journal, "12345");
	assert_int_equal(thread_sleep_until(host_now), 0); /* the past takes no time */
	assert_int_equal(host_now, args[0].base + 1000 * MS);
}

static void wake_main(void *arg)
{
	thread_wake(arg, -EINTR);
	thread_wake(arg, -EINTR); /* not blocked any more: nothing */
}

static void test_sleep_interrupted(void **state)
{
	uint64_t begin = host_now;

	(void)state;
	thread_create(wake_main, current_thread(), "waker");
	assert_int_equal(thread_sleep_until(begin + 1000 * MS), -EINTR);
	assert_int_equal(host_now, begin);
	assert_false(current_thread()->timer.armed);
}

static struct wait_queue queue = WAIT_QUEUE_INIT(queue);
static int results[8];

static void wait_in_queue(void *arg)
{
	int *result = arg;
	uint64_t flags = spin_lock(&queue.lock);

	*result = wait_sleep(&queue, host_now + 100 * MS, &flags);
	spin_unlock(&queue.lock, flags);
}

static void test_wait_queue(void **state)
{
	struct thread *waiters[5];
	uint64_t flags;

	(void)state;
	for (int i = 0; i < 5; i++) {
		results[i] = 1;
		waiters[i] = thread_create(wait_in_queue, &results[i], "waiter");
	}
	thread_yield();
	flags = spin_lock(&queue.lock);
	assert_int_equal(wait_wake(&queue, 2), 2); /* those that wait longest */
	spin_unlock(&queue.lock, flags);
	thread_wake(waiters[3], -EINTR);
	thread_yield();
	assert_int_equal(results[0], 0);
	assert_int_equal(results[1], 0);
	assert_int_equal(results[2], 1);
	assert_int_equal(results[3], -EINTR);
	thread_sleep_until(host_now + 200 * MS);
	assert_int_equal(results[2], -ETIMEDOUT);
	assert_int_equal(results[4], -ETIMEDOUT);
	flags = spin_lock(&queue.lock);
	assert_int_equal(wait_wake(&queue, 1), 0);
	spin_unlock(&queue.lock, flags);
}

static void test_wait_in_the_past(void **state)
{
	uint64_t flags = spin_lock(&queue.lock);

	(void)state;
	assert_int_equal(wait_sleep(&queue, host_now, &flags), -ETIMEDOUT);
	assert_false(host_interrupts);
	spin_unlock(&queue.lock, flags);
	assert_true(list_empty(&queue.waiters));
}

static struct mutex mutex = MUTEX_INIT(mutex);
static unsigned inside, most_inside, rounds;

static void use_mutex(void *arg)
{
	(void)arg;
	for (int i = 0; i < 50; i++) {
		mutex_lock(&mutex);
		inside++;
		most_inside = inside > most_inside ? inside : most_inside;
		if (i % 3 == 0)
			thread_yield();
		rounds++;
		inside--;
		mutex_unlock(&mutex);
		if (i % 7 == 0)
			thread_yield();
	}
}

static void test_mutex(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++)
		thread_create(use_mutex, NULL, "user");
	use_mutex(NULL);
	while (rounds < 9 * 50)
		thread_yield();
	assert_int_equal(most_inside, 1);
	assert_int_equal(mutex.locked, 0);
	assert_true(mutex_trylock(&mutex));
	assert_false(mutex_trylock(&mutex));
	mutex_unlock(&mutex);
}

static void do_nothing(void *arg)
{
	(void)arg;
}

static void test_numbers_and_memory(void **state)
{
	struct thread *a = thread_create(do_nothing, NULL, "a name that is too long");
	struct thread *b = thread_create(do_nothing, NULL, "b");
	int number = a->tid;

	(void)state;
	assert_string_equal(a->name, "a name that is ");
	assert_int_not_equal(a->tid, b->tid);
	assert_int_not_equal(a->tid, current_thread()->tid);
	assert_ptr_equal(thread_find(number), a);
	assert_ptr_equal(thread_find(current_thread()->tid), current_thread());
	assert_null(thread_find(0));
	assert_null(thread_find(-5));
	thread_yield();
	assert_null(thread_find(number));
	assert_int_equal(thread_count(), 1);
	assert_int_equal(host_memory_blocks, 0); /* freed by who ran next */
	for (unsigned after = 0; after < 2; after++) {
		host_memory_fails = 1;
		host_memory_after = after;
		assert_null(thread_create(do_nothing, NULL, "unlucky"));
		assert_int_equal(host_memory_blocks, 0);
	}
}

static unsigned seen;

static void count_thread(struct thread *thread, void *ctx)
{
	seen++;
	assert_true(thread->tid > *(int *)ctx);
	*(int *)ctx = thread->tid;
}

static void test_for_each(void **state)
{
	int last = 0;

	(void)state;
	thread_create(do_nothing, NULL, "a");
	thread_create(do_nothing, NULL, "b");
	thread_for_each(count_thread, &last);
	assert_int_equal(seen, 3);
	thread_yield();
}

static void test_clone_and_discard(void **state)
{
	struct trap_frame frame = { 0 };
	struct thread *thread;

	(void)state;
	current_thread()->signal_mask = 0x1234;
	thread = thread_clone(&frame, (uint64_t)do_nothing);
	current_thread()->signal_mask = 0;
	assert_non_null(thread);
	assert_int_equal(thread->signal_mask, 0x1234);
	assert_int_equal(thread_count(), 2);
	assert_int_equal(cpus[0].ready, 0); /* not before thread_start() */
	thread_discard(thread);
	assert_int_equal(thread_count(), 1);
	for (unsigned after = 0; after < 3; after++) {
		host_memory_fails = 1;
		host_memory_after = after;
		assert_null(thread_clone(&frame, 0));
		assert_int_equal(host_memory_blocks, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_robin, fresh, clean),
		cmocka_unit_test_setup_teardown(test_priorities, fresh, clean),
		cmocka_unit_test_setup_teardown(test_time_slices, fresh, clean),
		cmocka_unit_test_setup_teardown(test_switching_often_is_not_preempted, fresh, clean),
		cmocka_unit_test_setup_teardown(test_sleep_order, fresh, clean),
		cmocka_unit_test_setup_teardown(test_sleep_interrupted, fresh, clean),
		cmocka_unit_test_setup_teardown(test_wait_queue, fresh, clean),
		cmocka_unit_test_setup_teardown(test_wait_in_the_past, fresh, clean),
		cmocka_unit_test_setup_teardown(test_mutex, fresh, clean),
		cmocka_unit_test_setup_teardown(test_numbers_and_memory, fresh, clean),
		cmocka_unit_test_setup_teardown(test_for_each, fresh, clean),
		cmocka_unit_test_setup_teardown(test_clone_and_discard, fresh, clean),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
