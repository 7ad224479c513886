/* SPDX-License-Identifier: BSD-2-Clause */
/* time: clocks that never run backwards, sleeps that are never short, timeouts that come. HOST_TIME
 * in the environment is what the one who started this believes the time to be, in seconds. Upper
 * bounds are wide: the machine that this runs on may be busy. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"

TAP_STATE;

#define MS 1000000LL
#define SEC 1000000000LL
#define LATE (2 * SEC) /* what may be added to any sleep */

static int64_t ns(struct timespec t)
{
	return t.tv_sec * SEC + t.tv_nsec;
}

static int64_t clock_ns(clockid_t id)
{
	struct timespec t = { -1, -1 };

	clock_gettime(id, &t);
	return ns(t);
}

static struct timespec spec(int64_t t)
{
	return (struct timespec){ t / SEC, t % SEC };
}

static void within(int64_t took, int64_t wanted, const char *what)
{
	ok(took >= wanted && took < wanted + LATE, "%s: %lld us, took %lld", what,
	   (long long)wanted / 1000, (long long)took / 1000);
}

static void test_monotonic(void)
{
	int64_t last = clock_ns(CLOCK_MONOTONIC), first = last, steps = 0;
	int backwards = 0, apart = 0;

	while (last - first < 100 * MS) {
		int64_t now = clock_ns(CLOCK_MONOTONIC);
		struct timespec raw;

		backwards += now < last;
		steps += now > last;
		last = now;
		/* The other door must show the same clock. */
		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &raw);
		apart += ns(raw) < last;
		last = ns(raw);
	}
	is(backwards, 0, "CLOCK_MONOTONIC never runs backwards");
	is(apart, 0, "not even from one door to the other");
	ok(steps > 100, "it advances in small steps (%lld seen in 100 ms)", (long long)steps);
}

static void test_realtime(void)
{
	const char *host = getenv("HOST_TIME");
	int64_t wall = clock_ns(CLOCK_REALTIME), mono = clock_ns(CLOCK_MONOTONIC);
	struct timeval tv = { 0 };

	ok(wall > 1767225600 * SEC, "CLOCK_REALTIME is after 2026-01-01 (%lld s)",
	   (long long)(wall / SEC));
	if (host)
		ok(llabs(wall / SEC - atoll(host)) < 120, "and within two minutes of the host's %s", host);
	is(gettimeofday(&tv, NULL), 0, "gettimeofday");
	ok(llabs(tv.tv_sec * SEC + tv.tv_usec * 1000 - wall) < LATE, "agrees with it");
	ok(llabs(time(NULL) - wall / SEC) <= 2, "and so does time()");
	struct timespec pause = spec(200 * MS);

	nanosleep(&pause, NULL);
	int64_t wall_took = clock_ns(CLOCK_REALTIME) - wall,
			mono_took = clock_ns(CLOCK_MONOTONIC) - mono;

	ok(llabs(wall_took - mono_took) < 20 * MS, "both clocks run at one rate (%lld and %lld us)",
	   (long long)wall_took / 1000, (long long)mono_took / 1000);
}

static void test_other_clocks(void)
{
	struct timespec t = { 0 };

	is(clock_getres(CLOCK_MONOTONIC, &t), 0, "clock_getres");
	ok(t.tv_sec == 0 && t.tv_nsec > 0 && t.tv_nsec <= 10000000, "a resolution of %ld ns",
	   t.tv_nsec);
	ok(clock_ns(CLOCK_BOOTTIME) >= clock_ns(CLOCK_MONOTONIC) - MS, "CLOCK_BOOTTIME");
	ok(clock_ns(CLOCK_MONOTONIC_RAW) > 0, "CLOCK_MONOTONIC_RAW");
	ok(clock_ns(CLOCK_MONOTONIC_COARSE) > 0, "CLOCK_MONOTONIC_COARSE");
	int64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);

	for (volatile int i = 0; i < 3000000; i++)
		;
	ok(clock_ns(CLOCK_PROCESS_CPUTIME_ID) > cpu, "CLOCK_PROCESS_CPUTIME_ID counts work");
	errno = 0;
	ok(clock_gettime(4711, &t) == -1 && errno == EINVAL, "an unknown clock is EINVAL");
}

static void test_sleeps(void)
{
	static const int64_t lengths[] = { 0, 1000, 50000, MS, 10 * MS, 110 * MS };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct timespec t = spec(lengths[i]);
		int64_t start = clock_ns(CLOCK_MONOTONIC);

		is(nanosleep(&t, NULL), 0, "nanosleep");
		within(clock_ns(CLOCK_MONOTONIC) - start, lengths[i], "nanosleep");
	}
	int64_t start = clock_ns(CLOCK_MONOTONIC);
	struct timespec until = spec(start + 30 * MS);

	is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0,
	   "clock_nanosleep until then");
	within(clock_ns(CLOCK_MONOTONIC) - start, 30 * MS, "absolute, monotonic");
	start = clock_ns(CLOCK_MONOTONIC);
	until = spec(clock_ns(CLOCK_REALTIME) + 30 * MS);
	is(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL), 0, "and by wall time");
	within(clock_ns(CLOCK_MONOTONIC) - start, 30 * MS - MS, "absolute, wall time");
	until = spec(1);
	is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0, "a time that has passed");
	struct timespec bad = { 0, SEC };

	errno = 0;
	ok(nanosleep(&bad, NULL) == -1 && errno == EINVAL, "a billion nanoseconds is EINVAL");
	bad = (struct timespec){ -1, 0 };
	errno = 0;
	ok(nanosleep(&bad, NULL) == -1 && errno == EINVAL, "so is a negative time");
}

static void test_timeouts(void)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond, mono_cond;
	pthread_condattr_t attr;
	struct timespec until;
	sem_t sem;
	int64_t start;

	pthread_cond_init(&cond, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&mono_cond, &attr);
	pthread_mutex_lock(&lock);
	start = clock_ns(CLOCK_REALTIME);
	until = spec(start + 40 * MS);
	is(pthread_cond_timedwait(&cond, &lock, &until), ETIMEDOUT, "pthread_cond_timedwait");
	within(clock_ns(CLOCK_REALTIME) - start, 40 * MS, "condition, wall time");
	start = clock_ns(CLOCK_MONOTONIC);
	until = spec(start + 40 * MS);
	is(pthread_cond_timedwait(&mono_cond, &lock, &until), ETIMEDOUT,
	   "the same by the monotonic clock");
	within(clock_ns(CLOCK_MONOTONIC) - start, 40 * MS, "condition, monotonic");
	pthread_mutex_unlock(&lock);

	sem_init(&sem, 0, 0);
	start = clock_ns(CLOCK_REALTIME);
	until = spec(start + 40 * MS);
	errno = 0;
	ok(sem_timedwait(&sem, &until) == -1 && errno == ETIMEDOUT, "sem_timedwait");
	within(clock_ns(CLOCK_REALTIME) - start, 40 * MS, "semaphore");
	sem_post(&sem);
	is(sem_timedwait(&sem, &until), 0, "what is there needs no time");
}

enum {
	SLEEPERS = 20
};
static int64_t woke[SLEEPERS], base;

static void *sleep_own_time(void *arg)
{
	intptr_t i = (intptr_t)arg;
	struct timespec until = spec(base + (SLEEPERS - i) * 10 * MS);

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	woke[i] = clock_ns(CLOCK_MONOTONIC) - base;
	return NULL;
}

static void test_many_sleepers(void)
{
	pthread_t threads[SLEEPERS];
	int early = 0, late = 0, created = 0;

	base = clock_ns(CLOCK_MONOTONIC) + 50 * MS;
	for (; created < SLEEPERS; created++)
		if (pthread_create(&threads[created], NULL, sleep_own_time, (void *)(intptr_t)created) != 0)
			break;
	is(created, SLEEPERS, "many sleepers, the last created wakes first");
	for (int i = 0; i < created; i++) {
		pthread_join(threads[i], NULL);
		early += woke[i] < (SLEEPERS - i) * 10 * MS;
		late += woke[i] > (SLEEPERS - i) * 10 * MS + LATE;
	}
	is(early, 0, "nobody woke early");
	is(late, 0, "nobody woke very late");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	test_monotonic();
	test_realtime();
	test_other_clocks();
	test_sleeps();
	test_timeouts();
	test_many_sleepers();
	return tap_done();
}
