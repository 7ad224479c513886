/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the stress test share: workers that run until the time is over, each with its own
 * random numbers, watched for one that stands still. Whatever is wrong ends the program at once. */
#ifndef TESTS_GUEST_STRESS_H
#define TESTS_GUEST_STRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct options {
	unsigned seconds; /* of each part */
	uint64_t seed;
	unsigned threads; /* for memory: arenas */
	unsigned mib;     /* all arenas together */
};

struct worker {
	const char *name;
	void (*run)(struct worker *worker);
	void *shared;   /* what the workers of one group have in common */
	unsigned index; /* in the group */
	uint64_t random;
	_Atomic uint64_t turns; /* what it has done: a number that stands still is a lost wake-up */
	_Atomic bool ended;
	pthread_t thread;
	uint64_t seen; /* by the watcher */
	unsigned quiet;
};

void run_memory(const struct options *options);
void run_threads(const struct options *options);

/* The groups of run_threads(); each returns how many workers it has added. */
unsigned add_locks(struct worker *workers);
unsigned add_handovers(struct worker *workers);
unsigned add_meetings(struct worker *workers);
unsigned add_sleepers(struct worker *workers);
unsigned add_signals(struct worker *workers);
unsigned add_comers(struct worker *workers);

/* Starts the workers, watches them for so many seconds, and waits for their end. Returns the sum of
 * their turns. */
uint64_t run_workers(struct worker *workers, unsigned count, const struct options *options);

extern atomic_bool over;

uint64_t random_next(uint64_t *state);

static inline unsigned below(struct worker *worker, unsigned limit)
{
	return (unsigned)(random_next(&worker->random) >> 33) % limit;
}

/* Says what is wrong and ends the program. */
__attribute__((noreturn, format(printf, 1, 2))) void wrong(const char *format, ...);

#define must(condition, ...)                                                                       \
	do {                                                                                           \
		if (!(condition))                                                                          \
			wrong(__VA_ARGS__);                                                                    \
	} while (0)

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t now_ns(void);

#endif
