/* SPDX-License-Identifier: BSD-2-Clause */
/* Cancelling threads: the C library sends a signal, whose handler changes where the thread goes on. */
#define _GNU_SOURCE
#include "signals.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <unistd.h>

#include "../tap.h"

static volatile int running, cleaned, passed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t no_one;

static void clean(void *arg)
{
	cleaned += (int)(intptr_t)arg;
}

static void *in_sleep(void *arg)
{
	pthread_cleanup_push(clean, (void *)1);
	running = 1;
	sleep(1000);
	passed = 1;
	pthread_cleanup_pop(0);
	return arg;
}

static void unlock(void *arg)
{
	pthread_mutex_unlock(arg);
	cleaned++;
}

static void *in_condition(void *arg)
{
	pthread_mutex_lock(&lock);
	pthread_cleanup_push(unlock, &lock);
	running = 1;
	pthread_cond_wait(&never, &lock);
	passed = 1;
	pthread_cleanup_pop(0);
	return arg;
}

static void *in_semaphore(void *arg)
{
	pthread_cleanup_push(clean, (void *)1);
	running = 1;
	sem_wait(&no_one);
	passed = 1;
	pthread_cleanup_pop(0);
	return arg;
}

static void *in_pause(void *arg)
{
	pthread_cleanup_push(clean, (void *)1);
	running = 1;
	pause();
	passed = 1;
	pthread_cleanup_pop(0);
	return arg;
}

static void *in_join(void *arg)
{
	pthread_t thread;

	(void)arg;
	pthread_cleanup_push(clean, (void *)1);
	pthread_create(&thread, NULL, in_sleep, NULL);
	pthread_join(thread, NULL);
	passed = 1;
	pthread_cleanup_pop(0);
	return NULL;
}

static void *in_loop(void *arg)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	running = 1;
	for (volatile long i = 0;; i++)
		;
	return arg;
}

static void *in_testcancel(void *arg)
{
	pthread_cleanup_push(clean, (void *)1);
	running = 1;
	for (;;) {
		pthread_testcancel();
		sched_yield();
	}
	pthread_cleanup_pop(0);
	return arg;
}

static void *holding_out(void *arg)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	running = 1;
	usleep(60000);
	passed = 1;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	pthread_testcancel();
	passed = 2;
	return arg;
}

static void test(void *(*function)(void *), const char *what, int cleanups)
{
	void *result = NULL;
	pthread_t thread;

	running = cleaned = passed = 0;
	pthread_create(&thread, NULL, function, NULL);
	while (!running)
		sched_yield();
	usleep(5000);
	is(pthread_cancel(thread), 0, "cancel a thread %s", what);
	is(pthread_join(thread, &result), 0, "it ends");
	ok(result == PTHREAD_CANCELED && passed == 0, "as cancelled");
	is(cleaned, cleanups, "after its clean-up handlers");
}

void test_cancel(void)
{
	void *result = NULL;
	pthread_t thread;

	sem_init(&no_one, 0, 0);
	test(in_sleep, "in sleep", 1);
	test(in_condition, "that waits for a condition", 1);
	is(pthread_mutex_trylock(&lock), 0, "which gave the mutex back");
	pthread_mutex_unlock(&lock);
	test(in_semaphore, "that waits for a semaphore", 1);
	test(in_pause, "in pause", 1);
	test(in_join, "in pthread_join", 1);
	test(in_loop, "in a loop, asynchronously", 0);
	test(in_testcancel, "that asks for it", 1);

	running = passed = 0;
	pthread_create(&thread, NULL, holding_out, NULL);
	while (!running)
		sched_yield();
	pthread_cancel(thread);
	pthread_join(thread, &result);
	ok(result == PTHREAD_CANCELED && passed == 1, "a thread that does not want it yet is cancelled later");
}
