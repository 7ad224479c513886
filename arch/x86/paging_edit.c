// SPDX-License-Identifier: BSD-2-Clause
/* Page tables: taking away, changing and moving what a range maps. Large pages at the ends of the
 * range are split before anything changes, so that no operation stops half way. */
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/paging_walk.h"
#include "arch/x86/smp.h"
#include "include/errno.h"
#include "include/panic.h"

/* Beyond so many entries of one operation, the whole TLB is flushed instead. */
#define FLUSH_ENTRIES_MAX 32

/* What of the TLBs an operation still has to flush. */
struct flush {
	unsigned done;
	bool all;
#ifdef CONFIG_SMP
	bool others; /* they have to flush pages from first to last */
	virt_t first, last;
#endif
};

/* Other CPUs have to be told of the page at va. */
static void flush_note(struct flush *flush, virt_t va)
{
#ifdef CONFIG_SMP
	if (!flush->others || va < flush->first)
		flush->first = va;
	if (!flush->others || va > flush->last)
		flush->last = va;
	flush->others = true;
#else
	(void)flush;
	(void)va;
#endif
}

static void flush_entry(struct flush *flush, virt_t va)
{
	if (flush->done++ < FLUSH_ENTRIES_MAX)
		tlb_flush_page(va);
	else
		flush->all = true;
	flush_note(flush, va);
}

/* tables: page tables are about to be freed. */
static void flush_rest(struct flush *flush, bool tables)
{
	if (flush->all)
		tlb_flush_all();
#ifdef CONFIG_SMP
	if (flush->all)
		tlb_flush_others(0, UINT64_MAX, tables);
	else if (flush->others)
		tlb_flush_others(flush->first, flush->last + 1, tables);
#else
	(void)tables;
#endif
}

/* Runs of pages, and tables, that are out of the tree but not given back before the TLB is flushed. */
#define BATCH 64
#define RUN_TABLE UINT8_MAX /* in the place of an order: one frame that was a table */

struct run {
	virt_t va;
	phys_t pa;
	uint32_t pages;
	uint8_t order; /* of each page */
};

struct unmap {
	void (*release)(void *ctx, phys_t pa, size_t frames);
	void *ctx;
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
		uint64_t step = run->order == RUN_TABLE ? 0 : FRAME_SIZE << run->order;

		for (uint32_t k = 0; k < run->pages; k++)
			tlb_flush_page(run->va + k * step);
		flush_note(&flush, run->va);
		flush_note(&flush, run->va + (run->pages - 1) * step);
	}
	flush_rest(&flush, u->tables);
}

static void unmap_release(struct unmap *u)
{
	unmap_flush(u);
	for (unsigned i = 0; i < u->n; i++) {
		const struct run *run = &u->batch[i];

		if (run->order == RUN_TABLE)
			upcall_table_free(run->pa);
		else if (u->release)
			u->release(u->ctx, run->pa, (size_t)run->pages << run->order);
	}
	u->n = u->pages = 0;
	u->tables = false;
}

/* Notes what is out of the tree now. */
static void unmap_note(struct unmap *u, struct run run)
{
	if (u->n && run.order != RUN_TABLE) {
		struct run *last = &u->batch[u->n - 1];
		uint64_t bytes = last->pages * (FRAME_SIZE << run.order);

		if (last->order == run.order && last->va + bytes == run.va && last->pa + bytes == run.pa) {
			last->pages += run.pages;
			u->pages += run.pages;
			return;
		}
	}
	if (u->n == BATCH)
		unmap_release(u);
	u->batch[u->n++] = run;
	if (IS_ENABLED(CONFIG_SMP))
		u->tables = u->tables || run.order == RUN_TABLE;
	u->pages += run.pages;
}

/* Do four entries map four frames from next on, with its flags? */
static inline bool are_run(const pte_t *entry, pte_t next)
{
	return entry[0] == next && entry[1] == next + FRAME_SIZE && entry[2] == next + 2 * FRAME_SIZE &&
	       entry[3] == next + 3 * FRAME_SIZE;
}

/* Empties entries that map one run of frames with equal flags, the first of which is not empty.
 * Returns behind the last one. */
static pte_t *unmap_run(pte_t *entry, const pte_t *last)
{
	pte_t next = *entry;

	while (last - entry >= 8 && are_run(entry, next) && are_run(entry + 4, next + 4 * FRAME_SIZE)) {
#pragma GCC unroll 8
		for (unsigned i = 0; i < 8; i++)
			WRITE_ONCE(entry[i], 0);
		entry += 8;
		next += 8 * FRAME_SIZE;
	}
	while (entry < last && *entry == next) {
		WRITE_ONCE(*entry, 0);
		entry++;
		next += FRAME_SIZE;
	}
	return entry;
}

/* Empties [start, end), which lies in this table of 4 KiB pages. */
static void unmap_small(struct unmap *u, pte_t *table, virt_t start, virt_t end)
{
	pte_t *origin = &table[level_index(start, 1)], *entry = origin;
	pte_t *last = entry + ((end - start) >> FRAME_SHIFT);

	while (entry < last) {
		virt_t va = start + (entry - origin) * FRAME_SIZE;
		phys_t pa = *entry & PTE_ADDR;
		pte_t *first = entry;

		if (!pa) {
			entry++;
			continue;
		}
		entry = unmap_run(entry, last);
		unmap_note(u, (struct run){ va, pa, entry - first, 0 });
	}
}

/* Looks at the neighbours of an entry first: a table that is not empty is often full around there. */
static bool table_empty(const pte_t *table, unsigned index)
{
	if (table[(index + 1) % TABLE_ENTRIES] || table[(index - 1) % TABLE_ENTRIES])
		return false;
	for (unsigned i = 0; i < TABLE_ENTRIES; i += 8)
		if (table[i] | table[i + 1] | table[i + 2] | table[i + 3] | table[i + 4] | table[i + 5] |
		    table[i + 6] | table[i + 7])
			return false;
	return true;
}

/* Empties [start, end), which lies in this table's span. Returns whether the table may be empty now:
 * not where something stays in the range, which can only be tables. */
static bool unmap_level(struct unmap *u, pte_t *table, unsigned level, virt_t start, virt_t end)
{
	bool gone = true;
	virt_t next;

	if (level == 1) {
		unmap_small(u, table, start, end);
		return true;
	}
	for (virt_t va = start; va < end; va = next) {
		pte_t *entry = &table[level_index(va, level)];
		pte_t old = *entry;
		bool whole, empty;

		next = MIN(end, level_next(va, level));
		whole = next - va == level_size(level);
		if (!old)
			continue;
		if (is_page(old, level)) {
			WRITE_ONCE(*entry, 0);
			unmap_note(u, (struct run){ va, page_address(old, level), 1, level_order(level) });
			continue;
		}
		empty = unmap_level(u, table_of(old), level - 1, va, next) &&
		        (whole || table_empty(table_of(old), level_index(va, level - 1)));
		if (empty && !u->keep_tables) {
			WRITE_ONCE(*entry, 0);
			unmap_note(u, (struct run){ va, old & PTE_ADDR, 1, RUN_TABLE });
		} else {
			gone = false;
		}
	}
	return gone;
}

static int split_ends(phys_t root, virt_t start, virt_t end)
{
	int err = paging_split(root, start);

	return err ? err : paging_split(root, end);
}

int paging_unmap(phys_t root, virt_t start, virt_t end,
                 void (*release)(void *ctx, phys_t pa, size_t frames), void *ctx)
{
	struct unmap u;
	int err;

	if (start >= end)
		return 0;
	err = split_ends(root, start, end);
	if (err)
		return err;
	u.release = release;
	u.ctx = ctx;
	u.keep_tables = start >= USER_MAX;
	u.n = u.pages = 0;
	u.tables = false;
	unmap_level(&u, phys_to_virt(root), LEVEL_ROOT, start, end);
	unmap_release(&u);
	return 0;
}

int paging_protect(phys_t root, virt_t start, virt_t end, pte_t flags)
{
	pte_t set = flags & (PTE_P | PTE_W | PTE_NX);
	struct flush flush = { 0 };
	unsigned level;
	pte_t *entry;
	int err;

	if (start >= end)
		return 0;
	err = split_ends(root, start, end);
	if (err)
		return err;
	if (!(set & PTE_P))
		set |= PTE_HELD;
	for (virt_t va = start; (entry = paging_next(root, &va, end, &level));
	     va = level_next(va, level)) {
		pte_t new = (*entry & ~(PTE_P | PTE_W | PTE_NX | PTE_HELD)) | set;

		if (new == *entry)
			continue;
		WRITE_ONCE(*entry, new);
		flush_entry(&flush, va);
	}
	flush_rest(&flush, false);
	return 0;
}

/* Makes tables for what [from, end) maps, delta further up (modulo 2^64), and splits the pages that
 * cannot lie there as they are. */
static int move_prepare(phys_t root, virt_t from, virt_t end, uint64_t delta)
{
	unsigned level;
	pte_t *entry, *target;

	for (virt_t va = from; (entry = paging_next(root, &va, end, &level));) {
		int err = -EEXIST;

		if (IS_ALIGNED(va + delta, level_size(level)))
			err = paging_walk(root, va + delta, level, upcall_table_alloc, &target);
		if (err == 0 && *target)
			err = -EEXIST;
		if (err == -EEXIST && level > 1)
			err = paging_split_entry(entry, level, va);
		else
			va = level_next(va, level);
		if (err)
			return err;
	}
	return 0;
}

static phys_t no_table(void)
{
	return 0;
}

int paging_move(phys_t root, virt_t from, virt_t to, size_t size)
{
	struct flush flush = { 0 };
	unsigned level;
	pte_t *entry, *target;
	int err = split_ends(root, from, from + size);

	if (!err)
		err = move_prepare(root, from, from + size, to - from);
	if (err == -ENOMEM) /* there are only tables that were made in vain */
		paging_unmap(root, to, to + size, NULL, NULL);
	if (err)
		return err;
	for (virt_t va = from; (entry = paging_next(root, &va, from + size, &level));
	     va = level_next(va, level)) {
		err = paging_walk(root, va - from + to, level, no_table, &target);
		ASSERT(err == 0);
		WRITE_ONCE(*target, *entry);
		WRITE_ONCE(*entry, 0);
		flush_entry(&flush, va);
	}
	flush_rest(&flush, false);
	return paging_unmap(root, from, from + size, NULL, NULL);
}
