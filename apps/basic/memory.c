/* SPDX-License-Identifier: BSD-2-Clause */
/* malloc of 1 MiB blocks that are kept, and the first write to each page of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "measure.h"

#ifdef __pagurus__
#include <pagurus.h>
#else
#include <sys/resource.h>
#include <sys/sysinfo.h>
#endif

#define PAGE 4096UL
#define MIB (1UL << 20)
#define RESERVE (4 * MIB) /* left for page tables and everybody else */

static uint64_t free_memory(void)
{
#ifdef __pagurus__
	struct pagurus_info info;

	pagurus_info(&info);
	return info.memory_free;
#else
	struct sysinfo info;

	return sysinfo(&info) == 0 ? (uint64_t)info.freeram * info.mem_unit : 0;
#endif
}

size_t memory_mib(size_t want)
{
	uint64_t available = free_memory();
	uint64_t fits = available > 2 * RESERVE ? (available - RESERVE) / 8 * 7 / MIB : 1;

	return want < fits ? want : (size_t)fits;
}

/* Pages that got their memory so far. *large: how many of them were large pages, where the system
 * tells; Linux does not. */
static uint64_t page_faults(uint64_t *large)
{
#ifdef __pagurus__
	struct pagurus_info info;

	pagurus_info(&info);
	*large = info.faults_large;
	return info.faults;
#else
	struct rusage usage = { 0 };

	getrusage(RUSAGE_SELF, &usage);
	*large = 0;
	return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
#endif
}

/* Total without the readings' own cost, per operation. */
static double per_operation(uint64_t cycles, size_t count)
{
	double net = (double)cycles / (double)count - (double)overhead.pair - overhead.loop;

	return net > 0 ? net : 0;
}

static size_t allocate_blocks(struct result *result, char **blocks, size_t want)
{
	size_t count = 0;
	uint64_t begin = tsc_start();

	for (; count < want; count++) {
		uint64_t start = tsc_start();

		blocks[count] = malloc(MIB);
		samples[count] = tsc_end() - start;
		if (!blocks[count])
			break;
	}
	uint64_t total = tsc_end() - begin;

	if (count < want)
		snprintf(result->note, sizeof(result->note), "memory ran out after %zu blocks", count);
	if (!count)
		return 0;
	result->batch = per_operation(total, count);
	measure_samples(result, count);
	return count;
}

/* The first page boundary inside a block. Pages that are only partly the block's hold malloc's own
 * data, which malloc has written: they are not counted. */
static char *first_page(char *block)
{
	return (char *)(((uintptr_t)block + PAGE - 1) & ~(PAGE - 1));
}

static void touch_blocks(struct result *result, char **blocks, size_t count)
{
	size_t pages = 0;
	uint64_t large_before, large, faults = page_faults(&large_before);
	uint64_t begin = tsc_start();

	for (size_t i = 0; i < count; i++) {
		char *end = blocks[i] + MIB;

		for (char *page = first_page(blocks[i]); page + PAGE <= end; page += PAGE) {
			uint64_t start = tsc_start();

			*(volatile char *)page = 1;
			samples[pages++] = tsc_end() - start;
		}
	}
	result->batch = per_operation(tsc_end() - begin, pages);
	faults = page_faults(&large) - faults;
	measure_samples(result, pages);
	snprintf(result->note, sizeof(result->note),
	         "%" PRIu64 " page faults for %zu writes, %" PRIu64 " of them for large pages", faults,
	         pages, large - large_before);
#ifndef __pagurus__
	result->note[strcspn(result->note, ",")] = '\0';
#endif
}

void measure_memory(struct result *allocate, struct result *touch, size_t mib)
{
	char **blocks = calloc(mib, sizeof(*blocks));
	size_t count;

	if (!blocks) {
		snprintf(allocate->note, sizeof(allocate->note), "no memory for the list of blocks");
		return;
	}
	count = allocate_blocks(allocate, blocks, mib);
	if (count)
		touch_blocks(touch, blocks, count);
	for (size_t i = 0; i < count; i++)
		free(blocks[i]);
	free(blocks);
}

/* Uses memory, gives it back, takes it again: does the old content show? */
static const char *dirty_memory_returns(void)
{
	const size_t size = 4 * MIB;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	const char *answer = "pages that were used before come back zeroed (tried)";

	for (int round = 0; round < 2; round++) {
		char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);

		if (p == MAP_FAILED)
			return "not tried: no memory";
		for (size_t i = 0; i < size; i++)
			if (p[i])
				answer = "pages that were used before come back with their OLD CONTENT (tried)";
		memset(p, 0xa5, size);
		munmap(p, size);
	}
	return answer;
}

#ifdef __pagurus__
static void describe_pages(char *text, size_t size)
{
	struct pagurus_info info;

	pagurus_info(&info);
	snprintf(text, size, "%s, %s on first touch", info.pages,
	         info.zeroed ? "zeroed" : "NOT zeroed");
}
#else
static void describe_pages(char *text, size_t size)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
	char line[64] = "not known (no sysfs)";

	if (file) {
		if (!fgets(line, sizeof(line), file))
			line[0] = '\0';
		line[strcspn(line, "\n")] = '\0';
		fclose(file);
	}
	snprintf(text, size, "4 KiB pages or transparent huge pages: %s; zeroed on first touch", line);
}
#endif

void print_page_policy(const char *prefix)
{
	char text[160];

	describe_pages(text, sizeof(text));
	printf("%spages: %s; %s\n", prefix, text, dirty_memory_returns());
}
