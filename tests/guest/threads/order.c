/* SPDX-License-Identifier: BSD-2-Clause */
/* Futexes: real-time threads are woken before others, and threads that wait for several at once
 * (futex_waitv). */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "threads.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
/* linux/futex.h is not there for programs. */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129
#define FUTEX_32_PRIVATE (2 | 128)

#define WORDS 128
#define WAITERS 5
#define HANDOVERS 2000

struct word {
	uint64_t value, address;
	uint32_t flags, reserved;
};

static atomic_uint gate, arrived, passed, words[WORDS], answers;
static const int priorities[WAITERS] = { 0, 10, 90, 10, 50 };
static int passing[WAITERS];

static long wake(atomic_uint *word, int n)
{
	return syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0);
}

static long wait_for_any(struct word *vector, unsigned count, unsigned flags,
                         const struct timespec *until)
{
	long result = syscall(SYS_futex_waitv, vector, count, flags, until, CLOCK_MONOTONIC);

	return result < 0 ? -errno : result;
}

static void fill(struct word *vector, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		vector[i] = (struct word){ words[i], (uint64_t)&words[i], FUTEX_32_PRIVATE, 0 };
}

static void *wait_at_gate(void *arg)
{
	int i = (int)(intptr_t)arg;
	struct sched_param param = { .sched_priority = priorities[i] };
	int error =
		param.sched_priority ? pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) : 0;

	arrived++;
	syscall(SYS_futex, &gate, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	passing[passed++] = i;
	return (void *)(intptr_t)error;
}

static void test_order(void)
{
	static const int wanted[WAITERS] = { 2, 4, 1, 3, 0 };
	pthread_t threads[WAITERS];
	int as_wanted = 0, refused = 0;

	for (unsigned i = 0; i < WAITERS; i++) {
		pthread_create(&threads[i], NULL, wait_at_gate, (void *)(intptr_t)i);
		while (arrived == i)
			usleep(1000);
		usleep(10000);
	}
	for (unsigned i = 0; i < WAITERS; i++) {
		for (int ms = 0; ms < 5000 && wake(&gate, 1) != 1; ms++)
			usleep(1000);
		for (int ms = 0; ms < 5000 && passed == i; ms++)
			usleep(1000);
		as_wanted += passing[i] == wanted[i];
	}
	for (int i = 0; i < WAITERS; i++) {
		void *error;

		pthread_join(threads[i], &error);
		refused += error != NULL;
	}
	if (refused)
		skip("real-time priorities are refused here");
	else
		is(as_wanted, WAITERS, "waiters are woken by priority, equals as they came");
}

static void test_arguments(void)
{
	struct word vector[WORDS + 1];
	struct timespec past = { 0, 1 };

	fill(vector, WORDS);
	is(wait_for_any(vector, WORDS, 0, &past), -ETIMEDOUT, "128 futexes, a time that has passed");
	is(wait_for_any(vector, WORDS + 1, 0, &past), -EINVAL, "129");
	is(wait_for_any(vector, 0, 0, &past), -EINVAL, "none");
	is(wait_for_any(vector, 1, 1, &past), -EINVAL, "unknown flags");
	is(wait_for_any(NULL, 1, 0, &past), -EINVAL, "no vector");
	is(wait_for_any((struct word *)1, 1, 0, &past), -EFAULT, "a bad one");
	vector[3].value = 1;
	is(wait_for_any(vector, 5, 0, &past), -EAGAIN, "another value");
	vector[3] = (struct word){ 0, (uint64_t)&words[3], 128, 0 };
	is(wait_for_any(vector, 5, 0, &past), -EINVAL, "another size");
	vector[3] = (struct word){ 0, (uint64_t)&words[3] + 1, FUTEX_32_PRIVATE, 0 };
	is(wait_for_any(vector, 5, 0, &past), -EINVAL, "a misaligned word");
	vector[3] = (struct word){ 0, 8, FUTEX_32_PRIVATE, 0 };
	is(wait_for_any(vector, 5, 0, &past), -EFAULT, "a word that is not there");
}

/* Waits until one of the words has a new value, and says which; HANDOVERS times. */
static void *answer(void *arg)
{
	unsigned seen[WORDS] = { 0 };
	long good = 0, last = -1;

	(void)arg;
	while (answers < HANDOVERS) {
		struct word vector[WORDS];
		long result;

		fill(vector, WORDS);
		for (unsigned i = 0; i < WORDS; i++)
			vector[i].value = seen[i];
		result = wait_for_any(vector, WORDS, 0, NULL);
		for (unsigned i = 0; i < WORDS; i++) {
			if (words[i] == seen[i])
				continue;
			seen[i]++;
			/* The wake for the one before may come after its value was seen. */
			good += result == (long)i || result == last || result == -EAGAIN;
			last = i;
			answers++;
			wake(&answers, 1);
			break;
		}
	}
	return (void *)good;
}

static void test_handovers(void)
{
	pthread_t thread;
	void *good = NULL;

	is(pthread_create(&thread, NULL, answer, NULL), 0, "a thread that waits for 128 words");
	for (unsigned i = 0; i < HANDOVERS; i++) {
		atomic_uint *word = &words[i * 37 % WORDS];

		++*word;
		wake(word, 1);
		while (answers == i)
			syscall(SYS_futex, &answers, FUTEX_WAIT_PRIVATE, i, NULL, NULL, 0);
	}
	pthread_join(thread, &good);
	is((intptr_t)good, HANDOVERS, "it is woken by each, and told which");
}

void test_futex_order(void)
{
	test_order();
	if (syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) < 0 && errno == ENOSYS) {
		skip("futex_waitv is not there");
		return;
	}
	test_arguments();
	test_handovers();
}
