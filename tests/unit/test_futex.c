/* sources: tests/unit/host_sched.c sched/schedule.c sched/thread.c sched/timer.c sched/wait.c sched/futex.c sched/robust.c lib/tree.c lib/string.c */
/* flags: -DCONFIG_PREEMPT=1 -DCONFIG_TIMESLICE_MS=10 -DCONFIG_FUTEX_HASH_BITS=2 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Futexes: every operation, errors, wakes that meet sleepers on the way, and the robust list. */
#include "tests/unit/host_sched.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>

#include "arch/x86/percpu.h"
#include "arch/x86/trap.h"
#include "sched/futex.h"
#include "sched/thread.h"
#include "sched/wait.h"

#define MS 1000000ULL
#define WORDS 8

static uint32_t words[WORDS];

struct waiter {
	uint32_t *word;
	uint32_t bitset;
	uint64_t deadline;
	int result; /* 1: has not returned */
	unsigned order;
};

static struct waiter waiters[16];
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
	thread_sleep_until(host_now + 1); /* whoever runs next frees the dead */
	return host_memory_blocks != 0 || !host_interrupts;
}

static void wait_once(void *arg)
{
	struct waiter *w = arg;

	w->result = futex_wait(w->word, 0, w->bitset, w->deadline);
	w->order = ++returned;
}

/* Starts n waiters and lets them fall asleep. */
static void start_waiters(unsigned n, uint32_t *word, uint64_t deadline)
{
	for (unsigned i = 0; i < n; i++) {
		waiters[i] = (struct waiter){ word, FUTEX_ANY, deadline, 1, 0 };
		assert_non_null(thread_create(wait_once, &waiters[i], "waiter"));
	}
	thread_yield();
}

static void test_arguments(void **state)
{
	uint32_t *misaligned = (uint32_t *)((char *)words + 2);

	(void)state;
	words[0] = 5;
	assert_int_equal(futex_wait(words, 4, FUTEX_ANY, WAIT_FOREVER), -EAGAIN);
	assert_int_equal(futex_wait(words, 5, 0, WAIT_FOREVER), -EINVAL);
	assert_int_equal(futex_wait(misaligned, 5, FUTEX_ANY, WAIT_FOREVER), -EINVAL);
	assert_int_equal(futex_wake(misaligned, 1, FUTEX_ANY), -EINVAL);
	assert_int_equal(futex_wake(words, 1, 0), -EINVAL);
	assert_int_equal(futex_requeue(misaligned, 1, words, 1, NULL), -EINVAL);
	assert_int_equal(futex_requeue(words, 1, misaligned, 1, NULL), -EINVAL);
	assert_int_equal(futex_wake_op(words, 1, misaligned, 1, 0), -EINVAL);
	host_bad_start = (char *)words;
	host_bad_size = 4;
	assert_int_equal(futex_wait(words, 5, FUTEX_ANY, WAIT_FOREVER), -EFAULT);
	assert_int_equal(futex_requeue(words, 1, words + 1, 1, &(uint32_t){ 5 }), -EFAULT);
	assert_int_equal(futex_wake_op(words + 1, 1, words, 1, 0), -EFAULT);
	host_bad_size = 0;
	assert_int_equal(futex_wake(words, 100, FUTEX_ANY), 0);
	assert_true(host_interrupts);
}

static void test_wake_in_order(void **state)
{
	(void)state;
	start_waiters(5, words, WAIT_FOREVER);
	assert_int_equal(futex_wake(words + 1, 100, FUTEX_ANY), 0); /* maybe the same bucket */
	assert_int_equal(futex_wake(words, 0, FUTEX_ANY), 0);
	assert_int_equal(futex_wake(words, 2, FUTEX_ANY), 2);
	thread_yield();
	assert_int_equal(returned, 2);
	assert_int_equal(futex_wake(words, 100, FUTEX_ANY), 3);
	thread_yield();
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(waiters[i].result, 0);
		assert_int_equal(waiters[i].order, i + 1);
	}
}

static void test_bitset(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		waiters[i] = (struct waiter){ words, 1U << i, WAIT_FOREVER, 1, 0 };
		thread_create(wait_once, &waiters[i], "waiter");
	}
	thread_yield();
	assert_int_equal(futex_wake(words, 100, 0xa), 2);
	thread_yield();
	assert_int_equal(waiters[0].result, 1);
	assert_int_equal(waiters[1].result, 0);
	assert_int_equal(waiters[2].result, 1);
	assert_int_equal(waiters[3].result, 0);
	assert_int_equal(futex_wake(words, 100, FUTEX_ANY), 2);
}

static void test_timeout(void **state)
{
	uint64_t begin = host_now;

	(void)state;
	assert_int_equal(futex_wait(words, 0, FUTEX_ANY, begin + 5 * MS), -ETIMEDOUT);
	assert_int_equal(host_now, begin + 5 * MS);
	assert_int_equal(futex_wait(words, 0, FUTEX_ANY, 0), -ETIMEDOUT);
	start_waiters(3, words, host_now + 5 * MS);
	assert_int_equal(futex_wake(words, 1, FUTEX_ANY), 1);
	thread_sleep_until(host_now + 10 * MS);
	assert_int_equal(waiters[0].result, 0);
	assert_int_equal(waiters[1].result, -ETIMEDOUT);
	assert_int_equal(waiters[2].result, -ETIMEDOUT);
	assert_int_equal(futex_wake(words, 100, FUTEX_ANY), 0);
}

static void test_requeue(void **state)
{
	uint32_t wrong = 7, right = 0;

	(void)state;
	start_waiters(6, words, host_now + 50 * MS);
	assert_int_equal(futex_requeue(words, 1, words + 3, 2, &wrong), -EAGAIN);
	assert_int_equal(futex_requeue(words, 1, words + 3, 2, &right), 3);
	thread_yield();
	assert_int_equal(returned, 1);
	assert_int_equal(futex_wake(words + 3, 100, FUTEX_ANY), 2);
	thread_yield();
	assert_int_equal(waiters[1].result, 0);
	assert_int_equal(waiters[2].result, 0);
	assert_int_equal(futex_requeue(words, 0, words + 5, 1, NULL), 1);
	/* A moved waiter's timeout finds it where it is now. */
	thread_sleep_until(host_now + 100 * MS);
	for (unsigned i = 3; i < 6; i++)
		assert_int_equal(waiters[i].result, -ETIMEDOUT);
	assert_int_equal(futex_wake(words + 5, 100, FUTEX_ANY), 0);
	/* Onto itself: nothing moves, nothing is lost. */
	start_waiters(2, words, WAIT_FOREVER);
	assert_int_equal(futex_requeue(words, 0, words, 10, NULL), 0);
	assert_int_equal(futex_wake(words, 100, FUTEX_ANY), 2);
}

static uint32_t wake_op(uint32_t op, uint32_t arg, uint32_t compare, uint32_t compare_arg)
{
	return op << 28 | compare << 24 | (arg & 0xfff) << 12 | (compare_arg & 0xfff);
}

/* Does op on old; what it makes of the word, and whether the waiter of that word was woken. */
static void check_wake_op(uint32_t op, uint32_t old, uint32_t expected, bool wakes)
{
	int woken;

	words[1] = 0;
	start_waiters(1, words + 1, WAIT_FOREVER);
	words[1] = old;
	woken = futex_wake_op(words, 1, words + 1, 1, op);
	assert_int_equal(words[1], expected);
	assert_int_equal(woken, wakes);
	futex_wake(words + 1, 1, FUTEX_ANY);
	thread_yield();
}

static void test_wake_op(void **state)
{
	(void)state;
	check_wake_op(wake_op(FUTEX_OP_SET, 9, FUTEX_OP_CMP_EQ, 5), 5, 9, true);
	check_wake_op(wake_op(FUTEX_OP_SET, 9, FUTEX_OP_CMP_EQ, 5), 6, 9, false);
	check_wake_op(wake_op(FUTEX_OP_ADD, -1, FUTEX_OP_CMP_GT, 1), 2, 1, true);
	check_wake_op(wake_op(FUTEX_OP_ADD, -1, FUTEX_OP_CMP_GT, 1), 1, 0, false);
	check_wake_op(wake_op(FUTEX_OP_OR, 6, FUTEX_OP_CMP_NE, 1), 8, 14, true);
	check_wake_op(wake_op(FUTEX_OP_ANDN, 6, FUTEX_OP_CMP_LT, -1), -2, -2 & ~6, true);
	check_wake_op(wake_op(FUTEX_OP_XOR, 6, FUTEX_OP_CMP_LE, -1), -1, -1 ^ 6, true);
	check_wake_op(wake_op(FUTEX_OP_ADD | FUTEX_OP_OPARG_SHIFT, 4, FUTEX_OP_CMP_GE, 0), 1, 17, true);
	check_wake_op(wake_op(FUTEX_OP_ADD | FUTEX_OP_OPARG_SHIFT, 4, FUTEX_OP_CMP_GE, 2), 1, 17,
	              false);
	words[1] = 3;
	assert_int_equal(futex_wake_op(words, 1, words + 1, 1, wake_op(5, 0, 0, 0)), -ENOSYS);
	assert_int_equal(futex_wake_op(words, 1, words + 1, 1, wake_op(0, 0, 6, 0)), -ENOSYS);
	assert_int_equal(words[1], 3);
	/* The first word's waiters are woken in any case. */
	words[0] = 0;
	start_waiters(3, words, WAIT_FOREVER);
	assert_int_equal(futex_wake_op(words, 2, words + 1, 9, wake_op(0, 1, FUTEX_OP_CMP_EQ, 9)), 2);
	assert_int_equal(futex_wake(words, 100, FUTEX_ANY), 1);
}

/* A mutex out of three values (0 free, 1 taken, 2 taken and waited for), with preemption
 * anywhere. */
static unsigned inside, most_inside, rounds;

static void futex_lock(uint32_t *word)
{
	uint32_t seen = 0;

	cmpxchg_program(word, &seen, 1);
	while (seen != 0) {
		host_run_for(host_random_below(4) * MS);
		if (seen == 2 || __atomic_exchange_n(word, 2, __ATOMIC_SEQ_CST) != 0)
			futex_wait(word, 2, FUTEX_ANY, host_random_below(2) ? WAIT_FOREVER : host_now + MS);
		seen = __atomic_exchange_n(word, 2, __ATOMIC_SEQ_CST);
	}
}

static void futex_unlock(uint32_t *word)
{
	if (__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST) == 2)
		futex_wake(word, 1, FUTEX_ANY);
}

static void use_lock(void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++) {
		futex_lock(words + 6);
		inside++;
		most_inside = inside > most_inside ? inside : most_inside;
		host_run_for(host_random_below(24) * MS);
		inside--;
		rounds++;
		futex_unlock(words + 6);
	}
}

static void test_lock_under_preemption(void **state)
{
	uint64_t before = cpus[0].switches;

	(void)state;
	for (int i = 0; i < 6; i++)
		thread_create(use_lock, NULL, "user");
	while (rounds < 6 * 100)
		thread_sleep_until(host_now + MS);
	assert_int_equal(most_inside, 1);
	assert_int_equal(words[6], 0);
	assert_true(cpus[0].switches - before > 500);
}

/* The program's side of robust mutexes: a list entry, and its word behind it. */
struct robust_mutex {
	struct robust_list entry;
	uint32_t word;
};

static struct robust_list_head head;
static struct robust_mutex mutexes[4];

/* Ends while owning mutexes[0..2] and being about to unlock mutexes[3]. */
static void die_as_owner(void *arg)
{
	struct thread *self = current_thread();

	head.futex_offset = offsetof(struct robust_mutex, word);
	head.list.next = &mutexes[0].entry;
	mutexes[0].entry.next = &mutexes[1].entry;
	mutexes[1].entry.next = &mutexes[2].entry;
	mutexes[2].entry.next = arg ? arg : &head.list;
	head.list_op_pending = &mutexes[3].entry;
	mutexes[0].word = (uint32_t)self->tid;
	mutexes[1].word = (uint32_t)self->tid | FUTEX_WAITERS;
	mutexes[2].word = 12345; /* somebody else's by now */
	mutexes[3].word = 0;     /* unlocked, but nobody woken yet */
	self->robust_list = &head;
	self->clear_child_tid = words + 2;
}

static void test_robust_list(void **state)
{
	struct waiter owner_died = { &mutexes[1].word, FUTEX_ANY, WAIT_FOREVER, 1, 0 };
	struct waiter pending = { &mutexes[3].word, FUTEX_ANY, WAIT_FOREVER, 1, 0 };
	struct waiter joiner = { words + 2, FUTEX_ANY, WAIT_FOREVER, 1, 0 };

	(void)state;
	memset(mutexes, 0, sizeof(mutexes));
	thread_create(wait_once, &owner_died, "waiter");
	thread_create(wait_once, &pending, "waiter");
	thread_create(wait_once, &joiner, "joiner");
	thread_yield();
	words[2] = 77;
	thread_create(die_as_owner, NULL, "owner");
	thread_yield();
	thread_yield();
	assert_int_equal(mutexes[0].word, FUTEX_OWNER_DIED);
	assert_int_equal(mutexes[1].word, FUTEX_OWNER_DIED | FUTEX_WAITERS);
	assert_int_equal(mutexes[2].word, 12345);
	assert_int_equal(words[2], 0);
	assert_int_equal(owner_died.result, 0);
	assert_int_equal(pending.result, 0);
	assert_int_equal(joiner.result, 0);
}

static void test_damaged_robust_lists(void **state)
{
	(void)state;
	/* In a circle. */
	thread_create(die_as_owner, &mutexes[1].entry, "owner");
	thread_yield();
	assert_int_equal(mutexes[0].word, FUTEX_OWNER_DIED);
	/* Into memory that cannot be read; the pending entry is still looked at. */
	host_bad_start = (char *)&mutexes[1];
	host_bad_size = sizeof(mutexes[1]);
	thread_create(die_as_owner, NULL, "owner");
	thread_yield();
	assert_int_equal(mutexes[0].word, FUTEX_OWNER_DIED);
	/* The head itself, and the word to clear. */
	host_bad_start = (char *)&head;
	host_bad_size = sizeof(head);
	thread_create(die_as_owner, NULL, "owner");
	thread_yield();
	host_bad_start = (char *)words;
	host_bad_size = sizeof(words);
	thread_create(die_as_owner, NULL, "owner");
	thread_yield();
	host_bad_size = 0;
	assert_int_equal(host_memory_blocks, 0); /* every owner has ended all the same */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_arguments, fresh, clean),
		cmocka_unit_test_setup_teardown(test_wake_in_order, fresh, clean),
		cmocka_unit_test_setup_teardown(test_bitset, fresh, clean),
		cmocka_unit_test_setup_teardown(test_timeout, fresh, clean),
		cmocka_unit_test_setup_teardown(test_requeue, fresh, clean),
		cmocka_unit_test_setup_teardown(test_wake_op, fresh, clean),
		cmocka_unit_test_setup_teardown(test_lock_under_preemption, fresh, clean),
		cmocka_unit_test_setup_teardown(test_robust_list, fresh, clean),
		cmocka_unit_test_setup_teardown(test_damaged_robust_lists, fresh, clean),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
