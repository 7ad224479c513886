// SPDX-License-Identifier: BSD-2-Clause
/* Page tables: changing and moving what a range maps. Large pages at the ends of the
 * range are split before anything changes, so that no operation stops half way. */
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/paging_flush.h"
#include "arch/x86/paging_walk.h"
#include "include/errno.h"
#include "include/panic.h"

int paging_protect(phys_t root, virt_t start, virt_t end, pte_t flags)
{
	pte_t set = flags & (PTE_P | PTE_W | PTE_NX);
	struct flush flush = { 0 };
	unsigned level;
	pte_t *entry;
	int err;

	if (start >= end)
		return 0;
	err = paging_split_ends(root, start, end);
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

void paging_replace(pte_t *entry, virt_t va, pte_t page)
{
	struct flush flush = { 0 };

	WRITE_ONCE(*entry, page);
	flush_entry(&flush, va);
	flush_rest(&flush, false);
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
		if (err == 0 && paging_mapped(*target))
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
	pte_t *entry, *target, kept;
	int err = paging_split_ends(root, from, from + size);

	if (!err)
		err = move_prepare(root, from, from + size, to - from);
	if (err == -ENOMEM) /* there are only tables that were made in vain */
		paging_unmap(root, to, to + size, false, NULL, NULL);
	if (err)
		return err;
	for (virt_t va = from; (entry = paging_next(root, &va, from + size, &level));
	     va = level_next(va, level)) {
		err = paging_walk(root, va - from + to, level, no_table, &target);
		ASSERT(err == 0);
		kept = IS_ENABLED(CONFIG_RESERVATIONS) ? *target : 0;
		WRITE_ONCE(*target, *entry);
		WRITE_ONCE(*entry, kept);
		flush_entry(&flush, va);
	}
	flush_rest(&flush, false);
	return paging_unmap(root, from, from + size, false, NULL, NULL);
}
