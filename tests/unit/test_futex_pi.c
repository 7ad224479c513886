/* sources: tests/unit/host_sched.c sched/schedule.c sched/thread.c sched/timer.c sched/wait.c sched/futex.c sched/futex_pi.c sched/futex_requeue_pi.c sched/robust.c lib/tree.c lib/string.c */
/* flags: -DCONFIG_PREEMPT=1 -DCONFIG_TIMESLICE_MS=10 -DCONFIG_FUTEX_HASH_BITS=2 -DCONFIG_FUTEX_PI=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Futexes with priority inheritance: who gets the lock, who runs meanwhile, and every way to end. */
#include "tests/unit/host_sched.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>

#include "arch/x86/trap.h"
#include "sched/futex.h"
#include "sched/thread.h"
#include "sched/wait.h"

#define MS 1000000ULL
#define MAIN PRIORITY_DEFAULT

static uint32_t words[4];
static char journal[64];

/* A thread that takes a word, if any, then wants another, and ends. Who wants nothing waits for go: busily,
 * or with a capital letter asleep. */
struct player {
	struct thread *thread;
	unsigned priority;
	uint32_t *owns, *wants;
	uint64_t deadline;
	char letter;
	bool keeps; /* exits without giving anything back */
	int result; /* 1: not there yet */
};

static struct player players[8];
static bool go;
static unsigned wrong; /* what cannot fail did */

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
	memset(journal, 0, sizeof(journal));
	memset(players, 0, sizeof(players));
	go = false;
	return 0;
}

/* Everybody ends; afterwards only the first thread is left, with its priority, and no memory. */
static int clean(void **state)
{
	(void)state;
	go = true;
	for (int i = 0; i < 20; i++)
		thread_sleep_until(host_now + MS);
	return host_memory_blocks != 0 || !host_interrupts || wrong ||
	       current_thread()->priority != MAIN;
}

static void note(char letter)
{
	journal[strlen(journal)] = letter;
}

static void play(void *arg)
{
	struct player *p = arg;

	if (p->owns && futex_lock_pi(p->owns, WAIT_FOREVER, true) != 0)
		wrong++;
	if (p->wants) {
		p->result = futex_lock_pi(p->wants, p->deadline, true);
		note(p->letter);
		if (p->result == 0 && !p->keeps && futex_unlock_pi(p->wants) != 0)
			wrong++;
	} else {
		while (!go) {
			if (p->letter >= 'a')
				host_run_for(MS / 4);
			else
				thread_sleep_until(host_now + MS / 4);
		}
		note(p->letter);
	}
	if (p->owns && !p->keeps && futex_unlock_pi(p->owns) != 0)
		wrong++;
}

/* Starts one and lets it, and whoever may, run until all sleep or spin. */
static struct player *enter(char letter, unsigned priority, uint32_t *owns, uint32_t *wants,
                            uint64_t deadline)
{
	struct player *p = players;

	while (p->letter)
		p++;
	*p = (struct player){ NULL, priority, owns, wants, deadline, letter, false, 1 };
	p->thread = thread_create(play, p, "player");
	assert_non_null(p->thread);
	thread_set_base_priority(p->thread, priority);
	thread_sleep_until(host_now + MS);
	return p;
}

static void test_arguments(void **state)
{
	uint32_t *misaligned = (uint32_t *)((char *)words + 2), tid = (uint32_t)current_thread()->tid;

	(void)state;
	assert_int_equal(futex_lock_pi(misaligned, WAIT_FOREVER, true), -EINVAL);
	assert_int_equal(futex_unlock_pi(misaligned), -EINVAL);
	assert_int_equal(futex_unlock_pi(words), -EPERM);
	assert_int_equal(futex_lock_pi(words, WAIT_FOREVER, true), 0);
	assert_int_equal(words[0], tid);
	assert_int_equal(futex_lock_pi(words, WAIT_FOREVER, true), -EDEADLK);
	assert_int_equal(futex_lock_pi(words, WAIT_FOREVER, false), -EDEADLK);
	assert_int_equal(futex_unlock_pi(words), 0);
	assert_int_equal(words[0], 0);
	words[0] = 12345; /* nobody */
	assert_int_equal(futex_lock_pi(words, WAIT_FOREVER, true), -ESRCH);
	assert_int_equal(futex_lock_pi(words, WAIT_FOREVER, false), -EAGAIN);
	words[0] = FUTEX_OWNER_DIED;
	assert_int_equal(futex_lock_pi(words, WAIT_FOREVER, false), 0);
	assert_int_equal(words[0], tid | FUTEX_OWNER_DIED);
	host_bad_start = (const char *)words;
	host_bad_size = sizeof(words);
	assert_int_equal(futex_lock_pi(words, WAIT_FOREVER, true), -EFAULT);
	assert_int_equal(futex_unlock_pi(words), -EFAULT);
	host_bad_size = 0;
}

/* The inversion: m would keep l, and with it everybody who waits for l, from running. */
static void test_owner_runs_for_waiter(void **state)
{
	struct player *l = enter('l', 50, &words[0], NULL, 0), *m;

	(void)state;
	m = enter('m', 40, NULL, NULL, 0);
	assert_int_equal(l->thread->priority, 50);
	go = true;
	assert_int_equal(futex_lock_pi(&words[0], WAIT_FOREVER, true), 0);
	assert_string_equal(journal, "l");
	assert_int_equal(words[0], current_thread()->tid);
	assert_int_equal(l->thread->priority, 50);
	assert_int_equal(m->thread->priority, 40);
	assert_int_equal(futex_unlock_pi(&words[0]), 0);
}

static void test_most_urgent_first(void **state)
{
	struct player *a, *b;

	(void)state;
	assert_int_equal(futex_lock_pi(&words[0], WAIT_FOREVER, true), 0);
	a = enter('a', 60, NULL, &words[0], WAIT_FOREVER);
	assert_int_equal(words[0], (uint32_t)current_thread()->tid | FUTEX_WAITERS);
	enter('b', 40, NULL, &words[0], WAIT_FOREVER);
	enter('c', 20, NULL, &words[0], WAIT_FOREVER);
	assert_int_equal(current_thread()->priority, 20);
	b = enter('d', 40, NULL, &words[0], WAIT_FOREVER);
	enter('e', 30, NULL, &words[0], WAIT_FOREVER);
	/* One changes its mind while it waits. */
	thread_set_base_priority(a->thread, 10);
	assert_int_equal(current_thread()->priority, 10);
	assert_int_equal(futex_unlock_pi(&words[0]), 0);
	assert_int_equal(current_thread()->priority, MAIN);
	thread_sleep_until(host_now + MS);
	assert_string_equal(journal, "acebd");
	assert_int_equal(words[0], 0);
	assert_int_equal(a->result | b->result, 0);
}

static void test_chain(void **state)
{
	struct player *a = enter('A', 50, &words[0], NULL, 0);
	struct player *b = enter('b', 45, &words[1], &words[0], WAIT_FOREVER);
	struct player *c = enter('c', 42, &words[2], &words[1], WAIT_FOREVER), *d;

	(void)state;
	assert_int_equal(a->thread->priority, 42);
	d = enter('d', 5, NULL, &words[2], host_now + 5 * MS);
	assert_int_equal(a->thread->priority, 5);
	assert_int_equal(b->thread->priority, 5);
	assert_int_equal(c->thread->priority, 5);
	thread_sleep_until(host_now + 20 * MS);
	assert_int_equal(d->result, -ETIMEDOUT);
	assert_int_equal(a->thread->priority, 42);
	go = true;
	thread_sleep_until(host_now + MS);
	assert_string_equal(journal, "dAbc");
	assert_int_equal(words[0] | words[1], 0);
}

static void hold_and_want_back(void *arg)
{
	if (futex_lock_pi(&words[1], WAIT_FOREVER, true) != 0)
		wrong++;
	thread_sleep_until(host_now + 10 * MS);
	*(int *)arg = futex_lock_pi(&words[0], WAIT_FOREVER, true);
	futex_unlock_pi(&words[1]);
}

static void test_deadlock(void **state)
{
	int result = 1;

	(void)state;
	assert_int_equal(futex_lock_pi(&words[0], WAIT_FOREVER, true), 0);
	assert_non_null(thread_create(hold_and_want_back, &result, "b"));
	thread_yield();
	assert_int_equal(futex_lock_pi(&words[1], WAIT_FOREVER, true), 0);
	assert_int_equal(result, -EDEADLK);
	assert_int_equal(futex_unlock_pi(&words[0]), 0);
	assert_int_equal(futex_unlock_pi(&words[1]), 0);
}

static void test_interrupted_and_handed_over(void **state)
{
	struct player *a, *b;

	(void)state;
	assert_int_equal(futex_lock_pi(&words[0], WAIT_FOREVER, true), 0);
	a = enter('a', 20, NULL, &words[0], WAIT_FOREVER);
	b = enter('b', 40, NULL, &words[0], WAIT_FOREVER);
	irq_disable();
	thread_wake(a->thread, -EINTR); /* wakes, but does not run before */
	assert_int_equal(futex_unlock_pi(&words[0]), 0);
	irq_enable();
	thread_sleep_until(host_now + MS);
	assert_int_equal(a->result | b->result, 0);
	assert_string_equal(journal, "ab");
	assert_int_equal(futex_lock_pi(&words[1], WAIT_FOREVER, true), 0);
	a = enter('c', 20, NULL, &words[1], WAIT_FOREVER);
	thread_wake(a->thread, -EINTR);
	thread_sleep_until(host_now + MS);
	assert_int_equal(a->result, -EINTR);
	assert_int_equal(current_thread()->priority, MAIN);
	assert_int_equal(futex_unlock_pi(&words[1]), 0);
	assert_int_equal(words[1], 0);
}

/* Owners that exit: one that nobody knows of, one with a robust list. */
static struct {
	struct robust_list entry;
	uint32_t word;
} robust;

static void own_robustly(void *arg)
{
	static struct robust_list_head head;

	(void)arg;
	head.futex_offset = offsetof(__typeof__(robust), word) - offsetof(__typeof__(robust), entry);
	head.list.next = (struct robust_list *)((uint64_t)&robust.entry | 1);
	robust.entry.next = &head.list;
	current_thread()->robust_list = &head;
	if (futex_lock_pi(&robust.word, WAIT_FOREVER, true) != 0)
		wrong++;
	while (!go)
		host_run_for(MS / 4);
}

static void test_owner_exits(void **state)
{
	struct player *a = enter('a', 50, &words[0], NULL, 0), *b;
	uint32_t tid = (uint32_t)current_thread()->tid;

	(void)state;
	a->keeps = true;
	b = enter('b', 40, NULL, &words[0], WAIT_FOREVER);
	b->keeps = true;
	go = true;
	thread_sleep_until(host_now + MS);
	assert_int_equal(b->result, 0);
	assert_int_equal(words[0] & FUTEX_OWNER_DIED, FUTEX_OWNER_DIED);
	assert_int_equal(futex_lock_pi(&words[0], WAIT_FOREVER, true), -ESRCH);

	for (int waited = 0; waited < 2; waited++) {
		go = waited;
		robust.word = 0;
		assert_non_null(thread_create(own_robustly, NULL, "robust"));
		thread_yield();
		assert_int_equal(robust.word != 0, true);
		go = true;
		if (waited) {
			assert_int_equal(futex_lock_pi(&robust.word, WAIT_FOREVER, true), 0);
		} else {
			thread_sleep_until(host_now + MS);
			assert_int_equal(robust.word, FUTEX_OWNER_DIED);
			assert_int_equal(futex_lock_pi(&robust.word, WAIT_FOREVER, true), 0);
		}
		assert_int_equal(robust.word, tid | FUTEX_OWNER_DIED);
		assert_int_equal(futex_unlock_pi(&robust.word), 0);
	}
}

static void test_lies(void **state)
{
	struct player *a = enter('a', 50, &words[0], NULL, 0), *b;

	(void)state;
	b = enter('b', 40, NULL, &words[0], host_now + 10 * MS);
	words[0] = 0;
	assert_int_equal(futex_lock_pi(&words[0], WAIT_FOREVER, true), -EINVAL);
	words[0] = (uint32_t)b->thread->tid | FUTEX_WAITERS;
	assert_int_equal(futex_lock_pi(&words[0], WAIT_FOREVER, true), -EINVAL);
	words[0] = (uint32_t)current_thread()->tid;
	assert_int_equal(futex_unlock_pi(&words[0]), -EINVAL);
	words[0] = (uint32_t)a->thread->tid | FUTEX_WAITERS;
	host_memory_fails = 1;
	words[1] = (uint32_t)a->thread->tid;
	assert_int_equal(futex_lock_pi(&words[1], WAIT_FOREVER, true), -ENOMEM);
	/* Gone while somebody waits for it. */
	a->keeps = true;
	host_bad_start = (const char *)words;
	host_bad_size = sizeof(words);
	go = true;
	thread_sleep_until(host_now + MS);
	host_bad_size = 0;
	assert_int_equal(b->result, -EFAULT);
}

static int requeue_results[4];

static void wait_for_requeue(void *arg)
{
	int *result = arg;

	*result = futex_wait_requeue_pi(&words[1], 7, host_now + 50 * MS, &words[0]);
	if (*result == 0 && futex_unlock_pi(&words[0]) != 0)
		wrong++;
}

static void test_requeue(void **state)
{
	(void)state;
	words[1] = 7;
	assert_int_equal(futex_wait_requeue_pi(&words[1], 7, WAIT_FOREVER, &words[1]), -EINVAL);
	assert_int_equal(futex_wait_requeue_pi(&words[1], 8, WAIT_FOREVER, &words[0]), -EAGAIN);
	for (int i = 0; i < 4; i++) {
		requeue_results[i] = 1;
		assert_non_null(thread_create(wait_for_requeue, &requeue_results[i], "waiter"));
	}
	thread_yield();
	assert_int_equal(futex_cmp_requeue_pi(&words[1], &words[0], 9, 8), -EAGAIN);
	assert_int_equal(futex_cmp_requeue_pi(&words[1], &words[2], 9, 7), -EINVAL);
	assert_int_equal(futex_lock_pi(&words[0], WAIT_FOREVER, true), 0);
	assert_int_equal(futex_cmp_requeue_pi(&words[1], &words[0], 1, 7), 2);
	thread_sleep_until(host_now + MS);
	assert_int_equal(requeue_results[0], 1); /* it waits for the lock now */
	assert_int_equal(futex_unlock_pi(&words[0]), 0);
	thread_sleep_until(host_now + MS);
	assert_int_equal(requeue_results[0] | requeue_results[1], 0);
	assert_int_equal(words[0], 0);
	/* The lock is free: one owns it at once. */
	assert_int_equal(futex_cmp_requeue_pi(&words[1], &words[0], 0, 7), 1);
	assert_int_not_equal(words[0], 0);
	thread_sleep_until(host_now + MS);
	assert_int_equal(requeue_results[2], 0);
	assert_int_equal(futex_wake(&words[1], 1, FUTEX_ANY), 1);
	thread_sleep_until(host_now + MS);
	assert_int_equal(requeue_results[3], -EAGAIN);
	/* A timeout before the move, and one after it. */
	assert_int_equal(futex_lock_pi(&words[0], WAIT_FOREVER, true), 0);
	for (int i = 0; i < 2; i++) {
		requeue_results[i] = 1;
		assert_non_null(thread_create(wait_for_requeue, &requeue_results[i], "waiter"));
	}
	thread_yield();
	assert_int_equal(futex_cmp_requeue_pi(&words[1], &words[0], 0, 7), 1);
	thread_sleep_until(host_now + 100 * MS);
	assert_int_equal(requeue_results[0], -ETIMEDOUT);
	assert_int_equal(requeue_results[1], -ETIMEDOUT);
	assert_int_equal(futex_unlock_pi(&words[0]), 0);
	assert_int_equal(words[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_arguments, fresh, clean),
		cmocka_unit_test_setup_teardown(test_owner_runs_for_waiter, fresh, clean),
		cmocka_unit_test_setup_teardown(test_most_urgent_first, fresh, clean),
		cmocka_unit_test_setup_teardown(test_chain, fresh, clean),
		cmocka_unit_test_setup_teardown(test_deadlock, fresh, clean),
		cmocka_unit_test_setup_teardown(test_interrupted_and_handed_over, fresh, clean),
		cmocka_unit_test_setup_teardown(test_owner_exits, fresh, clean),
		cmocka_unit_test_setup_teardown(test_lies, fresh, clean),
		cmocka_unit_test_setup_teardown(test_requeue, fresh, clean),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
