/* SPDX-License-Identifier: BSD-2-Clause */
/* All that threads wait for, at once; and the locks: mutexes of all kinds and read-write locks, which
 * protect counters that are not atomic. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "stress.h"

#define WORKERS_MAX 64
#define MUTEXES 5
#define LOCKERS 6

static struct {
	pthread_mutex_t mutex;
	long count;
	unsigned owner; /* index + 1 */
} locked[MUTEXES];
static _Atomic long locked_total;

static struct {
	pthread_rwlock_t lock;
	long a, b; /* equal */
} shared = { .lock = PTHREAD_RWLOCK_INITIALIZER };

static void make_mutexes(void)
{
	static const int kinds[] = { PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE,
		                         PTHREAD_MUTEX_ERRORCHECK };

	for (int i = 0; i < MUTEXES; i++) {
		pthread_mutexattr_t attr;

		pthread_mutexattr_init(&attr);
		pthread_mutexattr_settype(&attr, kinds[i % 3]);
		if (i >= 3)
			pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
		pthread_mutex_init(&locked[i].mutex, &attr);
		pthread_mutexattr_destroy(&attr);
	}
}

static void waste_time(struct worker *worker)
{
	switch (below(worker, 16)) {
	case 0:
		usleep(below(worker, 300));
		break;
	case 1:
	case 2:
		sched_yield();
	}
}

static void lock(struct worker *worker)
{
	while (!over) {
		int i = (int)below(worker, MUTEXES);
		struct timespec past = { 0 };
		int error = EBUSY;

		if (below(worker, 4) == 0)
			error = pthread_mutex_trylock(&locked[i].mutex);
		else if (below(worker, 8) == 0)
			error = pthread_mutex_timedlock(&locked[i].mutex, &past);
		if (error != 0)
			error = pthread_mutex_lock(&locked[i].mutex);
		must(error == 0, "mutex %d: error %d", i, error);
		must(locked[i].owner == 0, "mutex %d is %u's and %u's", i, locked[i].owner - 1,
		     worker->index);
		locked[i].owner = worker->index + 1;
		locked[i].count++;
		locked_total++;
		waste_time(worker);
		must(locked[i].owner == worker->index + 1, "mutex %d was taken away", i);
		locked[i].owner = 0;
		must(pthread_mutex_unlock(&locked[i].mutex) == 0, "unlock of mutex %d", i);
		worker->turns++;
	}
}

static void read_or_write(struct worker *worker)
{
	while (!over) {
		if (below(worker, 4)) {
			must(pthread_rwlock_rdlock(&shared.lock) == 0, "rdlock");
			must(shared.a == shared.b, "a reader meets a writer");
			waste_time(worker);
			must(shared.a == shared.b, "a writer meets a reader");
		} else {
			must(pthread_rwlock_wrlock(&shared.lock) == 0, "wrlock");
			shared.a++;
			waste_time(worker);
			shared.b++;
			must(shared.a == shared.b, "two writers");
		}
		must(pthread_rwlock_unlock(&shared.lock) == 0, "rwlock: unlock");
		worker->turns++;
	}
}

unsigned add_locks(struct worker *workers)
{
	unsigned n = 0;

	make_mutexes();
	for (unsigned i = 0; i < LOCKERS; i++)
		workers[n++] = (struct worker){ .name = "mutex", .run = lock, .index = i };
	for (unsigned i = 0; i < 4; i++)
		workers[n++] =
			(struct worker){ .name = "read-write lock", .run = read_or_write, .index = i };
	return n;
}

/* What the workers of each name did. */
static void tell(const struct worker *workers, unsigned n)
{
	for (unsigned i = 0; i < n;) {
		const char *name = workers[i].name;
		unsigned long long turns = 0;

		for (; i < n && workers[i].name == name; i++)
			turns += workers[i].turns;
		printf("# %s: %llu\n", name, turns);
	}
}

void run_threads(const struct options *options)
{
	static struct worker workers[WORKERS_MAX];
	unsigned n = 0;
	uint64_t turns;
	long counted = 0;

	n += add_locks(workers + n);
	n += add_handovers(workers + n);
	n += add_meetings(workers + n);
	n += add_sleepers(workers + n);
	n += add_signals(workers + n);
	n += add_comers(workers + n);
	turns = run_workers(workers, n, options);
	tell(workers, n);
	for (int i = 0; i < MUTEXES; i++)
		counted += locked[i].count;
	is(counted, locked_total, "threads: what mutexes protect was counted right");
	ok(turns > 0, "threads: %llu turns of %u workers in %u s, seed %llu", (unsigned long long)turns,
	   n, options->seconds, (unsigned long long)options->seed);
}
