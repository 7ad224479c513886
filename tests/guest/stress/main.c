/* SPDX-License-Identifier: BSD-2-Clause */
/* stress [memory|threads] [--seconds N] [--seed N] [--threads N] [--mib N]: changes of the address space
 * at random with every page's content checked, and all that threads wait for with every wake-up
 * checked; both, 5 seconds each, unless said otherwise. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "stress.h"

#define QUIET_SECONDS 60 /* that a worker may take for one turn: the host may be busy */

TAP_STATE;

atomic_bool over;
static atomic_bool begun;

void wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("not ok - ");
	vprintf(format, args);
	printf("\n");
	fflush(stdout);
	va_end(args);
	abort();
}

int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* xorshift64*, after Vigna. */
uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;

	while (!begun) /* all are there: nobody makes stacks any more */
		usleep(1000);
	worker->run(worker);
	worker->ended = true;
	return NULL;
}

/* Has every worker done something lately? */
static void look_at(struct worker *workers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct worker *worker = &workers[i];
		uint64_t turns = worker->turns;

		worker->quiet = turns == worker->seen && !worker->ended ? worker->quiet + 1 : 0;
		worker->seen = turns;
		must(worker->quiet < QUIET_SECONDS, "%s %u stands still after %llu turns%s", worker->name,
		     worker->index, (unsigned long long)turns, over ? ", at the end" : "");
	}
}

/* Whatever else it does, a worker wanders between CPUs now and then. */
static void wander(const struct worker *worker, uint64_t *random)
{
	int cpus = get_nprocs();
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int cpu = 0; cpu < cpus; cpu++)
		if (random_next(random) >> 63)
			CPU_SET(cpu, &set);
	if (CPU_COUNT(&set) == 0)
		for (int cpu = 0; cpu < cpus; cpu++)
			CPU_SET(cpu, &set);
	if (!worker->ended)
		pthread_setaffinity_np(worker->thread, sizeof(set), &set);
}

uint64_t run_workers(struct worker *workers, unsigned count, const struct options *options)
{
	int64_t end = now_ns() + options->seconds * 1000000000LL;
	uint64_t random = options->seed * 2 + 1, turns = 0;

	over = begun = false;
	for (unsigned i = 0; i < count; i++) {
		workers[i].random = random_next(&random) | 1;
		must(pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) == 0,
		     "thread %u of %u", i, count);
	}
	begun = true;
	while (now_ns() < end) {
		for (int i = 0; i < 20 && now_ns() < end; i++) {
			usleep(50000);
			wander(&workers[random_next(&random) % count], &random);
		}
		look_at(workers, count);
	}
	over = true;
	for (unsigned i = 0; i < count; i++) {
		while (!workers[i].ended) {
			for (int ms = 0; ms < 1000 && !workers[i].ended; ms++)
				usleep(1000);
			look_at(workers, count);
		}
		must(pthread_join(workers[i].thread, NULL) == 0, "join");
		turns += workers[i].turns;
	}
	return turns;
}

static unsigned number(char **argv, const char *option)
{
	char *end = NULL;
	unsigned long value = argv[0] && argv[1] ? strtoul(argv[1], &end, 0) : 0;

	if (!end || *end || value > UINT32_MAX) {
		fprintf(stderr, "stress: %s wants a number\n", option);
		exit(2);
	}
	return (unsigned)value;
}

int main(int argc, char **argv)
{
	struct options options = { 5, 1, 4, 0 };
	const char *part = "";

	(void)argc;
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	for (argv++; *argv; argv++) {
		if (strcmp(*argv, "memory") == 0 || strcmp(*argv, "threads") == 0) {
			part = *argv;
			continue;
		}
		if (strcmp(*argv, "--seconds") == 0)
			options.seconds = number(argv, *argv);
		else if (strcmp(*argv, "--seed") == 0)
			options.seed = number(argv, *argv);
		else if (strcmp(*argv, "--threads") == 0)
			options.threads = number(argv, *argv);
		else if (strcmp(*argv, "--mib") == 0)
			options.mib = number(argv, *argv);
		else
			continue; /* NAME=value */
		argv++;
	}
	if (strcmp(part, "threads") != 0)
		run_memory(&options);
	if (strcmp(part, "memory") != 0)
		run_threads(&options);
	return tap_done();
}
