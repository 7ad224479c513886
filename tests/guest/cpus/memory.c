/* SPDX-License-Identifier: BSD-2-Clause */
/* One address space on several CPUs: what one of them unmaps, drops or protects, no other may see
 * any more; and what it does to its own memory, nobody may disturb. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "../tap.h"
#include "cpus.h"

#define PAGE 4096UL
#define SHARED_PAGES 1100 /* more than one page table */
#define OWN_PAGES 40

static volatile uint64_t *shared;
static pthread_barrier_t barrier;
static atomic_int finished;

static uint64_t *word(volatile uint64_t *base, unsigned page)
{
	return (uint64_t *)base + page * (PAGE / 8) + page % 500;
}

/* Every CPU reads all pages, so that its TLB knows them. */
static long all_are(uint64_t value)
{
	long bad = 0;

	for (unsigned i = 0; i < SHARED_PAGES; i++)
		bad += *(volatile uint64_t *)word(shared, i) != (value ? value + i : 0);
	return bad;
}

/* The first thread changes what the pages are; then all look. */
static void change(unsigned round, uint64_t value)
{
	void *base = (void *)shared;
	size_t size = SHARED_PAGES * PAGE;

	if (value) {
		for (unsigned i = 0; i < SHARED_PAGES; i++)
			*word(shared, i) = value + i;
		if (round % 2) {
			mprotect(base, size, PROT_NONE);
			mprotect(base, size, PROT_READ | PROT_WRITE);
		}
	} else if (round % 3 == 0) {
		madvise(base, size, MADV_DONTNEED);
	} else if (round % 3 == 1) {
		munmap(base, size);
		mmap(base, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	} else {
		/* Page by page, so that single entries are flushed. */
		for (unsigned i = 0; i < SHARED_PAGES; i++)
			madvise((char *)base + i * PAGE, PAGE, MADV_DONTNEED);
	}
}

static long look_together(long index)
{
	long bad = 0;

	for (unsigned round = 0;; round++) {
		uint64_t values[] = { 0, ((uint64_t)round + 1) << 32 };

		for (int i = 0; i < 2; i++) {
			pthread_barrier_wait(&barrier);
			if (index == 0)
				change(round, values[i]);
			pthread_barrier_wait(&barrier);
			bad += all_are(values[i]);
		}
		if (index == 0)
			finished = is_over();
		pthread_barrier_wait(&barrier);
		if (finished)
			return bad;
	}
}

static long one_storm(long index, uint64_t turn)
{
	uint64_t mark = (uint64_t)index << 48 | turn << 8;
	size_t size = (1 + (turn * 7 + (uint64_t)index) % OWN_PAGES) * PAGE;
	volatile uint64_t *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long bad = 0;

	if (p == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < size / 8; i += 64) {
		bad += p[i] != 0;
		p[i] = mark + i;
	}
	if (turn % 4 == 0)
		bad += mprotect((void *)p, size, PROT_READ) != 0;
	if (turn % 4 == 1) {
		void *moved = mremap((void *)p, size, size + 8 * PAGE, MREMAP_MAYMOVE);

		if (moved == MAP_FAILED)
			return bad + 1;
		p = moved;
	}
	for (size_t i = 0; i < size / 8; i += 64)
		bad += p[i] != mark + i;
	return bad + (munmap((void *)p, turn % 4 == 1 ? size + 8 * PAGE : size) != 0);
}

static long storm(long index)
{
	long bad = 0;

	for (uint64_t turn = 0; !is_over(); turn++)
		bad += one_storm(index, turn);
	return bad;
}

#define TOUCHED_PAGES 1536UL /* three tables */

static volatile uint64_t *touched;
static atomic_uint turns;

/* All CPUs touch the same new pages at once, in orders of their own, and each adds to a word of its own
 * in each page; all of them must be there afterwards, and nothing else. */
static long touch_together(long index)
{
	size_t size = TOUCHED_PAGES * PAGE;
	long bad = 0;

	for (unsigned round = 0;; round++) {
		pthread_barrier_wait(&barrier);
		if (index == 0) {
			if (round % 2)
				madvise((void *)touched, size, MADV_DONTNEED);
			else
				mmap((void *)touched, size, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			/* Small ones, then what the kernel likes. */
			madvise((void *)touched, size, round % 4 < 2 ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
		}
		pthread_barrier_wait(&barrier);
		for (unsigned long i = 0; i < TOUCHED_PAGES; i++) {
			unsigned long page = i * (round % 8 < 4 ? 1 : 61 + 6 * (unsigned)index) % TOUCHED_PAGES;
			volatile uint64_t *p = touched + page * (PAGE / 8) + index * 8;

			bad += *p != 0;
			*p = page + 1;
		}
		pthread_barrier_wait(&barrier);
		for (unsigned long i = (unsigned long)index; i < TOUCHED_PAGES; i += (unsigned long)cpus)
			for (unsigned long w = 0; w < PAGE / 8; w++)
				bad += touched[i * (PAGE / 8) + w] !=
				       (w % 8 == 0 && w / 8 < (unsigned long)cpus ? i + 1 : 0);
		if (index == 0)
			finished = is_over();
		pthread_barrier_wait(&barrier);
		if (finished) {
			turns = round + 1;
			return bad;
		}
	}
}

/* Beside them: one more that maps, touches and unmaps. */
static long touch_or_storm(long index)
{
	if (index < cpus)
		return touch_together(index);
	return storm(index);
}

void test_memory(void)
{
	shared =
		mmap(NULL, SHARED_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ok(shared != MAP_FAILED, "mmap");
	pthread_barrier_init(&barrier, NULL, (unsigned)cpus);
	begin_stress();
	is(run_threads(cpus, look_together), 0, "no CPU sees pages that are gone");
	begin_stress();
	is(run_threads(cpus + 2, storm), 0, "mmap, mprotect, mremap, munmap on all CPUs at once");
	touched = mmap(NULL, TOUCHED_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	               -1, 0);
	ok(touched != MAP_FAILED, "mmap of pages for all");
	begin_stress();
	is(run_threads(cpus + 1, touch_or_storm), 0, "the same pages touched by all CPUs at once");
	ok(turns > 0, "%u times", turns);
}
