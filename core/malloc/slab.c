/* SPDX-License-Identifier: BSD-2-Clause */
/* Slabs of each size class, and the full lists of objects that CPUs hand to each other
 * (core/malloc/slab.h). */
#include "core/malloc/slab.h"

#include "arch/x86/spinlock.h"
#include "lib/string.h"

/* The lists of a class have this many bytes. */
#define SHARED_BYTES KIB(256)

/* What is there of a class for all CPUs. */
static struct shared {
	struct spinlock lock;
	uint32_t slabs; /* first of those that have free objects, by unit; 0: none */
	uint32_t nr_lists;
	chain_t lists; /* full ones, linked by the second word of their first object */
} all[CLASSES];

static chain_t *chain_link(chain_t list)
{
	return (chain_t *)chain_first(list) + 1;
}

static struct unit *slab_of(const void *p, unsigned class)
{
	uint32_t i = unit_of(p);

	return &malloc_heap.units[class_units(class) == 1 ? i : i - malloc_heap.backs[i]];
}

static uint32_t index_of(const struct unit *slab)
{
	return (uint32_t)(slab - malloc_heap.units);
}

/* A slab's free objects: the first one's distance from the slab in steps of 16 bytes, and how many
 * they are in the high half; 0: none. */
static chain_t slab_list(const struct unit *slab)
{
	virt_t first = (virt_t)unit_address(index_of(slab)) + (slab->free & UINT16_MAX) * CLASS_STEP;

	return slab->free ? (chain_t)(slab->free >> 16) << CHAIN_COUNT_SHIFT | first : 0;
}

char *slab_start(const void *p, unsigned class)
{
	return unit_address(index_of(slab_of(p, class)));
}

static void give_object(struct unit *slab, void *p)
{
	chain_t list = chain_with(slab_list(slab), p);
	size_t offset = (virt_t)p - (virt_t)unit_address(index_of(slab));

	slab->free = chain_count(list) << 16 | offset / CLASS_STEP;
}

static void link_slab(struct shared *s, struct unit *slab)
{
	slab->prev = 0;
	slab->next = s->slabs;
	if (slab->next)
		malloc_heap.units[slab->next].prev = index_of(slab);
	s->slabs = index_of(slab);
}

static void unlink_slab(struct shared *s, struct unit *slab)
{
	if (slab->next)
		malloc_heap.units[slab->next].prev = slab->prev;
	if (slab->prev)
		malloc_heap.units[slab->prev].next = slab->next;
	else
		s->slabs = slab->next;
}

chain_t slab_take(unsigned class)
{
	struct shared *s = &all[class];
	uint64_t irq = spin_lock(&s->lock);
	chain_t list = s->lists;

	if (list) {
		s->lists = *chain_link(list);
		*chain_link(list) = CHAIN_MARK;
		s->nr_lists--;
	} else if (s->slabs) {
		struct unit *slab = &malloc_heap.units[s->slabs];

		unlink_slab(s, slab);
		list = slab_list(slab);
		slab->n += chain_count(list);
		slab->free = 0;
	}
	spin_unlock(&s->lock, irq);
	return list;
}

uint32_t slab_new(unsigned class, bool *zero, uint32_t *objects)
{
	uint32_t n = class_units(class), i = run_alloc(n, zero);

	*objects = n * UNIT_SIZE / class_size(class);
	if (!i)
		return 0;
	memset(&malloc_heap.kinds[i], class, n);
	for (uint32_t k = 0; k < n && n > 1; k++)
		malloc_heap.backs[i + k] = k;
	malloc_heap.units[i].n = *objects;
	malloc_heap.units[i].free = 0;
	return i;
}

/* Gives a slab back of which no object is used. */
static void release(struct unit *slab, unsigned class)
{
	uint32_t i = index_of(slab);

	memset(&malloc_heap.kinds[i], KIND_NONE, class_units(class));
	run_free(i, class_units(class));
}

/* Puts an object into its slab's list, which it returns; the lock is held. */
static struct unit *put(struct shared *s, void *p, unsigned class)
{
	struct unit *slab = slab_of(p, class);

	if (!slab->free)
		link_slab(s, slab);
	give_object(slab, p);
	slab->n--;
	return slab;
}

static void put_all(struct shared *s, chain_t list, unsigned class)
{
	while (list) {
		void *p = chain_first(list);

		list = chain_behind(list);
		put(s, p, class);
	}
}

void slab_give(chain_t list, unsigned class)
{
	struct shared *s = &all[class];
	uint64_t irq = spin_lock(&s->lock);

	if (s->nr_lists * chain_count(list) * class_size(class) < SHARED_BYTES) {
		*chain_link(list) = s->lists;
		s->lists = list;
		s->nr_lists++;
	} else {
		while (list) {
			void *p = chain_first(list);
			struct unit *slab;

			list = chain_behind(list);
			slab = put(s, p, class);
			if (!slab->n && (s->slabs != index_of(slab) || slab->next)) {
				unlink_slab(s, slab);
				release(slab, class);
			}
		}
	}
	spin_unlock(&s->lock, irq);
}

/* Takes objects that were never handed out back where they are all that is missing of their slab; it
 * is in the list of slabs then. */
static void put_fresh(struct shared *s, unsigned class, char **fresh, char *end)
{
	struct unit *slab;

	if (*fresh == end)
		return;
	slab = slab_of(*fresh, class);
	if (slab->n != (size_t)(end - *fresh) / class_size(class))
		return;
	if (!slab->free)
		link_slab(s, slab);
	slab->n = 0;
	*fresh = end;
}

bool slab_trim(unsigned class, chain_t list, char **fresh, char *end)
{
	struct shared *s = &all[class];
	uint64_t irq = spin_lock(&s->lock);
	uint32_t next;
	bool found = false;

	put_all(s, list, class);
	while (s->lists) {
		list = s->lists;
		s->lists = *chain_link(list);
		put_all(s, list, class);
	}
	s->nr_lists = 0;
	put_fresh(s, class, fresh, end);
	for (uint32_t i = s->slabs; i; i = next) {
		struct unit *slab = &malloc_heap.units[i];

		next = slab->next;
		if (slab->n)
			continue;
		unlink_slab(s, slab);
		release(slab, class);
		found = true;
	}
	spin_unlock(&s->lock, irq);
	return found;
}

bool chain_has(chain_t list, const void *p)
{
	while (list && chain_first(list) != p)
		list = chain_behind(list);
	return list;
}

bool slab_has(const void *p, unsigned class)
{
	struct shared *s = &all[class];
	uint64_t irq = spin_lock(&s->lock);
	bool found = chain_has(slab_list(slab_of(p, class)), p);

	for (chain_t list = s->lists; list && !found; list = *chain_link(list))
		found = chain_has(list, p);
	spin_unlock(&s->lock, irq);
	return found;
}
