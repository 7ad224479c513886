// SPDX-License-Identifier: BSD-2-Clause
/* CONFIG_HEAP_GUARD: the kernel heap with a zone on either side of every allocation, and a queue in
 * which what was freed waits before it is used again. Writes to either are found when the memory is
 * freed, or leaves the queue, and told along with who allocated it. */
#include "arch/x86/paging.h"
#include "arch/x86/spinlock.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/kasan.h"

#define ZONE 16 /* bytes behind the end */
#define ZONE_BYTE 0x5a
#define FREED_BYTE 0x6b
#define NEAR KIB(16)           /* how far to look for an allocation that an address belongs to */
#define QUEUE 64               /* allocations that wait */
#define QUEUE_SIZE_MAX KIB(64) /* what is larger does not wait */

/* Each word also holds for the address, so that a copy of it elsewhere is not taken for one. */
#define LIVE 0x11feb10c11feb10cUL
#define FREED 0xdeadb10cdeadb10cUL

/* Right before an allocation, at the end of the zone ahead of it. */
struct guard {
	uint64_t state;
	size_t size;
	const void *caller;
	size_t ahead; /* bytes from the block to the allocation */
};

static struct {
	struct spinlock lock;
	void *at[QUEUE];
	unsigned next;
} waiting;

static struct guard *guard_of(const void *p)
{
	return (struct guard *)p - 1;
}

/* The alignment that mm/heap.h promises for size bytes, at least that of a guard. */
static size_t alignment(size_t size)
{
	if (size < 64)
		return sizeof(struct guard);
	return size <= FRAME_SIZE && !(size & (size - 1)) ? size : 64;
}

/* What the plain heap aligns as it must. */
static size_t block_size(size_t size, size_t ahead)
{
	size_t whole = ahead + size + ZONE, power = 64;

	if (ahead <= 64)
		return MAX(whole, 64UL);
	while (power < whole)
		power *= 2;
	return power;
}

static void *guarded(size_t size, const void *caller)
{
	size_t ahead = alignment(size);
	char *block, *p;

	if (size == 0 || size > SIZE_MAX / 2)
		return NULL;
	block = heap_plain_alloc(block_size(size, ahead));
	if (!block)
		return NULL;
	p = block + ahead;
	memset(block, ZONE_BYTE, ahead);
	memset(p + size, ZONE_BYTE, ZONE);
	*guard_of(p) = (struct guard){ LIVE ^ (uint64_t)p, size, caller, ahead };
	kasan_forbid(block, ahead + size + ZONE, KASAN_ZONE);
	kasan_allow(p, size);
	return p;
}

void *heap_alloc(size_t size)
{
	return guarded(size, __builtin_return_address(0));
}

void *heap_zalloc(size_t size)
{
	void *p = guarded(size, __builtin_return_address(0));

	return p ? memset(p, 0, size) : NULL;
}

/* Panics unless n bytes from at on are all value. */
static void check(const void *p, const char *at, size_t n, uint8_t value, const char *what)
{
	const struct guard *guard = guard_of(p);

	for (size_t i = 0; i < n; i++)
		if ((uint8_t)at[i] != value)
			panic("heap: %s: byte %ld of the %lu at %p (from %pS) was set to %#x", what,
			      (long)(at + i - (const char *)p), guard->size, p, guard->caller, (uint8_t)at[i]);
}

static void check_zones(const void *p)
{
	const struct guard *guard = guard_of(p);
	const char *block = (const char *)p - guard->ahead;

	check(p, block, guard->ahead - sizeof(*guard), ZONE_BYTE, "written before the beginning");
	check(p, (const char *)p + guard->size, ZONE, ZONE_BYTE, "written beyond the end");
}

static void give_back(void *p)
{
	struct guard *guard = guard_of(p);

	if (guard->state != (FREED ^ (uint64_t)p))
		panic("heap: written after it was freed, or before its beginning: what tells of the "
		      "memory at %p is gone",
		      p);
	check(p, p, guard->size, FREED_BYTE, "written after it was freed");
	check_zones(p);
	guard->state = 0;
	kasan_allow((char *)p - guard->ahead, ALIGN_UP(guard->ahead + guard->size + ZONE, 8UL));
	heap_plain_free((char *)p - guard->ahead);
}

void heap_free(void *p)
{
	struct guard *guard;
	uint64_t flags;
	void *oldest = p;

	if (!p)
		return;
	guard = guard_of(p);
	if (guard->state == (FREED ^ (uint64_t)p))
		panic("heap: freed twice: %lu bytes at %p (from %pS)", guard->size, p, guard->caller);
	if (guard->state != (LIVE ^ (uint64_t)p))
		panic("heap: freed, but not allocated, or written before its beginning: %p", p);
	check_zones(p);
	memset(p, FREED_BYTE, guard->size);
	kasan_forbid(p, ALIGN_UP(guard->size, 8UL), KASAN_FREED);
	flags = spin_lock(&waiting.lock);
	guard->state = FREED ^ (uint64_t)p;
	if (guard->size <= QUEUE_SIZE_MAX) {
		unsigned place = waiting.next++ % QUEUE;

		oldest = waiting.at[place];
		waiting.at[place] = p;
	}
	spin_unlock(&waiting.lock, flags);
	if (oldest)
		give_back(oldest);
}

/* Is p where an allocation begins? */
static bool begins(uint64_t p)
{
	uint64_t state = guard_of((const void *)p)->state;

	return state == (LIVE ^ p) || state == (FREED ^ p);
}

bool heap_guard_find(const void *at, struct heap_block *block)
{
	const uint64_t step = sizeof(struct guard), here = ALIGN_DOWN((uint64_t)at, step);
	uint64_t p = here,
			 lowest = here > DIRECT_MAP_BASE + NEAR ? here - NEAR : DIRECT_MAP_BASE + step;

	while (p >= lowest && !begins(p))
		p -= step;
	if (p < lowest || (uint64_t)at >= p + guard_of((const void *)p)->size + ZONE)
		for (p = here; p < here + FRAME_SIZE && !begins(p);)
			p += step;
	if (!begins(p))
		return false;
	*block = (struct heap_block){ (const void *)p, guard_of((const void *)p)->caller,
		                          guard_of((const void *)p)->size };
	return true;
}
