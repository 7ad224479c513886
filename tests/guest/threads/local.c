/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread-local storage: initialisers, zeroed data, alignment, keys with destructors. */
#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>

#include "../tap.h"

static __thread int initialised = 1234;
static __thread char zeroed[300];
static __thread long aligned __attribute__((aligned(64))) = 99;
static __thread const char *pointer = "thread-local";

static pthread_key_t key;
static volatile int destroyed;

static void destroy(void *value)
{
	destroyed += (int)(intptr_t)value;
}

/* Returns how many of the checks held: 6 of them. */
static void *check_locals(void *arg)
{
	intptr_t number = (intptr_t)arg, good = 0;
	int all_zero = 1;

	for (size_t i = 0; i < sizeof(zeroed); i++)
		all_zero &= zeroed[i] == 0;
	good += initialised == 1234;
	good += all_zero;
	good += aligned == 99 && ((uintptr_t)&aligned & 63) == 0;
	good += strcmp(pointer, "thread-local") == 0;
	initialised = (int)number;
	memset(zeroed, (int)number, sizeof(zeroed));
	pthread_setspecific(key, (void *)number);
	for (int i = 0; i < 20; i++)
		sched_yield();
	good += initialised == (int)number && zeroed[299] == (char)number;
	good += (intptr_t)pthread_getspecific(key) == number;
	return (void *)good;
}

void test_local(void)
{
	enum {
		THREADS = 8
	};
	pthread_t threads[THREADS];
	int created = 0, sum = 0;

	is(initialised, 1234, "__thread with an initialiser");
	is(aligned, 99, "__thread with an alignment");
	is((uintptr_t)&aligned & 63, 0, "is aligned");
	is(pthread_key_create(&key, destroy), 0, "pthread_key_create");
	for (; created < THREADS; created++) {
		if (pthread_create(&threads[created], NULL, check_locals, (void *)(intptr_t)(created + 1)))
			break;
		sum += created + 1;
	}
	is(created, THREADS, "threads with their own __thread variables");
	for (int i = 0; i < created; i++) {
		void *good = NULL;

		pthread_join(threads[i], &good);
		is((intptr_t)good, 6, "thread %d: right from the start, and its own", i);
	}
	is(destroyed, sum, "every value's destructor ran");
	is(initialised, 1234, "the first thread's are untouched");
	pthread_key_delete(key);
}
