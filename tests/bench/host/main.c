/* SPDX-License-Identifier: BSD-2-Clause */
/* bench-host: the parts of the kernel that need no kernel around them, compiled from its own sources
 * into a Linux program and timed on this machine, beside what Linux and the C library have for the
 * same purpose, in one run. */
#include "tests/bench/host/bench.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/tsc.h"
#include "tests/unit/k_malloc.h"
#undef malloc
#undef free
#undef abort

#define SAMPLES_MAX 4001

void *k_malloc(size_t size);
void k_free(void *p);

static double samples[SAMPLES_MAX];

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void bench_fail(const char *what)
{
	perror(what);
	exit(1);
}

struct cost bench_time(void (*batch)(unsigned n), unsigned n, unsigned count)
{
	count = MIN(count, (unsigned)SAMPLES_MAX);
	batch(n);
	for (unsigned i = 0; i < count; i++) {
		uint64_t start = tsc_start();

		batch(n);
		samples[i] = (double)(tsc_end() - start) / n;
	}
	qsort(samples, count, sizeof(*samples), compare);
	return (struct cost){ samples[0], samples[count / 2] };
}

void bench_row(const char *what, struct cost ours, const char *beside, const struct cost *theirs)
{
	printf("| %s | %.1f | %.1f | ", what, ours.least, ours.median);
	if (theirs)
		printf("%s | %.1f | %.1f | %.1f |\n", beside, theirs->least, theirs->median,
		       theirs->median / ours.median);
	else
		printf("| | | |\n");
	fflush(stdout);
}

/* The store of a pointer keeps the compiler from dropping the pair. */
static void *volatile kept;

#define PAIRS(name, take, give, size)                                                              \
	static void name(unsigned n)                                                                   \
	{                                                                                              \
		while (n--) {                                                                              \
			kept = take(size);                                                                     \
			give(kept);                                                                            \
		}                                                                                          \
	}
PAIRS(ours_64, k_malloc, k_free, 64)
PAIRS(ours_4k, k_malloc, k_free, KIB(4))
PAIRS(ours_1m, k_malloc, k_free, MIB(1))
PAIRS(theirs_64, malloc, free, 64)
PAIRS(theirs_4k, malloc, free, KIB(4))
PAIRS(theirs_1m, malloc, free, MIB(1))

#define KEPT 128
static void *blocks[KEPT];

/* The same, with each of 128 blocks written to before the first is freed. */
#define KEEPING(name, take, give, size)                                                            \
	static void name(unsigned n)                                                                   \
	{                                                                                              \
		for (unsigned i = 0; i < n; i++) {                                                         \
			blocks[i % KEPT] = take(size);                                                         \
			*(volatile char *)blocks[i % KEPT] = 1;                                                \
			if (i % KEPT == KEPT - 1)                                                              \
				for (unsigned k = 0; k < KEPT; k++)                                                \
					give(blocks[k]);                                                               \
		}                                                                                          \
	}
KEEPING(ours_kept_64, k_malloc, k_free, 64)
KEEPING(ours_kept_1m, k_malloc, k_free, MIB(1))
KEEPING(theirs_kept_64, malloc, free, 64)
KEEPING(theirs_kept_1m, malloc, free, MIB(1))

static void bench_malloc(void)
{
	static const struct {
		const char *what;
		void (*ours)(unsigned n), (*theirs)(unsigned n);
		unsigned n, batches;
	} rows[] = {
		{ "malloc and free of 64 B", ours_64, theirs_64, 1000, 2001 },
		{ "malloc and free of 4 KiB", ours_4k, theirs_4k, 1000, 2001 },
		{ "malloc and free of 1 MiB", ours_1m, theirs_1m, 1000, 1001 },
		{ "the same of 64 B, 128 at a time, written to", ours_kept_64, theirs_kept_64, 1280, 1001 },
		{ "the same of 1 MiB, 128 at a time, written to", ours_kept_1m, theirs_kept_1m, KEPT, 201 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cost ours = bench_time(rows[i].ours, rows[i].n, rows[i].batches);
		struct cost theirs = bench_time(rows[i].theirs, rows[i].n, rows[i].batches);

		bench_row(rows[i].what, ours, "glibc's", &theirs);
	}
}

static void tell_machine(void)
{
	char line[256];
	FILE *file = fopen("/proc/cpuinfo", "r");

	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "model name", 10)) {
			printf("on %s", strchr(line, ':') + 2);
			break;
		}
	}
	if (file)
		fclose(file);
}

int main(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		bench_fail("sched_setaffinity");
	printf("TSC cycles per operation, least and median of many batches, ");
	tell_machine();
	printf("| Pagurus | least | median | beside it | least | median | times |\n"
	       "|---|---:|---:|---|---:|---:|---:|\n");
	bench_doors();
	bench_switches();
	bench_malloc();
	bench_areas();
	return 0;
}
