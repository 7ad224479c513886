// SPDX-License-Identifier: BSD-2-Clause
/* Frames that lie in memory as their pages lie in the area: where a page is touched for the first time
 * around which there is nothing, and memory is plentiful, blocks of frames are kept for it and its
 * neighbours, in their entries of the page table. Pages that are given back leave their frames there,
 * until memory is short or nothing is mapped by the table any more. */
#include "mm/area_space.h"
#include "mm/frame.h"

/* So many pages at least get one block. */
#define CHUNK_ORDER 4
#define CHUNK (1U << CHUNK_ORDER)

/* Frames given back at once under pressure. */
#define UNRESERVE_FRAMES 64

static __noinline bool empty(const pte_t *entry)
{
	pte_t any = 0;

#pragma GCC unroll 16
	for (unsigned i = 0; i < CHUNK; i++)
		any |= entry[i];
	return !any;
}

static void fill(pte_t *entry, phys_t block, unsigned order, bool clean)
{
	pte_t next = block | PTE_RESERVED | (clean ? PTE_CLEAN : 0);

	for (const pte_t *end = entry + (1U << order); entry < end; entry += CHUNK) {
#pragma GCC unroll 4
		for (unsigned i = 0; i < CHUNK; i++, next += FRAME_SIZE)
			WRITE_ONCE(entry[i], next);
	}
}

/* A quarter of memory stays for those who need larger blocks. */
static bool plentiful(const struct address_space *as, unsigned frames)
{
	return !as->scarce &&
	       frame_free_count() - frame_reserved_about() > as->ram / FRAME_SIZE / 4 + frames;
}

void area_reserve(const struct address_space *as, const struct area *area, virt_t va, pte_t *entry)
{
	unsigned index = paging_index(entry);
	unsigned low = index - MIN(index, (va - area->start) >> FRAME_SHIFT);
	unsigned high = index + MIN(TABLE_ENTRIES - index, (area->end - va) >> FRAME_SHIFT);
	unsigned from = ALIGN_DOWN(index, CHUNK), to = from + CHUNK;
	pte_t *table = entry - index;

	if (from < low || to > high || !empty(table + from) || !plentiful(as, TABLE_ENTRIES))
		return;
	while (from >= low + CHUNK && empty(table + from - CHUNK))
		from -= CHUNK;
	while (to + CHUNK <= high && empty(table + to))
		to += CHUNK;
	for (unsigned order; from < to; from += 1U << order) {
		phys_t block = FRAME_NONE;
		bool clean;

		order = MIN(__builtin_ctz(from | TABLE_ENTRIES), 31 - __builtin_clz(to - from)) + 1;
		while (block == FRAME_NONE && order > CHUNK_ORDER)
			block = frame_reserve(--order, &clean);
		if (block == FRAME_NONE)
			return;
		fill(table + from, block, order, clean);
	}
}

unsigned area_take_reserved(pte_t *entry, unsigned n, pte_t flags)
{
	unsigned done = 0;

	while (done < n && entry[done] && !paging_mapped(entry[done])) {
		pte_t first = entry[done];
		unsigned run = 1;

		while (done + run < n && entry[done + run] == first + run * FRAME_SIZE)
			run++;
		frame_reserve_take(first & PTE_ADDR, run, first & PTE_CLEAN);
		for (unsigned i = 0; i < run; i++)
			paging_fill(entry + done + i, (first & PTE_ADDR) + i * FRAME_SIZE, ORDER_4K,
			            flags | PTE_RESERVED);
		done += run;
	}
	return done;
}

void area_vacate(pte_t *entry)
{
	phys_t frame = *entry & PTE_ADDR;

	if (!frame)
		return;
	WRITE_ONCE(*entry, 0);
	frame_reserve_free(frame, 1);
}

bool area_unreserve(struct address_space *as)
{
	long missing = UNRESERVE_FRAMES;
	virt_t at = as->unreserve_at;

	if (!frame_reserved())
		return false;
	as->unreserve_at = paging_unreserve(as->root, at, USER_MAX, &missing, frame_reserve_free);
	if (missing > 0)
		as->unreserve_at = paging_unreserve(as->root, 0, at, &missing, frame_reserve_free);
	return missing < UNRESERVE_FRAMES;
}
