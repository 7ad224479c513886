/* SPDX-License-Identifier: BSD-2-Clause */
/* memory ahead: what idle CPUs zero ahead of need (CONFIG_ZERO_AHEAD) makes first touch cheap, holds
 * zeros whatever happened to it, and is there for those who need all memory. The memory is to have
 * 192 MiB at least; costs are those of an emulator that counts instructions ("cost"). "nap SECONDS"
 * only sleeps, once everything is zeroed. */
#define _GNU_SOURCE
#include "ahead.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../apps/common/tsc.h"
#include "../tap.h"

#ifndef MADV_POPULATE_WRITE /* musl 1.2.3 does not know it yet */
#define MADV_POPULATE_WRITE 23
#endif

#define PAGE 4096UL
#define MIB (1UL << 20)
#define SIZE (8 * MIB)
#define ROUNDS 4
#define THREADS_MAX 8

static const int advices[] = { MADV_NORMAL, MADV_NOHUGEPAGE };

static char *map(size_t size, int advice)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
	               -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	madvise(p, size, advice);
	return p;
}

/* Instructions for the first write to each page. */
static uint64_t first_touch(char *p)
{
	uint64_t start = tsc_start();

	for (size_t i = 0; i < SIZE; i += PAGE)
		*(volatile char *)(p + i) = 0;
	return (tsc_end() - start) / (SIZE / PAGE);
}

static int all_zero(const char *p, size_t size)
{
	return p[0] == 0 && memcmp(p, p + 1, size - 1) == 0;
}

/* Leaves junk in much of the free memory, in blocks of all kinds. */
static void dirty(unsigned seed)
{
	for (unsigned i = 0; i < 2; i++) {
		char *p = map(2 * SIZE, advices[i]);

		memset(p, 0x5a, 2 * SIZE);
		for (size_t at = seed % 7 * PAGE; at < 2 * SIZE; at += 7 * PAGE)
			munmap(p + at, PAGE);
		munmap(p, 2 * SIZE);
	}
}

static void test_cost(void)
{
	for (unsigned i = 0; i < 2; i++) {
		const char *pages = i ? "pages of 4 KiB" : "large pages";
		uint64_t at_once, after;
		char *p, *hog = map(5 * SIZE, MADV_NORMAL);

		dirty(i);
		memset(hog, 1, 5 * SIZE); /* what is zero already goes first */
		p = map(SIZE, advices[i]);
		at_once = first_touch(p);
		munmap(p, SIZE);
		munmap(hog, 5 * SIZE);
		dirty(i);
		usleep(300000);
		p = map(SIZE, advices[i]);
		after = first_touch(p);
		ok(after * 2 < at_once, "%s: %llu instructions after idling, %llu before", pages,
		   (unsigned long long)after, (unsigned long long)at_once);
		ok(all_zero(p, SIZE), "and zeros");
		munmap(p, SIZE);
	}
}

static void *use(void *seed)
{
	unsigned random = (unsigned)(uintptr_t)seed;
	uintptr_t good = 1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		char *p = map(SIZE, advices[(random >> 8) % 2]);

		random = random * 1664525 + 1013904223;
		good &= (uintptr_t)all_zero(p, SIZE);
		memset(p, 0x5a, SIZE);
		munmap(p + (random >> 16) % 1024 * PAGE, PAGE);
		usleep((random >> 12) % 20000);
		munmap(p, SIZE);
		usleep((random >> 9) % 40000);
	}
	return (void *)good;
}

static void test_content(unsigned threads)
{
	pthread_t thread[THREADS_MAX];
	uintptr_t good = 1;
	void *result;

	threads = threads < THREADS_MAX ? threads : THREADS_MAX;
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, use, (void *)(uintptr_t)(i + 1)) != 0)
			exit(1);
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(thread[i], &result);
		good &= (uintptr_t)result;
	}
	ok(good, "zeros on every first touch, %u threads, %u times each", threads, ROUNDS);
}

/* How many MiB can be had, one after the other, each page by itself. */
static unsigned fill(void)
{
	static char *blocks[4096];
	unsigned n = 0, good = 1;

	while (n < 4096) {
		blocks[n] = map(MIB, MADV_NOHUGEPAGE);
		if (madvise(blocks[n], MIB, MADV_POPULATE_WRITE) != 0) {
			munmap(blocks[n], MIB);
			break;
		}
		good &= (unsigned)all_zero(blocks[n], MIB);
		memset(blocks[n++], 0x5a, MIB);
	}
	for (unsigned i = 0; i < n; i++)
		munmap(blocks[i], MIB);
	return good ? n : 0;
}

static void test_pressure(void)
{
	unsigned first = fill(), second;

	usleep(300000);
	second = fill();
	ok(first > 100 && second + 1 >= first, "%u MiB to be had, after idling %u", first, second);
	usleep(1000); /* something has been begun */
	second = fill();
	ok(second + 1 >= first, "and %u", second);
}

int ahead(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[0], "nap") == 0) {
		sleep((unsigned)strtoul(argv[1], NULL, 10));
		return 0;
	}
	if (argc > 0 && strcmp(argv[0], "cost") == 0)
		test_cost();
	test_content(2 * (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
	test_pressure();
	return tap_done();
}
