/* SPDX-License-Identifier: BSD-2-Clause */
/* Each worker changes an arena of its own at random, and looks into those of the others, on whatever
 * CPU it is: a page that is gone or protected must be so there too. Nobody allocates anything meanwhile,
 * so the holes in an arena stay holes. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "../tap.h"
#include "arena.h"
#include "stress.h"

#define ARENAS_MAX 64
#define PAGES_MAX 4096 /* of one arena, unless --mib says more */
#define PAGES_MIN 512
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static struct arena arenas[ARENAS_MAX];
static unsigned nr_arenas;

struct range {
	size_t first, count;
};

/* Mostly a few pages, sometimes many. */
static struct range choose(struct worker *worker, const struct arena *arena)
{
	static const unsigned sizes[] = { 1, 4, 16, 16, 64, 512, 1100 };
	unsigned size = 1 + below(worker, sizes[below(worker, 7)]);
	struct range r = { below(worker, (unsigned)arena->pages), size };

	if (r.count > 256 && below(worker, 2))
		r.first &= ~511UL; /* where a large page begins */
	if (r.count > arena->pages - r.first)
		r.count = arena->pages - r.first;
	return r;
}

/* Cut to where the pages are mapped and, with same, have one protection. */
static struct range cut(const struct arena *arena, struct range r, bool same)
{
	size_t n = 0;

	while (n < r.count && arena->model[r.first + n].mapped &&
	       (!same || arena->model[r.first + n].prot == arena->model[r.first].prot))
		n++;
	r.count = n;
	return r;
}

static char *address(const struct arena *arena, struct range r)
{
	return arena->base + r.first * PAGE;
}

static int some_prot(struct worker *worker)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
		                         PROT_READ | PROT_WRITE };

	return prots[below(worker, 4)];
}

static void do_map(struct worker *worker, struct arena *arena, struct range r)
{
	int prot = some_prot(worker), flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	char *at = address(arena, r);

	if (below(worker, 8) == 0)
		flags |= MAP_POPULATE;
	must(mmap(at, r.count * PAGE, prot, flags, -1, 0) == at, "mmap of %zu pages at %p: %s", r.count,
	     (void *)at, strerror(errno));
	for (size_t i = 0; i < r.count; i++)
		arena->model[r.first + i] = (struct page){ .mapped = true, .prot = (uint8_t)prot };
}

static void do_unmap(struct arena *arena, struct range r)
{
	must(munmap(address(arena, r), r.count * PAGE) == 0, "munmap: %s", strerror(errno));
	memset(&arena->model[r.first], 0, r.count * sizeof(struct page));
}

static void do_protect(struct worker *worker, struct arena *arena, struct range r)
{
	int prot = some_prot(worker);

	r = cut(arena, r, false);
	if (!r.count)
		return;
	must(mprotect(address(arena, r), r.count * PAGE, prot) == 0, "mprotect: %s", strerror(errno));
	for (size_t i = 0; i < r.count; i++)
		arena->model[r.first + i].prot = (uint8_t)prot;
}

/* Moves pages to elsewhere in the arena, and makes them more or fewer. */
static void do_remap(struct worker *worker, struct arena *arena, struct range r)
{
	struct range to = choose(worker, arena);
	char *from, *target;
	uint8_t prot;

	r = cut(arena, r, true);
	if (below(worker, 2) && arena->pages - to.first >= r.count)
		to.count = r.count;
	if (!r.count || !to.count || (to.first < r.first + r.count && r.first < to.first + to.count))
		return;
	from = address(arena, r);
	target = address(arena, to);
	prot = arena->model[r.first].prot;
	if (mremap(from, r.count * PAGE, to.count * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) ==
	    MAP_FAILED) {
		/* Several areas that look alike: refused. What was at the target may be gone by then. */
		must(errno == EFAULT, "mremap: %s", strerror(errno));
		do_map(worker, arena, to);
		if (to.count < r.count)
			do_map(worker, arena, (struct range){ r.first + to.count, r.count - to.count });
		return;
	}
	for (size_t i = 0; i < to.count; i++)
		arena->model[to.first + i] =
			i < r.count ? arena->model[r.first + i] : (struct page){ .mapped = true, .prot = prot };
	memset(&arena->model[r.first], 0, r.count * sizeof(struct page));
}

static void do_advise(struct worker *worker, struct arena *arena, struct range r)
{
	static const int advices[] = { MADV_DONTNEED, MADV_DONTNEED,   MADV_FREE,
		                           MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_POPULATE_WRITE };
	int advice = advices[below(worker, 6)];

	r = cut(arena, r, advice == MADV_POPULATE_WRITE);
	if (!r.count || (advice == MADV_POPULATE_WRITE && !(arena->model[r.first].prot & PROT_WRITE)))
		return;
	if (madvise(address(arena, r), r.count * PAGE, advice) != 0) {
		must(errno == EINVAL && advice != MADV_DONTNEED, "madvise %d: %s", advice, strerror(errno));
		return;
	}
	for (size_t i = 0; i < r.count; i++) {
		struct page *page = &arena->model[r.first + i];

		if (advice == MADV_DONTNEED)
			page->content = ZERO;
		else if (advice == MADV_FREE && page->content == STAMPED)
			page->content = EITHER;
	}
}

static void do_write(struct worker *worker, struct arena *arena, struct range r)
{
	for (size_t i = 0; i < r.count; i++)
		if (arena->model[r.first + i].mapped && arena->model[r.first + i].prot & PROT_WRITE)
			arena_stamp(arena, r.first + i, random_next(&worker->random) | 1);
}

static void do_check(struct arena *arena, struct range r, const char *who)
{
	for (size_t i = 0; i < r.count; i++)
		arena_check(arena, r.first + i, who);
}

static void change(struct worker *worker, struct arena *arena)
{
	struct range r = choose(worker, arena);

	switch (below(worker, 12)) {
	case 0:
	case 1:
		return do_map(worker, arena, r);
	case 2:
		return do_unmap(arena, r);
	case 3:
	case 4:
		return do_protect(worker, arena, r);
	case 5:
	case 6:
		return do_remap(worker, arena, r);
	case 7:
	case 8:
		return do_advise(worker, arena, r);
	default:
		return do_write(worker, arena, r);
	}
}

static void run(struct worker *worker)
{
	struct arena *own = &arenas[worker->index];

	while (!over) {
		struct arena *other = &arenas[below(worker, nr_arenas)];

		pthread_rwlock_wrlock(&own->lock);
		change(worker, own);
		do_check(own, choose(worker, own), "its owner");
		pthread_rwlock_unlock(&own->lock);
		pthread_rwlock_rdlock(&other->lock);
		do_check(other, choose(worker, other), "another thread");
		pthread_rwlock_unlock(&other->lock);
		worker->turns++;
	}
	do_check(own, (struct range){ 0, own->pages }, "the end");
}

void run_memory(const struct options *options)
{
	static struct worker workers[ARENAS_MAX];
	size_t pages = PAGES_MAX;
	struct sysinfo info;
	uint64_t turns;

	nr_arenas = options->threads < ARENAS_MAX ? options->threads : ARENAS_MAX;
	must(nr_arenas && sysinfo(&info) == 0, "--threads 1 or more");
	if (options->mib)
		pages = ((size_t)options->mib << 20) / PAGE / nr_arenas;
	else if (pages > info.freeram * info.mem_unit / 2 / PAGE / nr_arenas)
		pages = info.freeram * info.mem_unit / 2 / PAGE / nr_arenas;
	if (pages < PAGES_MIN)
		pages = PAGES_MIN;
	for (unsigned i = 0; i < nr_arenas; i++) {
		arena_init(&arenas[i], pages);
		workers[i] = (struct worker){ .name = "memory", .run = run, .index = i };
	}
	turns = run_workers(workers, nr_arenas, options);
	ok(turns > 0, "memory: %llu changes and checks of %u arenas of %zu pages in %u s, seed %llu",
	   (unsigned long long)turns, nr_arenas, pages, options->seconds,
	   (unsigned long long)options->seed);
}
