// SPDX-License-Identifier: BSD-2-Clause
/* Page tables: taking back the frames that are kept for pages which nobody has touched yet. */
#include "arch/x86/paging.h"
#include "arch/x86/paging_walk.h"

/* Empties the entries of this table that only keep a frame. Returns how many. */
static long empty_table(pte_t *entry, void (*release)(phys_t pa, size_t frames))
{
	const pte_t *last = entry + TABLE_ENTRIES;
	long taken = 0;

	while (entry < last) {
		phys_t pa = *entry & PTE_ADDR;
		size_t frames = 0;

		while (entry < last && *entry && !paging_mapped(*entry) &&
		       (*entry & PTE_ADDR) == pa + frames * FRAME_SIZE) {
			WRITE_ONCE(*entry, 0); /* no TLB knows of it */
			entry++;
			frames++;
		}
		if (frames)
			release(pa, frames);
		else
			entry++;
		taken += frames;
	}
	return taken;
}

virt_t paging_unreserve(phys_t root, virt_t va, virt_t end, long *frames,
                        void (*release)(phys_t pa, size_t frames))
{
	while (va<end && * frames> 0) {
		pte_t *table = phys_to_virt(root);
		unsigned level = LEVEL_ROOT;

		for (; level > 1; level--) {
			pte_t entry = table[level_index(va, level)];

			if (!paging_mapped(entry) || is_page(entry, level))
				break;
			table = table_of(entry);
		}
		if (level == 1) {
			*frames -= empty_table(table, release);
			level = 2;
		}
		va = level_next(va, level);
	}
	return va;
}
