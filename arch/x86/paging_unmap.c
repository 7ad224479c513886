// SPDX-License-Identifier: BSD-2-Clause
/* Page tables: taking away what a range maps, and the frames that are kept in it. */
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/paging_flush.h"
#include "arch/x86/paging_walk.h"
#include "include/errno.h"

/* Runs of pages, and tables, that are out of the tree but not given back before the TLB is flushed. */
#define BATCH 48

struct run {
	struct paging_run taken;
	virt_t va;
	uint8_t order; /* of each page */
	bool table;    /* one frame that was a table */
};

#ifdef CONFIG_RESERVATIONS
#define TAKEN(pa, frames, mapped, kept) ((struct paging_run){ pa, frames, mapped, kept })
#define MAPPED(taken) ((taken).mapped)
#else
#define TAKEN(pa, frames, mapped, kept) ((struct paging_run){ pa, frames })
#define MAPPED(taken) ((taken).frames)
#endif

struct unmap {
	paging_release *release;
	void *ctx;
	bool keep;
	bool keep_tables;
	bool tables;    /* there are some among the runs */
	unsigned pages; /* of all runs, tables included */
	unsigned n;
	struct run batch[BATCH];
};

static void unmap_flush(struct unmap *u)
{
	struct flush flush = { .all = u->pages > FLUSH_ENTRIES_MAX };

	for (unsigned i = 0; i < u->n && !flush.all; i++) {
		const struct run *run = &u->batch[i];
		uint64_t step = FRAME_SIZE << run->order, size = run->taken.frames * FRAME_SIZE;

		if (!MAPPED(run->taken))
			continue;
		for (uint64_t at = 0; at < size; at += step)
			tlb_flush_page(run->va + at);
		flush_note(&flush, run->va);
		flush_note(&flush, run->va + size - step);
	}
	flush_rest(&flush, u->tables);
}

static void unmap_release(struct unmap *u)
{
	unmap_flush(u);
	for (unsigned i = 0; i < u->n; i++) {
		const struct run *run = &u->batch[i];

		if (run->table)
			upcall_table_free(run->taken.pa);
		else if (u->release)
			u->release(u->ctx, &run->taken);
		else if (IS_ENABLED(CONFIG_RESERVATIONS) && !MAPPED(run->taken))
			upcall_reserved_free(run->taken.pa, run->taken.frames);
	}
	u->n = u->pages = 0;
	u->tables = false;
}

/* May these be one run? What the caller does not want to hear of stays apart from what is freed. */
static bool continues(const struct unmap *u, const struct run *last, const struct run *run)
{
	uint64_t bytes = last->taken.frames * FRAME_SIZE;

	if (last->order != run->order || last->va + bytes != run->va ||
	    last->taken.pa + bytes != run->taken.pa || last->table)
		return false;
#ifdef CONFIG_RESERVATIONS
	return last->taken.kept == run->taken.kept &&
	       (u->release || !last->taken.mapped == !run->taken.mapped);
#else
	(void)u;
	return true;
#endif
}

/* Notes what is out of the tree now. */
static void unmap_note(struct unmap *u, virt_t va, unsigned order, bool table,
                       struct paging_run taken)
{
	struct run run = { taken, va, order, table };
	unsigned pages = MAPPED(taken) ? taken.frames >> order : 0;

	if (u->n && !table) {
		struct run *last = &u->batch[u->n - 1];

		if (continues(u, last, &run)) {
			last->taken.frames += taken.frames;
#ifdef CONFIG_RESERVATIONS
			last->taken.mapped += taken.mapped;
#endif
			u->pages += pages;
			return;
		}
	}
	if (u->n == BATCH)
		unmap_release(u);
	u->batch[u->n++] = run;
	u->pages += pages;
	if (IS_ENABLED(CONFIG_SMP))
		u->tables = u->tables || table;
}

/* Do four entries map four frames from next on, with its flags? */
static inline bool are_run(const pte_t *entry, pte_t next)
{
	return entry[0] == next && entry[1] == next + FRAME_SIZE && entry[2] == next + 2 * FRAME_SIZE &&
	       entry[3] == next + 3 * FRAME_SIZE;
}

/* What stays in an entry from which this page is taken. */
static inline pte_t left_of(pte_t page, bool keep)
{
	return keep ? (page & PTE_ADDR) | PTE_RESERVED : 0;
}

/* Empties entries that map one run of frames with equal flags, the first of which is not empty.
 * Returns behind the last one. (With CONFIG_RESERVATIONS whole tables are for take_run().) */
static pte_t *unmap_run(pte_t *entry, const pte_t *last, bool keep)
{
	pte_t next = *entry, left = left_of(next, keep), step = keep ? FRAME_SIZE : 0;

	while (!IS_ENABLED(CONFIG_OPTIMIZE_SIZE) && !IS_ENABLED(CONFIG_RESERVATIONS) &&
	       last - entry >= 8 && are_run(entry, next) && are_run(entry + 4, next + 4 * FRAME_SIZE)) {
#pragma GCC unroll 8
		for (unsigned i = 0; i < 8; i++, left += step)
			WRITE_ONCE(entry[i], left);
		entry += 8;
		next += 8 * FRAME_SIZE;
	}
	while (entry < last && *entry == next) {
		WRITE_ONCE(*entry, left);
		entry++;
		left += step;
		next += FRAME_SIZE;
	}
	return entry;
}

#ifdef CONFIG_RESERVATIONS
/* Do eight entries hold the eight frames from next on? *mapped grows by how many of them are. */
static inline bool are_frames(const pte_t *entry, phys_t next, unsigned *mapped)
{
	pte_t differ = 0, states = 0;

#pragma GCC unroll 8
	for (unsigned i = 0; i < 8; i++) {
		differ |= entry[i] ^ (next + i * FRAME_SIZE);
		states += entry[i] & (PTE_P | PTE_HELD);
	}
	if (differ & PTE_ADDR)
		return false;
	*mapped += (states & (PTE_HELD - 1)) + states / PTE_HELD;
	return true;
}

/* Empties entries that hold one run of frames, mapped or kept, the first of which is not empty. Returns
 * behind the last one. */
static pte_t *take_run(pte_t *entry, const pte_t *last, unsigned *mapped)
{
	phys_t next = *entry & PTE_ADDR;

	for (*mapped = 0; last - entry >= 8; next += 8 * FRAME_SIZE, entry += 8) {
		pte_t page = next | (*entry & ~PTE_ADDR);

		if (are_run(entry, page) && are_run(entry + 4, page + 4 * FRAME_SIZE))
			*mapped += paging_mapped(page) ? 8 : 0;
		else if (!are_frames(entry, next, mapped))
			break;
#pragma GCC unroll 8
		for (unsigned i = 0; i < 8; i++)
			WRITE_ONCE(entry[i], 0);
	}
	for (; entry < last && (*entry & PTE_ADDR) == next; next += FRAME_SIZE, entry++) {
		*mapped += paging_mapped(*entry);
		WRITE_ONCE(*entry, 0);
	}
	return entry;
}
#else
static inline pte_t *take_run(pte_t *entry, const pte_t *last, unsigned *mapped)
{
	pte_t *end = unmap_run(entry, last, false);

	*mapped = end - entry;
	return end;
}
#endif

/* Empties [start, end), which lies in this table of 4 KiB pages. whole: of the frames that are kept
 * for pages too. */
static void unmap_small(struct unmap *u, pte_t *table, virt_t start, virt_t end, bool whole)
{
	pte_t *origin = &table[level_index(start, 1)], *entry = origin;
	pte_t *last = entry + ((end - start) >> FRAME_SHIFT);

	while (entry < last) {
		virt_t va = start + (entry - origin) * FRAME_SIZE;
		pte_t old = *entry, *first = entry;
		bool keep = IS_ENABLED(CONFIG_RESERVATIONS) && !whole && u->keep && (old & PTE_RESERVED);
		unsigned mapped;

		if (!old || (!whole && !paging_mapped(old))) {
			entry++;
			continue;
		}
		if (IS_ENABLED(CONFIG_RESERVATIONS) && whole && u->release) {
			entry = take_run(entry, last, &mapped);
		} else {
			entry = unmap_run(entry, last, keep);
			mapped = paging_mapped(old) ? entry - first : 0;
		}
		unmap_note(u, va, 0, false, TAKEN(old & PTE_ADDR, entry - first, mapped, keep));
	}
}

/* How much is in the table: 0: nothing, 1: frames that are kept, but nothing is mapped, 2: pages or
 * tables. Looks at the neighbours of an entry first: a table that is not empty is often full around
 * there. */
static unsigned table_content(const pte_t *table, unsigned index)
{
	unsigned content = 0;

	if (paging_mapped(table[(index + 1) % TABLE_ENTRIES]) ||
	    paging_mapped(table[(index - 1) % TABLE_ENTRIES]))
		return 2;
	for (unsigned i = 0; i < TABLE_ENTRIES; i += 8) {
		pte_t eight = table[i] | table[i + 1] | table[i + 2] | table[i + 3] | table[i + 4] |
		              table[i + 5] | table[i + 6] | table[i + 7];

		if (unlikely(eight)) {
			if (paging_mapped(eight))
				return 2;
			content = 1;
		}
	}
	return content;
}

static bool unmap_level(struct unmap *u, pte_t *table, unsigned level, virt_t start, virt_t end);

/* Empties [start, end), which lies in the span of this table. Returns whether nothing is left in it. */
static bool unmap_table(struct unmap *u, pte_t *table, unsigned level, virt_t start, virt_t end)
{
	bool whole = end - start == level_size(level + 1);
	unsigned content;

	if (level > 1) {
		bool gone = unmap_level(u, table, level, start, end);

		return gone && (whole || !table_content(table, level_index(start, level)));
	}
	unmap_small(u, table, start, end, whole);
	content = whole ? 0 : table_content(table, level_index(start, 1));
	if (IS_ENABLED(CONFIG_RESERVATIONS) && content == 1) {
		virt_t first = ALIGN_DOWN(start, level_size(2));

		unmap_small(u, table, first, first + level_size(2), true);
		content = 0;
	}
	return !content;
}

/* Empties [start, end), which lies in this table's span. Returns whether the table may be empty now:
 * not where something stays in the range, which can only be tables. */
static bool unmap_level(struct unmap *u, pte_t *table, unsigned level, virt_t start, virt_t end)
{
	bool gone = true;
	virt_t next;

	for (virt_t va = start; va < end; va = next) {
		pte_t *entry = &table[level_index(va, level)];
		pte_t old = *entry;

		next = MIN(end, level_next(va, level));
		if (!old)
			continue;
		if (is_page(old, level)) {
			WRITE_ONCE(*entry, 0);
			unmap_note(u, va, level_order(level), false,
			           TAKEN(page_address(old, level), 1U << level_order(level),
			                 1U << level_order(level), false));
			continue;
		}
		if (unmap_table(u, table_of(old), level - 1, va, next) && !u->keep_tables) {
			WRITE_ONCE(*entry, 0);
			unmap_note(u, va, 0, true, TAKEN(old & PTE_ADDR, 1, 1, false));
		} else {
			gone = false;
		}
	}
	return gone;
}

int paging_unmap(phys_t root, virt_t start, virt_t end, bool keep, paging_release *release,
                 void *ctx)
{
	struct unmap u;
	int err;

	if (start >= end)
		return 0;
	err = paging_split_ends(root, start, end);
	if (err)
		return err;
	u.release = release;
	u.ctx = ctx;
	u.keep = IS_ENABLED(CONFIG_RESERVATIONS) && keep;
	u.keep_tables = start >= USER_MAX;
	u.n = u.pages = 0;
	u.tables = false;
	unmap_level(&u, phys_to_virt(root), LEVEL_ROOT, start, end);
	unmap_release(&u);
	return 0;
}
