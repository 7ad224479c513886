/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of the page-table code: the shape of the tree. Level 4 is the root, level 1 a page table;
 * an entry of level 2 or 3 with PTE_PS is a large page. An entry of 0 is empty. */
#ifndef PAGURUS_X86_PAGING_WALK_H
#define PAGURUS_X86_PAGING_WALK_H

#include "arch/x86/paging.h"

#define LEVEL_ROOT 4

/* What an entry that points to a table says; the entries below it restrict. */
#define PTE_TABLE (PTE_P | PTE_W | PTE_A)

static inline unsigned level_shift(unsigned level)
{
	return FRAME_SHIFT + 9 * (level - 1);
}

static inline uint64_t level_size(unsigned level)
{
	return 1UL << level_shift(level);
}

static inline unsigned level_order(unsigned level)
{
	return 9 * (level - 1);
}

static inline unsigned level_index(virt_t va, unsigned level)
{
	return va >> level_shift(level) & (TABLE_ENTRIES - 1);
}

/* Where the page of the entry that holds va ends. */
static inline virt_t level_next(virt_t va, unsigned level)
{
	return ALIGN_DOWN(va, level_size(level)) + level_size(level);
}

/* Is this entry, which is not empty, a page (and no table)? */
static inline bool is_page(pte_t entry, unsigned level)
{
	return level == 1 || (entry & PTE_PS);
}

static inline pte_t *table_of(pte_t entry)
{
	return phys_to_virt(entry & PTE_ADDR);
}

static inline phys_t page_address(pte_t entry, unsigned level)
{
	return ALIGN_DOWN(entry & PTE_ADDR, level_size(level));
}

/* Finds va's entry of this level, making the tables above it. Returns 0, -ENOMEM, or -EEXIST: a
 * large page is in the way. */
int paging_walk(phys_t root, virt_t va, unsigned level, phys_t (*alloc)(void), pte_t **entry);

/* Finds the first page in [*va, end), not splitting any; *va becomes where it (or the part that
 * lies in the range) begins. NULL: there is none. */
pte_t *paging_next(phys_t root, virt_t *va, virt_t end, unsigned *level);

/* Splits the large pages that begin or end inside of the range. Returns 0 or -ENOMEM. */
int paging_split_ends(phys_t root, virt_t start, virt_t end);

/* Replaces the large page in entry by a table of smaller pages. Returns 0 or -ENOMEM. */
int paging_split_entry(pte_t *entry, unsigned level, virt_t va);

#endif
