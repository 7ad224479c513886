/* SPDX-License-Identifier: BSD-2-Clause */
/* threads: pthreads as musl builds them on clone, futex and set_tid_address. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../tap.h"
#include "threads.h"

TAP_STATE;

static void *twice(void *arg)
{
	return (void *)((uintptr_t)arg * 2);
}

static void *leave_deep(void *arg)
{
	volatile char frame[100];

	frame[0] = 1;
	pthread_exit((char *)arg + frame[0]);
}

static void *own_id(void *arg)
{
	*(long *)arg = syscall(SYS_gettid);
	return (void *)pthread_self();
}

static void test_create(void)
{
	pthread_t thread;
	void *result = NULL;
	long id = 0;

	is(pthread_create(&thread, NULL, twice, (void *)21), 0, "pthread_create");
	is(pthread_join(thread, &result), 0, "pthread_join");
	is((intptr_t)result, 42, "brings the thread's result");
	pthread_create(&thread, NULL, leave_deep, (void *)10);
	pthread_join(thread, &result);
	is((intptr_t)result, 11, "so does pthread_exit");
	pthread_create(&thread, NULL, own_id, &id);
	pthread_join(thread, &result);
	ok(id > 0 && id != syscall(SYS_gettid), "a thread has its own id (%ld)", id);
	ok((pthread_t)result == thread, "pthread_self is what pthread_create gave");
	is(pthread_create(&thread, NULL, twice, (void *)1), 0, "create for detach");
	is(pthread_detach(thread), 0, "pthread_detach");
}

static volatile int detached_ran;

static void *detached(void *arg)
{
	(void)arg;
	detached_ran++;
	return NULL;
}

static void test_attributes(void)
{
	pthread_attr_t attr, real;
	pthread_t thread;
	size_t size = 0;

	pthread_attr_init(&attr);
	is(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED), 0, "created detached");
	for (int i = 0; i < 50; i++)
		if (pthread_create(&thread, &attr, detached, NULL) != 0)
			break;
	for (int i = 0; i < 1000 && detached_ran < 50; i++)
		usleep(1000);
	is(detached_ran, 50, "50 detached threads ran");
	pthread_attr_destroy(&attr);

	is(pthread_getattr_np(pthread_self(), &real), 0, "pthread_getattr_np of the first thread");
	pthread_attr_getstacksize(&real, &size);
	ok(size >= 64 * 1024, "its stack has at least 64 KiB (%zu KiB)", size / 1024);
	pthread_attr_destroy(&real);
}

static void *use_stack(void *arg)
{
	size_t size = (size_t)arg;
	volatile char *big = alloca(size);

	for (size_t i = 0; i < size; i += 512)
		big[i] = (char)(i >> 9);
	for (size_t i = 0; i < size; i += 512)
		if (big[i] != (char)(i >> 9))
			return NULL;
	return arg;
}

static void test_stack_sizes(void)
{
	static const size_t sizes[] = { 16 << 10, 64 << 10, 1 << 20, 8 << 20 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		pthread_attr_t attr;
		pthread_t thread;
		void *result = NULL;

		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, sizes[i]);
		if (is(pthread_create(&thread, &attr, use_stack, (void *)(sizes[i] - 8192)), 0,
		       "a thread with %zu KiB of stack", sizes[i] >> 10)) {
			pthread_join(thread, &result);
			ok(result, "can use it");
		}
		pthread_attr_destroy(&attr);
	}
}

static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long shared_count;

static void *count_up(void *arg)
{
	for (unsigned long i = 0; i < (unsigned long)arg; i++) {
		pthread_mutex_lock(&count_lock);
		unsigned long seen = shared_count;

		if (i % 8 == 0)
			sched_yield();
		shared_count = seen + 1;
		pthread_mutex_unlock(&count_lock);
	}
	return NULL;
}

static void test_many(void)
{
	enum {
		THREADS = 1000,
		TURNS = 20
	};
	static pthread_t threads[THREADS];
	pthread_attr_t attr;
	int created = 0, joined = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16 << 10);
	shared_count = 0;
	for (; created < THREADS; created++)
		if (pthread_create(&threads[created], &attr, count_up, (void *)TURNS) != 0)
			break;
	is(created, THREADS, "1000 threads at once");
	for (int i = 0; i < created; i++)
		joined += pthread_join(threads[i], NULL) == 0;
	is(joined, created, "all joined");
	is(shared_count, (unsigned long)created * TURNS, "a mutex kept their count right");
	pthread_attr_destroy(&attr);
}

/* One after the other: what a thread leaves behind must be used again. */
static void test_turnover(void)
{
	int good = 1;

	for (int i = 0; i < 3000 && good; i++) {
		pthread_t thread;
		void *result = NULL;

		good = pthread_create(&thread, NULL, twice, (void *)(uintptr_t)i) == 0 &&
		       pthread_join(thread, &result) == 0 && (intptr_t)result == 2 * i;
	}
	ok(good, "3000 threads, one after the other");
}

static void test_policy(void)
{
	struct sched_param param = { 0 };
	int policy = -1;

	is(pthread_getschedparam(pthread_self(), &policy, &param), 0, "pthread_getschedparam");
	ok(policy == SCHED_OTHER || policy == SCHED_RR || policy == SCHED_FIFO, "a policy (%d)",
	   policy);
	is(sched_yield(), 0, "sched_yield returns 0");
	ok(sched_get_priority_max(SCHED_FIFO) >= sched_get_priority_min(SCHED_FIFO),
	   "sched_get_priority_max is not below min");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	test_create();
	test_attributes();
	test_stack_sizes();
	test_sync();
	test_local();
	test_many();
	test_turnover();
	test_policy();
	test_inherit();
	test_futex_order();
	return tap_done();
}
