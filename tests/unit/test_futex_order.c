/* sources: tests/unit/host_sched.c sched/schedule.c sched/thread.c sched/timer.c sched/wait.c sched/futex.c sched/futex_vector.c sched/robust.c lib/tree.c lib/string.c */
/* flags: -DCONFIG_PREEMPT=1 -DCONFIG_TIMESLICE_MS=10 -DCONFIG_FUTEX_HASH_BITS=2 -DCONFIG_FUTEX_WAITV=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Futexes: who is woken first, and waiting for several at once. */
#include "tests/unit/host_sched.h"

#include <errno.h>
#include <string.h>

#include "arch/x86/percpu.h"
#include "sched/futex.h"
#include "sched/futex_queue.h"
#include "sched/thread.h"

#define MS 1000000ULL
#define WORDS FUTEX_VECTOR_MAX
#define ASLEEP 1000 /* a result that no call has */

static uint32_t words[WORDS];

struct waiter {
	unsigned first, count; /* of words; count 0: plain futex_wait() of the first */
	uint64_t deadline;
	int result;
	unsigned order;
};

static struct waiter waiters[8];
static unsigned returned;

static int start(void **state)
{
	(void)state;
	host_sched_start();
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	memset(words, 0, sizeof(words));
	returned = 0;
	return 0;
}

static int clean(void **state)
{
	(void)state;
	while (cpus[0].ready)
		thread_yield();
	thread_sleep_until(host_now + 1);
	return host_memory_blocks != 0 || !host_interrupts || futex_vector_entries;
}

static int wait_for(const struct waiter *w)
{
	struct futex_vector_word vector[FUTEX_VECTOR_MAX];

	if (!w->count)
		return futex_wait(&words[w->first], 0, FUTEX_ANY, w->deadline);
	for (unsigned i = 0; i < w->count; i++)
		vector[i] = (struct futex_vector_word){ &words[w->first + i], 0 };
	return futex_wait_vector(vector, w->count, w->deadline);
}

static void wait_once(void *arg)
{
	struct waiter *w = arg;

	w->result = wait_for(w);
	w->order = ++returned;
}

/* The waiter sleeps when this returns: nobody else is ready, and the caller is the least urgent. */
static struct thread *begin(unsigned i, unsigned first, unsigned count, unsigned priority)
{
	struct thread *thread;

	waiters[i] = (struct waiter){ first, count, WAIT_FOREVER, ASLEEP, 0 };
	thread = thread_create(wait_once, &waiters[i], "waiter");
	assert_non_null(thread);
	thread_set_priority(thread, priority);
	thread_sleep_until(host_now + 1);
	assert_int_equal(waiters[i].result, ASLEEP);
	return thread;
}

static void wake_one(unsigned word, unsigned expected, int result)
{
	unsigned before = returned;

	assert_int_equal(futex_wake(&words[word], 1, FUTEX_ANY), 1);
	thread_sleep_until(host_now + 1);
	assert_int_equal(returned, before + 1);
	assert_int_equal(waiters[expected].order, returned);
	assert_int_equal(waiters[expected].result, result);
}

static void test_priorities(void **state)
{
	static const unsigned priorities[] = { PRIORITY_DEFAULT, 20, 5, PRIORITY_IDLE, 5, 0, 31 };
	static const unsigned order[] = { 5, 2, 4, 1, 6, 0, 3 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(priorities); i++)
		begin(i, 0, 0, priorities[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
		wake_one(0, order[i], 0);
	assert_int_equal(futex_wake(words, 1, FUTEX_ANY), 0);
}

/* Those that are moved stand among those that wait there already as if they had begun there. */
static void test_moved(void **state)
{
	(void)state;
	begin(0, 1, 0, PRIORITY_DEFAULT);
	begin(1, 1, 0, 10);
	begin(2, 0, 0, PRIORITY_DEFAULT);
	begin(3, 0, 0, 5);
	begin(4, 0, 0, 10);
	assert_int_equal(futex_requeue(&words[0], 0, &words[1], 100, NULL), 3);
	wake_one(1, 3, 0);
	wake_one(1, 1, 0);
	wake_one(1, 4, 0);
	wake_one(1, 0, 0);
	wake_one(1, 2, 0);
}

static void test_vector(void **state)
{
	(void)state;
	begin(0, 0, WORDS, PRIORITY_DEFAULT);
	assert_int_equal(futex_vector_entries, WORDS);
	wake_one(77, 0, 77);
	assert_int_equal(futex_vector_entries, 0);
	for (unsigned i = 0; i < WORDS; i++)
		assert_int_equal(futex_wake(&words[i], 1, FUTEX_ANY), 0);

	/* Behind plain waiters; among themselves as those are. */
	begin(0, 3, 2, PRIORITY_DEFAULT);
	begin(1, 3, 1, 7);
	begin(2, 2, 2, PRIORITY_DEFAULT);
	begin(3, 3, 0, PRIORITY_DEFAULT);
	wake_one(3, 3, 0);
	wake_one(3, 1, 0);
	wake_one(3, 0, 0);
	wake_one(3, 2, 1);

	/* One wake for each of two words: both count, the first one's index is told. */
	begin(0, 0, 8, PRIORITY_DEFAULT);
	assert_int_equal(futex_wake(&words[6], 5, FUTEX_ANY), 1);
	assert_int_equal(futex_wake(&words[2], 5, FUTEX_ANY), 1);
	assert_int_equal(futex_wake(&words[6], 5, FUTEX_ANY), 0);
	thread_sleep_until(host_now + 1);
	assert_int_equal(waiters[0].result, 6);

	/* What would be moved is woken. */
	begin(0, 0, 2, PRIORITY_DEFAULT);
	begin(1, 0, 0, PRIORITY_DEFAULT);
	assert_int_equal(futex_requeue(&words[0], 1, &words[5], 7, NULL), 2);
	thread_sleep_until(host_now + 1);
	assert_int_equal(waiters[0].result, 0);
	assert_int_equal(waiters[1].result, 0);
}

static void test_vector_ends(void **state)
{
	struct futex_vector_word two[2] = { { &words[0], 0 }, { &words[1], 5 } };
	struct thread *thread;

	(void)state;
	assert_int_equal(futex_wait_vector(two, 2, WAIT_FOREVER), -EAGAIN);
	two[1] = (struct futex_vector_word){ (uint32_t *)((char *)words + 2), 0 };
	assert_int_equal(futex_wait_vector(two, 2, WAIT_FOREVER), -EINVAL);
	two[1] = (struct futex_vector_word){ &words[1], 0 };
	host_bad_start = (const char *)&words[1];
	host_bad_size = 4;
	assert_int_equal(futex_wait_vector(two, 2, WAIT_FOREVER), -EFAULT);
	host_bad_start = NULL;
	host_bad_size = 0;
	host_memory_fails = 1;
	assert_int_equal(futex_wait_vector(two, 2, WAIT_FOREVER), -ENOMEM);
	assert_int_equal(futex_wait_vector(two, 2, host_now + 5 * MS), -ETIMEDOUT);
	assert_int_equal(futex_wait_vector(two, 2, host_now), -ETIMEDOUT);
	assert_int_equal(futex_vector_entries, 0);
	/* The same word twice: two entries. */
	two[1] = two[0];
	assert_int_equal(futex_wait_vector(two, 2, host_now + 5 * MS), -ETIMEDOUT);
	thread = begin(0, 0, 4, PRIORITY_DEFAULT);
	thread_wake(thread, -EINTR);
	thread_sleep_until(host_now + 1);
	assert_int_equal(waiters[0].result, -EINTR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_priorities, fresh, clean),
		cmocka_unit_test_setup_teardown(test_moved, fresh, clean),
		cmocka_unit_test_setup_teardown(test_vector, fresh, clean),
		cmocka_unit_test_setup_teardown(test_vector_ends, fresh, clean),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
