/* SPDX-License-Identifier: BSD-2-Clause */
/* many [COUNT]: so many threads at once, each with a small stack. All of them wait for one futex, are
 * woken and joined; and again, to see that nothing of the first is left. Tells what a thread takes. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"

#define DEFAULT_COUNT 1000
#define STACK (16 << 10)

/* linux/futex.h is not there for programs. */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

TAP_STATE;

static _Atomic uint32_t started, gate, passed;
static pthread_t *threads;
static size_t count = DEFAULT_COUNT;

static uint64_t free_memory(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 ? (uint64_t)info.freeram * info.mem_unit : 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The threads add up their numbers, each from its own stack. */
static void *wait_at_gate(void *arg)
{
	volatile uintptr_t number = (uintptr_t)arg;

	started++;
	while (!gate)
		syscall(SYS_futex, &gate, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	passed++;
	return (void *)(number + 1);
}

static size_t create_all(void)
{
	pthread_attr_t attr;
	size_t created = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	while (created < count &&
	       pthread_create(&threads[created], &attr, wait_at_gate, (void *)created) == 0)
		created++;
	pthread_attr_destroy(&attr);
	return created;
}

static void wait_for(_Atomic uint32_t *counter, size_t value)
{
	for (int i = 0; i < 60000 && *counter < value; i++)
		usleep(1000);
}

static size_t join_all(size_t created)
{
	size_t good = 0;

	for (size_t i = 0; i < created; i++) {
		void *result = NULL;

		good += pthread_join(threads[i], &result) == 0 && result == (void *)(i + 1);
	}
	return good;
}

static void run_round(int round)
{
	uint64_t before = free_memory();
	double start = now(), create, wake;
	size_t created = create_all();
	long woken;

	create = now() - start;
	is(created, count, "round %d: threads created", round);
	wait_for(&started, created);
	is(started, created, "round %d: all of them run", round);
	printf("# round %d: %.1f KiB of memory each\n", round,
	       (double)(int64_t)(before - free_memory()) / 1024 / (double)created);
	usleep(10000);
	start = now();
	gate = 1;
	woken = syscall(SYS_futex, &gate, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
	wake = now() - start;
	ok(woken <= (long)created, "round %d: woken: %ld", round, woken);
	is(join_all(created), created, "round %d: each came back with its own answer", round);
	is(passed, created, "round %d: all passed the gate", round);
	printf("# round %d: us each: create %.2f, wake %.2f, run and join %.2f\n", round,
	       create * 1e6 / (double)created, wake * 1e6 / (double)created,
	       (now() - start - wake) * 1e6 / (double)created);
	started = gate = passed = 0;
}

int main(int argc, char **argv)
{
	uint64_t before, after;

	if (argc > 1)
		count = strtoul(argv[1], NULL, 10);
	threads = malloc(count * sizeof(*threads));
	if (!ok(threads && count, "memory for %zu handles", count))
		return tap_done();
	run_round(1);
	before = free_memory();
	run_round(2);
	after = free_memory();
	/* What is kept for the next thread does not grow with their number. */
	ok(after + (1 << 20) > before, "the second round leaves no memory behind (%ld KiB)",
	   ((long)before - (long)after) / 1024);
	free(threads);
	return tap_done();
}
