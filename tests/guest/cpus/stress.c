/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that wake one another across CPUs, and threads that come and go. Nothing may be lost: a
 * wake-up that is makes a test hang. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../tap.h"
#include "cpus.h"

/* The C library keeps these to itself. */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

#define PAIRS_MAX (THREADS_MAX / 2)

static struct pair {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	long turn;
	atomic_int word;
	int stop;
	long rounds;
} pairs[PAIRS_MAX];

static void futex_wait(atomic_int *word, int expected)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static void futex_wake(atomic_int *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Threads 2 n and 2 n + 1 take turns by a condition variable. */
static long play_condition(long index)
{
	struct pair *pair = &pairs[index / 2];
	long me = index % 2, stop;

	do {
		pthread_mutex_lock(&pair->lock);
		while (pair->turn % 2 != me && !pair->stop)
			pthread_cond_wait(&pair->changed, &pair->lock);
		pair->turn++;
		if (is_over())
			pair->stop = 1;
		stop = pair->stop;
		pthread_cond_broadcast(&pair->changed);
		pthread_mutex_unlock(&pair->lock);
	} while (!stop);
	return 0;
}

/* The same by a bare futex. */
static long play_futex(long index)
{
	struct pair *pair = &pairs[index / 2];
	int me = (int)(index % 2), value;

	for (;;) {
		while ((value = pair->word) >= 0 && value % 2 != me)
			futex_wait(&pair->word, value);
		if (value < 0)
			return 0;
		if (is_over()) {
			pair->word = -1;
			futex_wake(&pair->word);
			return 0;
		}
		pair->rounds++;
		pair->word = (value + 1) & 0xffff;
		futex_wake(&pair->word);
	}
}

static void play(const char *what, long (*work)(long index), int count)
{
	for (int i = 0; i < PAIRS_MAX; i++) {
		pairs[i] = (struct pair){ 0 };
		pthread_mutex_init(&pairs[i].lock, NULL);
		pthread_cond_init(&pairs[i].changed, NULL);
	}
	begin_stress();
	is(run_threads(count, work), 0, "%s", what);
}

static pthread_mutex_t one_lock = PTHREAD_MUTEX_INITIALIZER;
static long counted;

static long contend(long index)
{
	long mine = 0;

	(void)index;
	while (!is_over()) {
		pthread_mutex_lock(&one_lock);
		counted++;
		pthread_mutex_unlock(&one_lock);
		mine++;
	}
	return mine;
}

static void *nothing(void *arg)
{
	return arg;
}

static long come_and_go(long index)
{
	long bad = 0;

	while (!is_over()) {
		pthread_t threads[4];
		int made = 0;

		for (; made < 4; made++)
			if (pthread_create(&threads[made], NULL, nothing, (void *)(index + made)) != 0)
				break;
		bad += made != 4;
		for (int i = 0; i < made; i++) {
			void *result;

			bad += pthread_join(threads[i], &result) != 0 || (long)result != index + i;
		}
	}
	return bad;
}

static sem_t door;
static atomic_long through;

static long sleep_and_post(long index)
{
	while (!is_over()) {
		usleep(100 + (useconds_t)index * 37);
		sem_post(&door);
		sem_wait(&door);
		through++;
		sched_yield();
	}
	return 0;
}

/* A round trip between two threads on CPUs of their own, and on one. */
static int far;

static long measured(long index)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(far ? (int)index : 0, &set);
	sched_setaffinity(0, sizeof(set), &set);
	return play_futex(index);
}

static void measure(const char *what, int is_far)
{
	far = is_far;
	play(what, measured, 2);
	printf("# %s: %ld ns per round trip\n", what,
	       seconds * 1000000000L / (pairs[0].rounds / 2 + 1));
}

void test_stress(void)
{
	long sum;

	play("pairs take turns by condition variables", play_condition, 2 * cpus);
	play("pairs take turns by futexes", play_futex, 2 * cpus + 2);
	measure("two threads of one CPU", 0);
	if (cpus > 1)
		measure("two threads of two CPUs", 1);
	begin_stress();
	counted = 0;
	sum = run_threads(2 * cpus, contend);
	is(counted, sum, "a mutex that all fight for");
	begin_stress();
	is(run_threads(cpus, come_and_go), 0, "threads come and go on all CPUs");
	sem_init(&door, 0, 0);
	begin_stress();
	is(run_threads(3 * cpus, sleep_and_post), 0, "sleepers on all CPUs");
	ok(through > 0, "%ld of them went through the door", through);
}
