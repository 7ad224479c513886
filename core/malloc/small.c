/* SPDX-License-Identifier: BSD-2-Clause */
/* What a CPU has at hand (core/malloc/small.h). When its list of a class is full it becomes the second
 * one; when that is there already, that goes as a whole to those that all CPUs share. Taking goes the
 * same way, and in the end cuts objects off a new slab. */
#include "core/malloc/small.h"

#include "arch/x86/cpu.h"
#include "core/malloc/slab.h"

/* A CPU's list of a class has this many bytes, but some objects at least and not too many. */
#define LIST_BYTES KIB(16)
#define LIST_OBJECTS_MIN 2UL
#define LIST_OBJECTS_MAX 256UL

/* What a CPU has of a class besides the list in struct cpu. */
struct cache {
	chain_t second;
	char *fresh, *end; /* objects of a slab that were never used */
	bool zero;         /* they hold zeros */
};

uint16_t percpu_list_most[PERCPU_LISTS];

static struct cache caches[CONFIG_NR_CPUS][CLASSES];

void small_init(void)
{
	for (unsigned class = 1; class < CLASSES; class ++)
		percpu_list_most[class] =
			MIN(MAX(LIST_BYTES / class_size(class), LIST_OBJECTS_MIN), LIST_OBJECTS_MAX);
}

/* Makes a new slab this CPU's. */
static bool take_new(struct cache *cache, unsigned class)
{
	uint32_t objects, i = slab_new(class, &cache->zero, &objects);

	if (!i)
		return false;
	cache->fresh = unit_address(i);
	cache->end = cache->fresh + objects * class_size(class);
	return true;
}

/* Cuts objects off the slab that is this CPU's: all that begin in the same page as the first, since
 * no further page is to be touched. Returns the first; the others become the list. */
static void *take_fresh(struct cache *cache, unsigned class, chain_t *list)
{
	size_t size = class_size(class);
	char *first = cache->fresh, *stop = (char *)ALIGN_UP((virt_t)first + 1, FRAME_SIZE), *p;

	stop = MIN(stop, cache->end);
	for (p = first + size; p < stop; p += size)
		;
	cache->fresh = p;
	/* From the last to the first, so that they go out in order. */
	while ((p -= size) > first)
		*list = chain_with(*list, p);
	return first;
}

/* Takes the first object of a list that is not empty. */
static void *take_first(chain_t *list)
{
	void *p = chain_first(*list);

	if (unlikely(*chain_mark(p) != CHAIN_MARK))
		upcall_percpu_list_broken(p);
	*chain_mark(p) = 0;
	*list = chain_behind(*list);
	return p;
}

/* This CPU's list is empty; interrupts are off. */
static void *refill(unsigned class, bool *zero)
{
	struct cache *cache = &caches[cpu_id()][class];
	chain_t list = cache->second;
	void *p;

	*zero = false;
	cache->second = 0;
	if (!list)
		list = slab_take(class);
	if (list) {
		p = take_first(&list);
	} else {
		if (cache->fresh == cache->end && !take_new(cache, class))
			return NULL;
		*zero = cache->zero;
		p = take_fresh(cache, class, &list);
		/* What was there may look like a mark. A page that has no frame need not get one for it. */
		if (!*zero && class_size(class) < FRAME_SIZE)
			*chain_mark(p) = 0;
	}
	this_cpu->lists[class] = list;
	return p;
}

static void *alloc_once(unsigned class, bool *zero)
{
	uint64_t irq = irq_save();
	chain_t list = this_cpu->lists[class];
	void *p;

	*zero = false;
	if (list) {
		p = take_first(&list);
		this_cpu->lists[class] = list;
	} else {
		p = refill(class, zero);
	}
	irq_restore(irq);
	return p;
}

void *small_alloc_zero(unsigned class, bool *zero)
{
	void *p = alloc_once(class, zero);

	return unlikely(!p) && small_trim() ? alloc_once(class, zero) : p;
}

void *upcall_percpu_list_empty(uint64_t class)
{
	bool zero;
	void *p = small_alloc_zero(class, &zero);

	return likely(p) ? p : malloc_fail();
}

void upcall_percpu_list_full(void *object, uint64_t class)
{
	uint64_t irq = irq_save();
	struct cache *cache = &caches[cpu_id()][class];
	chain_t list = this_cpu->lists[class];

	/* It may have become shorter, or this another CPU. */
	if (chain_count(list) >= percpu_list_most[class]) {
		if (cache->second)
			slab_give(cache->second, class);
		cache->second = list;
		list = 0;
	}
	this_cpu->lists[class] = chain_with(list, object);
	irq_restore(irq);
}

static bool trim_class(unsigned class)
{
	uint64_t irq = irq_save();
	struct cache *cache = &caches[cpu_id()][class];
	chain_t list = this_cpu->lists[class];
	bool found;

	if (cache->second)
		slab_give(cache->second, class);
	this_cpu->lists[class] = cache->second = 0;
	found = slab_trim(class, list, &cache->fresh, cache->end);
	irq_restore(irq);
	return found;
}

bool small_trim(void)
{
	bool found = false;

	for (unsigned class = 1; class < CLASSES; class ++)
		found |= trim_class(class);
	return found;
}

/* Is the object free, as far as can be seen from here: not in the list of another CPU? */
static bool is_known_free(const void *p, unsigned class)
{
	uint64_t irq = irq_save();
	bool found = chain_has(this_cpu->lists[class], p) ||
	             chain_has(caches[cpu_id()][class].second, p) || slab_has(p, class);

	irq_restore(irq);
	return found;
}

void upcall_percpu_list_marked(void *object, uint64_t class)
{
	if (is_known_free(object, class))
		malloc_misused("free", object, "was freed already");
	*chain_mark(object) = 0;
	percpu_list_push(object, class);
}

__noreturn void upcall_percpu_list_broken(void *object)
{
	malloc_misused("malloc", object,
	               "was written to after it was freed, or past the end of the block before it");
}

bool small_is_object(const void *p, unsigned class)
{
	size_t offset = (const char *)p - slab_start(p, class);
	uint64_t irq = irq_save();
	const struct cache *cache = &caches[cpu_id()][class];
	bool fresh = (const char *)p >= cache->fresh && (const char *)p < cache->end;

	irq_restore(irq);
	return offset % class_size(class) == 0 && !fresh;
}
