/* SPDX-License-Identifier: BSD-2-Clause */
/* What ends the program, or might: blocks that are misused, and memory that is short. */
#define _GNU_SOURCE
#include "modes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../tap.h"

#ifdef __pagurus__
#include <pagurus.h>

#ifndef MADV_POPULATE_WRITE /* musl 1.2.3 does not know it yet */
#define MADV_POPULATE_WRITE 23
#endif
#endif

#define MIB (1UL << 20)

#ifdef __pagurus__
/* One page in each 64 KiB of an area that asks for large pages: they must not cost what the other
 * pages need. */
void sparse(void)
{
	const size_t step = 65536;
	struct pagurus_info info;
	size_t pages, bad_pages = 0;
	char *p;

	pagurus_info(&info);
	pages = info.memory_free / 4096 * 3 / 4;
	p = mmap(NULL, pages * step, PROT_READ | PROT_WRITE,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ok(p != MAP_FAILED && madvise(p, pages * step, MADV_HUGEPAGE) == 0,
	   "an area of %zu KiB with %zu KiB free", pages * step >> 10, (size_t)info.memory_free >> 10);
	for (size_t i = 0; i < pages; i++)
		*(size_t *)(p + i * step) = ~i;
	for (size_t i = 0; i < pages; i++)
		bad_pages += *(size_t *)(p + i * step) != ~i;
	is(bad_pages, 0, "%zu pages here and there keep what was written", pages);
}

/* Memory is used up by others: what malloc still has of addresses is of no use. */
void no_memory(void)
{
	struct pagurus_info info;
	char *p = malloc(3000);

	pagurus_info(&info);
	p = mmap(NULL, 2 * info.memory, PROT_READ | PROT_WRITE,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ok(p != MAP_FAILED && madvise(p, 2 * info.memory, MADV_POPULATE_WRITE) == -1,
	   "no memory is left");
	memset(p, 1, info.memory / 4); /* or they would be reclaimed */
	for (char *q = p; (p = malloc(3000)) != NULL; q += 4096)
		*p = *q = 1;
	printf("malloc fails\n");
}
#endif

void free_twice(void)
{
	char *volatile p = malloc(100), *volatile q = malloc(100);

	free(p);
	free(q);
	free(p);
}

void write_after_free(void)
{
	char *volatile p = malloc(100);

	free(p);
	for (volatile char *q = p; q < p + 100; q++)
		*q = 'A';
	p = malloc(100);
}

void free_inside(void)
{
	char *volatile p = malloc(MIB);

	p += 4096;
	free(p);
}
