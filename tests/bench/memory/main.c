/* SPDX-License-Identifier: BSD-2-Clause */
/* bench-memory: what first touches and giving memory back cost by page, and how the calls on areas
 * grow with their number, in TSC cycles (instructions, where the TSC counts those). Lines of
 * name,value; tests/system/test_cost.py has limits for them, scripts/bench_growth.py draws them. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../apps/common/tsc.h"

#define PAGE 4096UL
#define MIB (1UL << 20)
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define ROUNDS 64 /* calls measured at each number of areas */

static size_t bytes = 64 * MIB;

static void report(const char *name, uint64_t ticks, size_t operations)
{
	printf("%s,%.1f\n", name, (double)ticks / (double)operations);
}

static char *map(size_t size, int prot)
{
	char *p = mmap(NULL, size, prot, ANON, -1, 0);

	if (p == MAP_FAILED) {
		printf("bench-memory: mmap of %zu KiB failed\n", size >> 10);
		exit(1);
	}
	return p;
}

/* One write to each page of [p, p + size), every stride-th first. */
static uint64_t write_pages(char *p, size_t size, size_t stride)
{
	uint64_t start = tsc_start();

	for (size_t first = 0; first < stride; first++)
		for (size_t i = first * PAGE; i < size; i += stride * PAGE)
			*(volatile char *)(p + i) = 1;
	return tsc_end() - start;
}

/* The first write without what the second one costs, which is *again: the loop, and the page walk
 * where the TLB is too small. */
static uint64_t touch(char *p, size_t size, size_t stride, uint64_t *again)
{
	uint64_t first = write_pages(p, size, stride);

	*again = write_pages(p, size, stride);
	return first > *again ? first - *again : 0;
}

/* An area with this advice, written to and unmapped. */
static void area(const char *name, int advice, size_t stride)
{
	char *p = map(bytes, RW), line[64];
	uint64_t ticks, again;

	madvise(p, bytes, advice);
	snprintf(line, sizeof(line), "touch_%s", name);
	report(line, touch(p, bytes, stride, &again), bytes / PAGE);
	snprintf(line, sizeof(line), "again_%s", name);
	report(line, again, bytes / PAGE);
	ticks = tsc_start();
	munmap(p, bytes);
	ticks = tsc_end() - ticks;
	snprintf(line, sizeof(line), "unmap_%s", name);
	report(line, ticks, bytes / PAGE);
}

/* munmap where every second page was written to, for each of these. */
static void every_second(void)
{
	char *p = map(bytes, RW);
	uint64_t ticks;

	madvise(p, bytes, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < bytes; i += 2 * PAGE)
		p[i] = 1;
	ticks = tsc_start();
	munmap(p, bytes);
	report("unmap_every_second", tsc_end() - ticks, bytes / PAGE / 2);
}

/* The same through malloc, in blocks of 1 MiB. */
static void blocks(void)
{
	size_t n = bytes / MIB;
	char **block = calloc(n, sizeof(*block));
	uint64_t ticks, again, touching = 0;

	ticks = tsc_start();
	for (size_t i = 0; i < n; i++)
		block[i] = malloc(MIB);
	report("malloc", tsc_end() - ticks, n);
	for (size_t i = 0; i < n; i++)
		touching += touch(block[i], MIB, 1, &again);
	report("touch_malloc", touching, bytes / PAGE);
	ticks = tsc_start();
	for (size_t i = 0; i < n; i++)
		free(block[i]);
	report("free_malloc", tsc_end() - ticks, bytes / PAGE);
	free(block);
}

/* What a call costs on average with more and more areas, up to most: areas,mmap,munmap,touch. */
static void growth(size_t most)
{
	const int prot[] = { PROT_READ, RW }; /* in turn, or they would be one area */

	for (size_t areas = 0, step = 1; areas < most; step *= 2) {
		uint64_t mapping = 0, unmapping = 0, touching = 0, start;

		for (; areas < step; areas++)
			map(PAGE, prot[areas % 2]);
		for (unsigned i = 0; i < ROUNDS; i++) {
			char *p;

			start = tsc_start();
			p = map(3 * PAGE, PROT_READ | PROT_WRITE);
			mapping += tsc_end() - start;
			start = tsc_start();
			*(volatile char *)p = 1;
			touching += tsc_end() - start;
			start = tsc_start();
			munmap(p, 3 * PAGE);
			unmapping += tsc_end() - start;
		}
		printf("areas,%zu,%.1f,%.1f,%.1f\n", areas, (double)mapping / ROUNDS,
		       (double)unmapping / ROUNDS, (double)touching / ROUNDS);
	}
}

#define CPUS_MAX 64

static pthread_barrier_t barrier;

static void *toucher(void *area)
{
	pthread_barrier_wait(&barrier);
	write_pages(area, bytes, 1);
	pthread_barrier_wait(&barrier);
	return NULL;
}

/* First touch on that many CPUs at once: ticks for each page of all of them, where the TSC counts
 * instructions those of all CPUs together. */
static void together(unsigned cpus)
{
	pthread_t threads[CPUS_MAX];
	char *areas[CPUS_MAX];
	uint64_t start, second;

	for (unsigned i = 0; i < cpus; i++) {
		areas[i] = map(bytes, RW);
		madvise(areas[i], bytes, MADV_NOHUGEPAGE);
	}
	for (int round = 0; round < 2; round++) {
		pthread_barrier_init(&barrier, NULL, cpus + 1);
		for (unsigned i = 0; i < cpus; i++)
			pthread_create(&threads[i], NULL, toucher, areas[i]);
		start = tsc_start();
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		second = tsc_end() - start;
		printf("%s_%u_cpus,%.1f\n", round ? "again" : "touch", cpus,
		       (double)second / (double)(bytes / PAGE * cpus));
		for (unsigned i = 0; i < cpus; i++)
			pthread_join(threads[i], NULL);
	}
	for (unsigned i = 0; i < cpus; i++)
		munmap(areas[i], bytes);
}

/* First touch after the CPU had nothing to do for a while, each time; areas are dirtied and given back
 * between. */
static void after_idling(void)
{
	static const struct {
		const char *name;
		int advice;
		size_t stride;
	} cases[] = { { "large", MADV_NORMAL, 1 },
		          { "small", MADV_NOHUGEPAGE, 1 },
		          { "small_scattered", MADV_NOHUGEPAGE, 61 } };

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[32], *p = map(2 * bytes, RW);

		memset(p, 0x5a, 2 * bytes);
		munmap(p, 2 * bytes);
		usleep(200000);
		snprintf(name, sizeof(name), "%s_idle", cases[i].name);
		area(name, cases[i].advice, cases[i].stride);
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (argc > 2 && strcmp(argv[1], "areas") == 0) {
		growth(strtoul(argv[2], NULL, 10));
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "cpus") == 0) {
		bytes = 16 * MIB;
		for (unsigned cpus = 1; cpus <= (unsigned)sysconf(_SC_NPROCESSORS_ONLN); cpus *= 2)
			together(cpus);
		return 0;
	}
	if (argc > 2 && strcmp(argv[1], "idle") == 0) {
		bytes = strtoul(argv[2], NULL, 10) * MIB;
		after_idling();
		return 0;
	}
	if (argc > 1)
		bytes = strtoul(argv[1], NULL, 10) * MIB;
	area("large", MADV_NORMAL, 1);
	area("small", MADV_NOHUGEPAGE, 1);
	area("small_scattered", MADV_NOHUGEPAGE, 61);
	every_second();
	blocks();
	return 0;
}
