/* SPDX-License-Identifier: BSD-2-Clause */
/* bench-host: the tree of areas, with 1 to 1,000,000 of them at random, beside the C library's tree
 * (tsearch) with as many. Structures come from arrays: their allocation is no part of it. */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>

#include "mm/area_space.h"
#include "mm/heap.h"
#include "tests/bench/host/bench.h"

#define AREAS_MAX 1000000U
#define BASE GIB(1)
#define STRIDE MIB(1) /* each is half of that long */

static struct address_space space;
static struct area *areas;
static uint32_t *order; /* numbers of areas, shuffled */
static unsigned count;
static void *root;

/* area_remove() gives the structure back: here, to the array. */
void heap_free(void *p)
{
	(void)p;
}

/* None of them shows a file. */
void area_source_drop(struct address_space *as, const struct area *area)
{
	(void)as;
	(void)area;
}

static virt_t address(unsigned i)
{
	return BASE + i * STRIDE;
}

static void put(unsigned i)
{
	areas[i] = (struct area){
		.start = address(i), .end = address(i) + STRIDE / 2, .prot = PROT_READ, .type = MAP_PRIVATE
	};
	area_insert(&space, &areas[i]);
}

/* At every call, another one of them. */
static unsigned next(void)
{
	static unsigned at;

	at = at + 1 < count ? at + 1 : 0;
	return order[at];
}

static void find(unsigned n)
{
	while (n--) {
		unsigned i = next();

		if (area_find(&space, address(i) + FRAME_SIZE) != &areas[i])
			bench_fail("area_find");
	}
}

static void replace(unsigned n)
{
	while (n--) {
		unsigned i = next();

		area_remove(&space, &areas[i]);
		put(i);
	}
}

static void hole(unsigned n)
{
	while (n--)
		if (!area_hole(&space, STRIDE / 4, BASE, address(count), FRAME_SIZE))
			bench_fail("area_hole");
}

static int compare(const void *a, const void *b)
{
	const struct area *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static void find_theirs(unsigned n)
{
	while (n--) {
		struct area *area = &areas[next()];

		if (*(struct area **)tfind(area, &root, compare) != area)
			bench_fail("tfind");
	}
}

static void replace_theirs(unsigned n)
{
	while (n--) {
		struct area *area = &areas[next()];

		tdelete(area, &root, compare);
		tsearch(area, &root, compare);
	}
}

static void shuffle(void)
{
	uint64_t seed = 1;

	for (unsigned i = 0; i < count; i++)
		order[i] = i;
	for (unsigned i = count - 1; i; i--) {
		unsigned k;
		uint32_t other;

		seed = seed * 6364136223846793005 + 1442695040888963407;
		k = (unsigned)((seed >> 33) % (i + 1));
		other = order[k];
		order[k] = order[i];
		order[i] = other;
	}
}

static void row(const char *what, void (*ours)(unsigned n), const char *beside,
                void (*theirs)(unsigned n))
{
	struct cost a = bench_time(ours, 1000, 501), b;
	char line[80];

	snprintf(line, sizeof(line), "%s, among %u", what, count);
	if (theirs)
		b = bench_time(theirs, 1000, 501);
	bench_row(line, a, beside, theirs ? &b : NULL);
}

void bench_areas(void)
{
	static const unsigned counts[] = { 1, 1000, AREAS_MAX };

	areas = calloc(AREAS_MAX, sizeof(*areas));
	order = calloc(AREAS_MAX, sizeof(*order));
	if (!areas || !order)
		bench_fail("tree");
	area_tree_init(&space.areas);
	for (size_t c = 0; c < ARRAY_SIZE(counts); c++) {
		unsigned from = count;

		count = counts[c];
		shuffle();
		for (unsigned i = 0; i < count; i++) {
			if (order[i] < from)
				continue;
			put(order[i]);
			if (!tsearch(&areas[order[i]], &root, compare))
				bench_fail("tsearch");
		}
		row("an area found", find, "tfind", find_theirs);
		row("an area taken out and put in", replace, "tdelete, tsearch", replace_theirs);
		row("the highest hole found", hole, "", NULL);
	}
}
