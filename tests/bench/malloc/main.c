/* SPDX-License-Identifier: BSD-2-Clause */
/* bench-malloc: what malloc and its kin cost in TSC cycles (instructions, where the TSC counts
 * those), by pattern of use. The same source is a native program of Pagurus and a Linux program, so
 * that allocators can be compared: docs/malloc.md. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../apps/common/tsc.h"

#ifdef __pagurus__
#include <pagurus.h>
#endif

#define MIB (1UL << 20)
#define SLOTS 4096
#define OPERATIONS 100000
#define BLOCKS 128

static uint64_t seed;
static char *slots[SLOTS];
static size_t sizes[SLOTS];

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t free_memory(void)
{
#ifdef __pagurus__
	struct pagurus_info info;

	pagurus_info(&info);
	return info.memory_free;
#else
	return 0;
#endif
}

static void report(const char *what, uint64_t ticks, uint64_t operations)
{
	printf("%-44s %10.1f\n", what, (double)ticks / (double)operations);
}

static void check(void *p)
{
	if (!p) {
		printf("bench-malloc: out of memory\n");
		exit(1);
	}
}

/* Blocks of this size, kept, then written to, then freed in the same order. */
static void kept(const char *name, size_t size, unsigned n)
{
	uint64_t start, middle, end;
	char line[64];

	start = tsc_start();
	for (unsigned i = 0; i < n; i++)
		slots[i] = malloc(size);
	middle = tsc_end();
	for (unsigned i = 0; i < n; i++) {
		check(slots[i]);
		slots[i][0] = 1;
	}
	end = tsc_start();
	for (unsigned i = 0; i < n; i++)
		free(slots[i]);
	end = tsc_end() - end;
	snprintf(line, sizeof(line), "malloc of %s, kept", name);
	report(line, middle - start, n);
	snprintf(line, sizeof(line), "free of %s", name);
	report(line, end, n);
}

/* One block taken and given back again and again. */
static void pairs(const char *name, size_t size, unsigned n)
{
	uint64_t start = tsc_start();
	char line[64];

	for (unsigned i = 0; i < n; i++) {
		void *p = malloc(size);

		__asm__ volatile("" : : "r"(p) : "memory");
		free(p);
	}
	snprintf(line, sizeof(line), "malloc and free of %s", name);
	report(line, tsc_end() - start, n);
}

/* Sizes from 16 bytes to largest, each power of two as likely as the other; both ends written. */
static void mixed(const char *name, unsigned powers)
{
	uint64_t held = 0, most = 0, before = free_memory(), start, ticks;
	char line[64];

	seed = 88172645463325252;
	memset(slots, 0, sizeof(slots));
	start = tsc_start();
	for (unsigned i = 0; i < OPERATIONS; i++) {
		unsigned k = (unsigned)(next_random() % SLOTS);

		if (slots[k]) {
			free(slots[k]);
			slots[k] = NULL;
			held -= sizes[k];
			continue;
		}
		sizes[k] = 16UL << next_random() % powers;
		sizes[k] += next_random() % sizes[k];
		slots[k] = malloc(sizes[k]);
		check(slots[k]);
		slots[k][0] = slots[k][sizes[k] - 1] = 1;
		held += sizes[k];
		most = held > most ? held : most;
	}
	ticks = tsc_end() - start;
	snprintf(line, sizeof(line), "malloc or free, mixed up to %s", name);
	report(line, ticks, OPERATIONS);
	if (before)
		printf("    held at most %lu KiB, memory taken %lu KiB\n", most >> 10,
		       (before - free_memory()) >> 10);
	for (unsigned k = 0; k < SLOTS; k++)
		free(slots[k]);
}

static void growing(void)
{
	uint64_t start = tsc_start();
	unsigned n = 0;

	for (unsigned round = 0; round < 20; round++) {
		char *p = NULL;

		for (size_t size = 64; size <= MIB; size += size / 2, n++) {
			p = realloc(p, size);
			check(p);
			p[size - 1] = 1;
		}
		free(p);
	}
	report("realloc to one and a half, 64 B to 1 MiB", tsc_end() - start, n);
}

static void cleared(const char *name, size_t size, unsigned n)
{
	uint64_t start = tsc_start();
	char line[64];

	for (unsigned i = 0; i < n; i++)
		slots[i] = calloc(1, size);
	snprintf(line, sizeof(line), "calloc of %s, kept", name);
	report(line, tsc_end() - start, n);
	for (unsigned i = 0; i < n; i++) {
		check(slots[i]);
		free(slots[i]);
	}
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	kept("1 MiB", MIB, BLOCKS);
	pairs("1 MiB", MIB, 1000);
	kept("64 KiB", 65536, BLOCKS);
	kept("64 B", 64, SLOTS);
	kept("64 B again", 64, SLOTS);
	pairs("64 B", 64, 10000);
	pairs("4 KiB", 4096, 10000);
	kept("1000 B", 1000, SLOTS);
	mixed("512 B", 5);
	mixed("64 KiB", 12);
	cleared("64 B", 64, SLOTS);
	cleared("1 MiB", MIB, BLOCKS);
	growing();
	return 0;
}
