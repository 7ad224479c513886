/* SPDX-License-Identifier: BSD-2-Clause */
/* What threads wait on: mutexes of all kinds, condition variables, barriers, read-write locks,
 * once, semaphores. */
#define _GNU_SOURCE
#include "threads.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdint.h>
#include <unistd.h>

#include "../tap.h"

static void *try_lock(void *mutex)
{
	int error = pthread_mutex_trylock(mutex);

	if (!error)
		pthread_mutex_unlock(mutex);
	return (void *)(intptr_t)error;
}

/* What pthread_mutex_trylock says in another thread. */
static int other_thread_trylock(pthread_mutex_t *mutex)
{
	pthread_t thread;
	void *error = (void *)(intptr_t)-1;

	if (pthread_create(&thread, NULL, try_lock, mutex) == 0)
		pthread_join(thread, &error);
	return (int)(intptr_t)error;
}

static void test_mutex_kind(int kind, const char *name, int relock, int unlock_unowned)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t mutex;

	pthread_mutexattr_init(&attr);
	is(pthread_mutexattr_settype(&attr, kind), 0, "%s mutex", name);
	pthread_mutex_init(&mutex, &attr);
	is(pthread_mutex_lock(&mutex), 0, "%s: lock", name);
	is(other_thread_trylock(&mutex), EBUSY, "%s: another thread finds it locked", name);
	if (relock >= 0)
		is(pthread_mutex_lock(&mutex), relock, "%s: lock again", name);
	if (relock == 0)
		pthread_mutex_unlock(&mutex);
	is(pthread_mutex_unlock(&mutex), 0, "%s: unlock", name);
	is(other_thread_trylock(&mutex), 0, "%s: another thread finds it free", name);
	if (unlock_unowned)
		is(pthread_mutex_unlock(&mutex), unlock_unowned, "%s: unlock what is not locked", name);
	pthread_mutex_destroy(&mutex);
	pthread_mutexattr_destroy(&attr);
}

/* A bounded buffer: two producers, two consumers. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t not_empty, not_full;
	int items[4];
	int count;
	long sum;
} buffer = {
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, { 0 }, 0, 0
};

enum {
	ITEMS = 2000
};

static void *produce(void *arg)
{
	(void)arg;
	for (int i = 1; i <= ITEMS; i++) {
		pthread_mutex_lock(&buffer.lock);
		while (buffer.count == 4)
			pthread_cond_wait(&buffer.not_full, &buffer.lock);
		buffer.items[buffer.count++] = i;
		pthread_cond_signal(&buffer.not_empty);
		pthread_mutex_unlock(&buffer.lock);
	}
	return NULL;
}

static void *consume(void *arg)
{
	(void)arg;
	for (int i = 0; i < ITEMS; i++) {
		pthread_mutex_lock(&buffer.lock);
		while (buffer.count == 0)
			pthread_cond_wait(&buffer.not_empty, &buffer.lock);
		buffer.sum += buffer.items[--buffer.count];
		pthread_cond_signal(&buffer.not_full);
		pthread_mutex_unlock(&buffer.lock);
	}
	return NULL;
}

static void test_condition(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		if (!is(pthread_create(&threads[i], NULL, i < 2 ? produce : consume, NULL), 0, "%s",
		        i < 2 ? "producer" : "consumer"))
			return;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	is(buffer.sum, 2L * ITEMS * (ITEMS + 1) / 2, "nothing lost through a bounded buffer");
}

static pthread_barrier_t barrier;
static volatile int arrived[5];

static void *meet(void *arg)
{
	intptr_t me = (intptr_t)arg, last = 0;

	for (int round = 1; round <= 50; round++) {
		arrived[me] = round;
		last += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
		for (int i = 0; i < 5; i++)
			if (arrived[i] < round)
				return (void *)-1000;
		pthread_barrier_wait(&barrier);
	}
	return (void *)last;
}

static void test_barrier(void)
{
	pthread_t threads[5];
	intptr_t serial = 0;

	is(pthread_barrier_init(&barrier, NULL, 5), 0, "pthread_barrier_init");
	for (intptr_t i = 0; i < 5; i++)
		if (pthread_create(&threads[i], NULL, meet, (void *)i) != 0) {
			ok(0, "thread %d for the barrier", (int)i);
			return;
		}
	for (int i = 0; i < 5; i++) {
		void *last;

		pthread_join(threads[i], &last);
		serial += (intptr_t)last;
	}
	is(serial, 50, "nobody passes early in 50 rounds, one serial thread in each");
	pthread_barrier_destroy(&barrier);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static volatile int writing, readers_inside, torn;

static void *read_or_write(void *arg)
{
	int write = arg != NULL;

	for (int i = 0; i < 300; i++) {
		if (write) {
			pthread_rwlock_wrlock(&rwlock);
			torn += writing || readers_inside;
			writing = 1;
			sched_yield();
			writing = 0;
		} else {
			pthread_rwlock_rdlock(&rwlock);
			__atomic_add_fetch(&readers_inside, 1, __ATOMIC_SEQ_CST);
			torn += writing;
			sched_yield();
			__atomic_sub_fetch(&readers_inside, 1, __ATOMIC_SEQ_CST);
		}
		pthread_rwlock_unlock(&rwlock);
	}
	return NULL;
}

static pthread_barrier_t readers_meet;

/* Two readers wait for one another inside: whoever excludes one of them hangs. */
static void *read_together(void *arg)
{
	pthread_rwlock_rdlock(&rwlock);
	pthread_barrier_wait(&readers_meet);
	pthread_rwlock_unlock(&rwlock);
	return arg;
}

static void test_rwlock(void)
{
	pthread_t threads[6];

	for (intptr_t i = 0; i < 6; i++)
		if (pthread_create(&threads[i], NULL, read_or_write, i < 2 ? (void *)1 : NULL) != 0) {
			ok(0, "thread %d for the lock", (int)i);
			return;
		}
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	is(torn, 0, "a writer is alone");

	pthread_barrier_init(&readers_meet, NULL, 2);
	if (pthread_create(&threads[0], NULL, read_together, NULL) != 0) {
		ok(0, "a second reader");
		return;
	}
	read_together(NULL);
	pthread_join(threads[0], NULL);
	pthread_barrier_destroy(&readers_meet);
	ok(1, "readers are not");
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static volatile int once_count;

static void run_once(void)
{
	for (int i = 0; i < 5; i++)
		sched_yield();
	once_count++;
}

static void *call_once(void *arg)
{
	(void)arg;
	pthread_once(&once, run_once);
	return (void *)(intptr_t)once_count;
}

static sem_t ping, pong;

static void *answer(void *arg)
{
	for (intptr_t i = 0; i < (intptr_t)arg; i++) {
		sem_wait(&ping);
		sem_post(&pong);
	}
	return NULL;
}

static void test_once_and_semaphores(void)
{
	pthread_t threads[4];
	int seen = 0, value = -1;

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, call_once, NULL);
	for (int i = 0; i < 4; i++) {
		void *count;

		pthread_join(threads[i], &count);
		seen += (int)(intptr_t)count;
	}
	is(once_count, 1, "pthread_once runs once");
	is(seen, 4, "and nobody returns before it has");

	sem_init(&ping, 0, 0);
	sem_init(&pong, 0, 0);
	pthread_create(&threads[0], NULL, answer, (void *)1000);
	for (int i = 0; i < 1000; i++) {
		sem_post(&ping);
		sem_wait(&pong);
	}
	pthread_join(threads[0], NULL);
	sem_getvalue(&pong, &value);
	is(value, 0, "1000 rounds of two semaphores");
	ok(sem_trywait(&ping) == -1 && errno == EAGAIN, "sem_trywait of an empty one is EAGAIN");
}

void test_sync(void)
{
	test_mutex_kind(PTHREAD_MUTEX_NORMAL, "normal", -1, 0);
	test_mutex_kind(PTHREAD_MUTEX_RECURSIVE, "recursive", 0, EPERM);
	test_mutex_kind(PTHREAD_MUTEX_ERRORCHECK, "error-checking", EDEADLK, EPERM);
	test_condition();
	test_barrier();
	test_rwlock();
	test_once_and_semaphores();
}
