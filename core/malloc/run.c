/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs of units (core/malloc/run.h). Free runs are united with their neighbours and kept by length:
 * a list for each up to 63 units, then one for each power of two. What was never used lies above
 * the frontier. */
#include "core/malloc/run.h"

#include <linux/mman.h>

#include "arch/x86/kernel_call.h"
#include "arch/x86/spinlock.h"
#include "core/malloc/small.h"
#include "mm/area.h"
#include "mm/frame.h"

#define EXACT 64U          /* lists 1 to 63 */
#define LISTS (EXACT + 26) /* runs from 2^6 to 2^31 units */
#define SEARCH_MAX 32      /* runs looked at in a list of mixed lengths */

/* Address space reserved: pieces of all sizes must find room beside each other. */
#define RESERVE_FACTOR 8
#define RESERVE_MIN GIB(1)
#define RESERVE_MAX GIB(16384)
/* The first part of the heap takes small pages, so that a small program stays small. */
#define SMALL_PAGES MIB(2)
/* A block is refused where less than this would be left when it is written to: tables of pages and
 * the kernel need some. */
#define KEEP KIB(256)

static uint8_t no_kind = KIND_NONE;

struct heap malloc_heap = { .kinds = &no_kind, .most = RESERVE_MAX };

static struct spinlock lock;
static bool locked; /* on one CPU, a lock does not tell */
static uint32_t lists[LISTS];
static uint64_t exact_lists; /* bit n: lists[n] is not empty */
static uint32_t mixed_lists; /* bit k: lists[EXACT + k] */

static uint64_t heap_lock(void)
{
	uint64_t irq = spin_lock(&lock);

	locked = true;
	return irq;
}

static void heap_unlock(uint64_t irq)
{
	locked = false;
	spin_unlock(&lock, irq);
}

static unsigned list_of(uint32_t n)
{
	return n < EXACT ? n : EXACT + (31 - __builtin_clz(n)) - 6;
}

static bool is_free(uint32_t i)
{
	return malloc_heap.kinds[i] == KIND_FREE || malloc_heap.kinds[i] == KIND_FREE_ZERO;
}

static bool is_zero(uint32_t i)
{
	return malloc_heap.kinds[i] == KIND_FREE_ZERO;
}

/* Changes what the free run i of n units says at both ends. */
static void set_kind(uint32_t i, uint32_t n, uint8_t kind)
{
	malloc_heap.kinds[i] = malloc_heap.kinds[i + n - 1] = kind;
}

static void push(uint32_t i, uint32_t n, bool zero)
{
	struct unit *units = malloc_heap.units;
	unsigned list = list_of(n);

	units[i].n = units[i + n - 1].n = n;
	set_kind(i, n, zero ? KIND_FREE_ZERO : KIND_FREE);
	units[i].prev = 0;
	units[i].next = lists[list];
	if (lists[list])
		units[lists[list]].prev = i;
	lists[list] = i;
	if (list < EXACT)
		exact_lists |= BIT(list);
	else
		mixed_lists |= 1U << (list - EXACT);
}

/* Takes a free run out of its list; it is nothing's then. */
static void pull(uint32_t i)
{
	struct unit *units = malloc_heap.units;
	uint32_t n = units[i].n, next = units[i].next, prev = units[i].prev;
	unsigned list = list_of(n);

	set_kind(i, n, KIND_NONE);
	if (next)
		units[next].prev = prev;
	if (prev) {
		units[prev].next = next;
		return;
	}
	lists[list] = next;
	if (next)
		return;
	if (list < EXACT)
		exact_lists &= ~BIT(list);
	else
		mixed_lists &= ~(1U << (list - EXACT));
}

/* A free run of at least n units; 0: none found. */
static uint32_t find(uint32_t n)
{
	uint32_t mixed = mixed_lists;

	if (n < EXACT) {
		uint64_t exact = exact_lists >> n << n;

		if (exact)
			return lists[__builtin_ctzl(exact)];
	} else {
		unsigned own = list_of(n) - EXACT;
		uint32_t i = lists[EXACT + own];

		for (unsigned k = 0; i && k < SEARCH_MAX; k++, i = malloc_heap.units[i].next)
			if (malloc_heap.units[i].n >= n)
				return i;
		mixed &= ~1U << own; /* from the next list on, every run is large enough */
	}
	return mixed ? lists[EXACT + __builtin_ctz(mixed)] : 0;
}

/* Hands the memory of all free runs to drop. Only touches what was written to: their first and last
 * units' bookkeeping. */
static bool trim_locked(bool (*drop)(virt_t start, virt_t end))
{
	bool found = false;

	for (unsigned list = 1; list < LISTS; list++) {
		for (uint32_t i = lists[list]; i; i = malloc_heap.units[i].next) {
			uint32_t n = malloc_heap.units[i].n;
			virt_t start = (virt_t)unit_address(i);

			if (!is_zero(i) && drop(start, start + n * UNIT_SIZE)) {
				set_kind(i, n, KIND_FREE_ZERO);
				found = true;
			}
		}
	}
	return found;
}

/* For area_set_trim(): the areas are locked, and malloc may have been interrupted by the fault that
 * found no frame. */
static bool trim(bool (*drop)(virt_t start, virt_t end))
{
	uint64_t irq;
	bool found;

	if (locked || !spin_trylock(&lock, &irq))
		return false;
	locked = true;
	found = trim_locked(drop);
	heap_unlock(irq);
	return found;
}

static int advise(virt_t start, size_t bytes, int advice)
{
	return (int)on_kernel_stack(area_advise, (uint64_t)program_space, start, bytes, advice, 0);
}

static bool drop_now(virt_t start, virt_t end)
{
	return advise(start, end - start, MADV_DONTNEED) == 0;
}

bool run_trim(void)
{
	uint64_t irq = heap_lock();
	bool found = trim_locked(drop_now);

	heap_unlock(irq);
	return found;
}

/* Reserves address space in proportion to the memory there is. */
__cold __noinline static bool reserve(void)
{
	static struct frame_stats stats; /* the stack may lack its next page */
	uint64_t ram, bytes, kinds, units, keeping;
	long at;

	(void)on_kernel_stack(frame_stats, (uint64_t)&stats, 0, 0, 0, 0);
	ram = stats.total * FRAME_SIZE;
	bytes = ALIGN_UP(MIN(MAX(ram * RESERVE_FACTOR, RESERVE_MIN), RESERVE_MAX), MIB(2));
	malloc_heap.limit = bytes >> UNIT_SHIFT;
	kinds = ALIGN_UP(malloc_heap.limit, FRAME_SIZE);
	units = malloc_heap.limit * sizeof(struct unit);
	keeping = ALIGN_UP(units + 2 * kinds, MIB(2));
	at = on_kernel_stack(area_map, (uint64_t)program_space, 0, bytes + keeping,
	                     PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	if (at < 0) {
		malloc_heap.limit = 0;
		return false;
	}
	/* Beside what the heap's first part takes, small pages are for the bookkeeping. */
	(void)advise(at, keeping + SMALL_PAGES, MADV_NOHUGEPAGE);
	malloc_heap.units = (struct unit *)at;
	malloc_heap.kinds = (uint8_t *)(at + units);
	malloc_heap.backs = malloc_heap.kinds + kinds;
	malloc_heap.base = at + keeping;
	malloc_heap.most = ram;
	malloc_heap.frontier = 1;
	small_init();
	area_set_trim(trim);
	return true;
}

/* Memory is short: gives back what free runs have and what was mapped ahead of need. */
static __cold __noinline bool make_room(uint64_t want)
{
	uint64_t have;

	if (FRAME_COUNT_ERROR && frame_free_exact() * FRAME_SIZE >= want)
		return true;
	trim_locked(drop_now);
	have = frame_free_exact() * FRAME_SIZE;
	return have >= want ||
	       (uint8_t)on_kernel_stack(area_make_room, (uint64_t)program_space, want - have, 0, 0, 0);
}

/* Is there memory for n units? Now, that is: blocks that were handed out and not yet written to are
 * not counted. */
static __always_inline bool affordable(uint32_t n)
{
	uint64_t want = n * UNIT_SIZE + KEEP;

	return likely(frame_free_count() * FRAME_SIZE >= want + FRAME_COUNT_ERROR * FRAME_SIZE) ||
	       make_room(want);
}

/* Takes n units where nothing ever was. Returns the first; 0: no room. */
static __always_inline uint32_t take_frontier(uint32_t n)
{
	uint32_t i;

	if (unlikely(!malloc_heap.limit) && !reserve())
		return 0;
	i = malloc_heap.frontier;
	if (n > malloc_heap.limit - i || !affordable(n))
		return 0;
	malloc_heap.units[i].n = n;
	malloc_heap.frontier = i + n;
	return i;
}

/* Takes the first n units of a free run of at least as many; the rest is free again. */
static void take(uint32_t i, uint32_t n)
{
	uint32_t have = malloc_heap.units[i].n;
	bool zero = is_zero(i);

	pull(i);
	if (have > n)
		push(i + n, have - n, zero);
	malloc_heap.units[i].n = n;
}

static __always_inline uint32_t alloc_locked(uint32_t n, bool *zero)
{
	uint32_t i = find(n);

	if (!i) {
		*zero = true;
		return take_frontier(n);
	}
	if (!affordable(n))
		return 0;
	*zero = is_zero(i);
	take(i, n);
	return i;
}

uint32_t run_alloc(uint32_t n, bool *zero)
{
	uint64_t irq = heap_lock();
	uint32_t i = alloc_locked(n, zero);

	heap_unlock(irq);
	return i;
}

/* Frees [i, i + n), uniting it with free neighbours. */
static void give(uint32_t i, uint32_t n, bool zero)
{
	struct unit *units = malloc_heap.units;
	uint32_t next = i + n;

	if (next < malloc_heap.frontier && is_free(next)) {
		n += units[next].n;
		zero = zero && is_zero(next);
		pull(next);
	}
	if (is_free(i - 1)) {
		i -= units[i - 1].n;
		n += units[i].n;
		zero = zero && is_zero(i);
		pull(i);
	}
	push(i, n, zero);
}

uint32_t run_alloc_aligned(uint32_t n, uint32_t align, bool *zero)
{
	uint64_t irq = heap_lock();
	uint32_t first = alloc_locked(n + align - 1, zero), i = 0;

	if (first) {
		uint32_t offset = malloc_heap.base >> UNIT_SHIFT;

		i = ALIGN_UP(first + offset, align) - offset;
		malloc_heap.units[i].n = n;
		if (i > first)
			give(first, i - first, *zero);
		if (first + align - 1 > i)
			give(i + n, first + align - 1 - i, *zero);
	}
	heap_unlock(irq);
	return i;
}

void run_free(uint32_t i, uint32_t n)
{
	uint64_t irq = heap_lock();

	give(i, n, false);
	heap_unlock(irq);
}

bool run_resize(uint32_t i, uint32_t n)
{
	uint64_t irq = heap_lock();
	struct unit *units = malloc_heap.units;
	uint32_t have = units[i].n, next = i + have;
	bool done = true;

	if (n < have) {
		give(i + n, have - n, false);
	} else if (n > have && next == malloc_heap.frontier) {
		done = take_frontier(n - have);
	} else if (n > have) {
		done = is_free(next) && units[next].n >= n - have && affordable(n - have);
		if (done)
			take(next, n - have);
	}
	if (done)
		units[i].n = n;
	heap_unlock(irq);
	return done;
}
