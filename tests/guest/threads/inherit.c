/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutexes with priority inheritance: all kinds, owners that die, the inversion that they are for, many
 * threads that fight; and the futex operations below them that the C library does not use. */
#define _GNU_SOURCE
#include "threads.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"

/* linux/futex.h is not there for programs. */
#define FUTEX_WAKE 1
#define FUTEX_LOCK_PI 6
#define FUTEX_UNLOCK_PI 7
#define FUTEX_TRYLOCK_PI 8
#define FUTEX_WAIT_REQUEUE_PI 11
#define FUTEX_CMP_REQUEUE_PI 12

static void make(pthread_mutex_t *mutex, int kind, int robust)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	is(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0, "PTHREAD_PRIO_INHERIT");
	pthread_mutexattr_settype(&attr, kind);
	pthread_mutexattr_setrobust(&attr, robust);
	pthread_mutex_init(mutex, &attr);
	pthread_mutexattr_destroy(&attr);
}

static struct timespec in_ms(long ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static void *wait_a_little(void *mutex)
{
	struct timespec until = in_ms(20);

	return (void *)(intptr_t)pthread_mutex_timedlock(mutex, &until);
}

static void test_kinds(void)
{
	pthread_mutex_t mutex;
	pthread_t thread;
	void *result;

	make(&mutex, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED);
	is(pthread_mutex_lock(&mutex), 0, "lock");
	is(pthread_mutex_lock(&mutex), 0, "lock again");
	is(pthread_create(&thread, NULL, wait_a_little, &mutex), 0, "another thread");
	pthread_join(thread, &result);
	is((intptr_t)result, ETIMEDOUT, "it waits in vain");
	is(pthread_mutex_unlock(&mutex) | pthread_mutex_unlock(&mutex), 0, "unlock");
	pthread_mutex_destroy(&mutex);

	make(&mutex, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
	is(pthread_mutex_lock(&mutex), 0, "lock");
	is(pthread_mutex_lock(&mutex), EDEADLK, "lock again: refused");
	is(pthread_mutex_unlock(&mutex), 0, "unlock");
	is(pthread_mutex_unlock(&mutex), EPERM, "unlock again: refused");
	pthread_mutex_destroy(&mutex);
}

static void *die_with(void *mutex)
{
	pthread_mutex_lock(mutex);
	usleep(20000);
	return NULL;
}

static void test_robust(void)
{
	for (int wait_before = 0; wait_before < 2; wait_before++) {
		pthread_mutex_t mutex;
		pthread_t thread;

		make(&mutex, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
		is(pthread_create(&thread, NULL, die_with, &mutex), 0, "a thread that dies with a mutex");
		if (wait_before)
			usleep(10000);
		else
			pthread_join(thread, NULL);
		is(pthread_mutex_lock(&mutex), EOWNERDEAD, "its owner is dead");
		is(pthread_mutex_consistent(&mutex), 0, "made good");
		is(pthread_mutex_unlock(&mutex), 0, "unlock");
		is(pthread_mutex_lock(&mutex), 0, "lock");
		is(pthread_mutex_unlock(&mutex), 0, "unlock");
		if (wait_before)
			pthread_join(thread, NULL);
		pthread_mutex_destroy(&mutex);
	}
}

/* The lowest priority owns, the highest wants, and the one between takes all the time there is. */
static struct {
	pthread_mutex_t mutex;
	atomic_int owned, stop, middle_runs;
} inversion;

static void *own_and_work(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&inversion.mutex);
	inversion.owned = 1;
	while (!inversion.middle_runs)
		sched_yield();
	pthread_mutex_unlock(&inversion.mutex);
	return NULL;
}

static void *take_all_the_time(void *arg)
{
	(void)arg;
	inversion.middle_runs = 1;
	while (!inversion.stop)
		;
	return NULL;
}

static int create_fifo(pthread_t *thread, int priority, void *(*function)(void *))
{
	struct sched_param param = { .sched_priority = priority };
	pthread_attr_t attr;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	error = pthread_create(thread, &attr, function, NULL);
	pthread_attr_destroy(&attr);
	return error;
}

static void *test_inversion_urgently(void *arg)
{
	struct timespec until;
	pthread_t low, middle;

	(void)arg;
	make(&inversion.mutex, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED);
	is(create_fifo(&low, 10, own_and_work), 0, "a thread of low priority");
	while (!inversion.owned)
		usleep(1000);
	is(create_fifo(&middle, 50, take_all_the_time), 0, "one of middle priority");
	while (!inversion.middle_runs)
		usleep(1000);
	until = in_ms(10000);
	is(pthread_mutex_timedlock(&inversion.mutex, &until), 0,
	   "the owner runs before the middle one");
	inversion.stop = 1;
	is(pthread_mutex_unlock(&inversion.mutex), 0, "unlock");
	pthread_join(middle, NULL);
	pthread_join(low, NULL);
	pthread_mutex_destroy(&inversion.mutex);
	return NULL;
}

/* On one CPU, and from a thread that is more urgent than all of them. */
static void test_inversion(void)
{
	cpu_set_t one, all;
	pthread_t high;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_getaffinity(0, sizeof(all), &all);
	is(sched_setaffinity(0, sizeof(one), &one), 0, "one CPU");
	if (is(create_fifo(&high, 90, test_inversion_urgently), 0, "a thread of high priority"))
		pthread_join(high, NULL);
	sched_setaffinity(0, sizeof(all), &all);
}

#define FIGHTERS 8
#define ROUNDS 300

static struct {
	pthread_mutex_t mutexes[3];
	long counts[3]; /* each under its mutex */
	atomic_int wrong;
} fight;

static void *fight_on(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < ROUNDS; i++) {
		int from = rand_r(&seed) % 3, to = from + rand_r(&seed) % (3 - from);
		struct sched_param param = { .sched_priority = 1 + rand_r(&seed) % 40 };

		if (rand_r(&seed) % 8 == 0)
			fight.wrong += pthread_setschedparam(pthread_self(), SCHED_RR, &param) != 0;
		for (int m = from; m <= to; m++) {
			fight.wrong += pthread_mutex_lock(&fight.mutexes[m]) != 0;
			fight.counts[m]++;
		}
		if (rand_r(&seed) % 4 == 0)
			usleep(rand_r(&seed) % 200);
		for (int m = to; m >= from; m--) {
			fight.counts[m]--;
			fight.wrong += fight.counts[m] != 0;
			fight.wrong += pthread_mutex_unlock(&fight.mutexes[m]) != 0;
		}
	}
	return NULL;
}

static void test_fight(void)
{
	pthread_t threads[FIGHTERS];
	int created = 0;

	for (int i = 0; i < 3; i++)
		make(&fight.mutexes[i], PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED);
	while (created < FIGHTERS &&
	       pthread_create(&threads[created], NULL, fight_on, (void *)(uintptr_t)(created + 1)) == 0)
		created++;
	is(created, FIGHTERS, "threads that fight for three mutexes");
	for (int i = 0; i < created; i++)
		pthread_join(threads[i], NULL);
	is(fight.wrong, 0, "each of them has a mutex alone");
}

static _Atomic uint32_t condition, word;
static atomic_int arrived, went_on;

static long futex(_Atomic uint32_t *at, int op, uint32_t value, uintptr_t fourth,
                  _Atomic uint32_t *other, uint32_t value3)
{
	return syscall(SYS_futex, at, op, value, fourth, other, value3) < 0 ? -errno : 0;
}

static void *wait_for_both(void *arg)
{
	uint32_t tid = (uint32_t)gettid();

	(void)arg;
	arrived++;
	if (futex(&condition, FUTEX_WAIT_REQUEUE_PI, 0, 0, &word, 0) == 0 &&
	    (word & 0x3fffffff) == tid && futex(&word, FUTEX_UNLOCK_PI, 0, 0, NULL, 0) == 0)
		went_on++;
	return NULL;
}

static void test_requeue(void)
{
	pthread_t threads[3];
	int created = 0;

	is(futex(&word, FUTEX_TRYLOCK_PI, 0, 0, NULL, 0), 0, "FUTEX_TRYLOCK_PI");
	is(word, gettid(), "the word has the owner's number");
	is(futex(&word, FUTEX_LOCK_PI, 0, 0, NULL, 0), -EDEADLK, "FUTEX_LOCK_PI of what one owns");
	for (; created < 3; created++)
		if (pthread_create(&threads[created], NULL, wait_for_both, NULL) != 0)
			break;
	while (arrived < created)
		usleep(1000);
	usleep(20000);
	is(futex(&condition, FUTEX_CMP_REQUEUE_PI, 2, 5, &word, 0), -EINVAL, "more than one to wake");
	is(futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, 5, &word, 7), -EAGAIN, "another value");
	is(futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, 5, &word, 0), 0, "FUTEX_CMP_REQUEUE_PI");
	usleep(20000);
	is(went_on, 0, "all wait for the owner");
	is(futex(&word, FUTEX_UNLOCK_PI, 0, 0, NULL, 0), 0, "FUTEX_UNLOCK_PI");
	for (int i = 0; i < created; i++)
		pthread_join(threads[i], NULL);
	is(went_on, 3, "one after the other owned it");
	is(word, 0, "nobody does any more");
	is(futex(&word, FUTEX_UNLOCK_PI, 0, 0, NULL, 0), -EPERM, "FUTEX_UNLOCK_PI by who owns nothing");
}

static atomic_int handled;

static void handle(int signal)
{
	(void)signal;
	handled++;
}

static void *lock_through_signals(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)futex((_Atomic uint32_t *)&word, FUTEX_LOCK_PI, 0, 0, NULL, 0);
}

/* A handler without SA_RESTART does not end the wait. */
static void test_signals(void)
{
	struct sigaction action = { .sa_handler = handle };
	pthread_t thread;
	void *result = (void *)1;

	sigaction(SIGUSR1, &action, NULL);
	is(futex(&word, FUTEX_LOCK_PI, 0, 0, NULL, 0), 0, "FUTEX_LOCK_PI");
	is(pthread_create(&thread, NULL, lock_through_signals, NULL), 0, "a thread that waits for it");
	usleep(20000);
	for (int i = 1; i <= 3; i++) {
		pthread_kill(thread, SIGUSR1);
		for (int ms = 0; ms < 1000 && handled < i; ms++)
			usleep(1000);
	}
	is(handled, 3, "its handler runs meanwhile");
	is(futex(&word, FUTEX_UNLOCK_PI, 0, 0, NULL, 0), 0, "FUTEX_UNLOCK_PI");
	pthread_join(thread, &result);
	is((intptr_t)result, 0, "it got it all the same");
	word = 0;
}

static void test_slice(void)
{
	struct timespec slice = { -1, -1 };

	is(sched_rr_get_interval(0, &slice), 0, "sched_rr_get_interval");
	ok(slice.tv_sec == 0 && slice.tv_nsec > 0, "a time slice of %ld us", slice.tv_nsec / 1000);
	ok(sched_rr_get_interval(-1, &slice) == -1 && errno == EINVAL, "of nobody");
}

void test_inherit(void)
{
	test_kinds();
	test_robust();
	test_inversion();
	test_fight();
	test_requeue();
	test_signals();
	test_slice();
}
