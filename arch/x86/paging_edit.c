// SPDX-License-Identifier: BSD-2-Clause
/* Page tables: taking away, changing and moving what a range maps. Large pages at the ends of the
 * range are split before anything changes, so that no operation stops half way. */
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/paging_walk.h"
#include "include/errno.h"
#include "include/panic.h"

/* Beyond so many entries of one operation, the whole TLB is flushed instead. */
#define FLUSH_ENTRIES_MAX 32

/* What of the TLB an operation still has to flush. */
struct flush {
	unsigned done;
	bool all;
};

static void flush_entry(struct flush *flush, virt_t va)
{
	if (flush->done++ < FLUSH_ENTRIES_MAX)
		tlb_flush_page(va);
	else
		flush->all = true;
}

static void flush_rest(struct flush *flush)
{
	if (flush->all)
		tlb_flush_all();
	flush->all = false;
}

/* Pages and tables that are out of the tree but not given back before the TLB is flushed: physical
 * addresses with the order in the low bits. */
#define BATCH 64
#define BATCH_TABLE 0x800

struct unmap {
	void (*release)(void *ctx, phys_t pa, unsigned order);
	void *ctx;
	struct flush flush;
	bool keep_tables;
	unsigned n;
	phys_t batch[BATCH];
};

static void unmap_release(struct unmap *u)
{
	flush_rest(&u->flush);
	for (unsigned i = 0; i < u->n; i++) {
		phys_t pa = u->batch[i] & PTE_ADDR;
		unsigned low = u->batch[i] & FRAME_MASK;

		if (low == BATCH_TABLE)
			upcall_table_free(pa);
		else if (u->release)
			u->release(u->ctx, pa, low);
	}
	u->n = 0;
}

static void unmap_entry(struct unmap *u, pte_t *entry, virt_t va, phys_t item)
{
	if (u->n == BATCH)
		unmap_release(u);
	WRITE_ONCE(*entry, 0);
	flush_entry(&u->flush, va);
	u->batch[u->n++] = item;
}

static bool table_empty(const pte_t *table)
{
	for (unsigned i = 0; i < TABLE_ENTRIES; i++)
		if (table[i])
			return false;
	return true;
}

/* Empties [start, end), which lies in this table's span. */
static void unmap_level(struct unmap *u, pte_t *table, unsigned level, virt_t start, virt_t end)
{
	virt_t next;

	for (virt_t va = start; va < end; va = next) {
		pte_t *entry = &table[level_index(va, level)];
		pte_t old = *entry;

		next = MIN(end, level_next(va, level));
		if (!old)
			continue;
		if (is_page(old, level)) {
			unmap_entry(u, entry, va, page_address(old, level) | level_order(level));
			continue;
		}
		unmap_level(u, table_of(old), level - 1, va, next);
		if (u->keep_tables)
			continue;
		if (next - va == level_size(level) || table_empty(table_of(old)))
			unmap_entry(u, entry, va, (old & PTE_ADDR) | BATCH_TABLE);
	}
}

static int split_ends(phys_t root, virt_t start, virt_t end)
{
	int err = paging_split(root, start);

	return err ? err : paging_split(root, end);
}

int paging_unmap(phys_t root, virt_t start, virt_t end,
                 void (*release)(void *ctx, phys_t pa, unsigned order), void *ctx)
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
	u.flush = (struct flush){ 0 };
	u.keep_tables = start >= USER_MAX;
	u.n = 0;
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
	flush_rest(&flush);
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
	flush_rest(&flush);
	return paging_unmap(root, from, from + size, NULL, NULL);
}
