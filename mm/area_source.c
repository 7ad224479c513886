// SPDX-License-Identifier: BSD-2-Clause
/* Areas that show a file (mm/area_source.h). What an area borrows from its source is marked in its
 * page-table entry, and taken away before anybody could take it for the area's own. */
#include "mm/area_source.h"

#include "arch/x86/trap.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/area_space.h"
#include "mm/frame.h"

#define AROUND ((uint64_t)CONFIG_FAULT_AROUND)

static uint64_t index_of(const struct area *area, virt_t va)
{
	return (area->offset + (va - area->start)) >> FRAME_SHIFT;
}

static bool is_shared(const struct area *area)
{
	return area->type != MAP_PRIVATE;
}

/* A borrowed page is written to in place only where everybody shall see it. */
static pte_t borrowed_pte(const struct area *area)
{
	pte_t flags = area_pte(area->prot) | PTE_BORROWED;

	return is_shared(area) ? flags : flags & ~PTE_W;
}

/* Takes what is borrowed in [start, end) of one area out of the page tables. */
static void return_borrowed(struct address_space *as, virt_t start, virt_t end)
{
	virt_t run = 0, va = start;

	while (va < end) {
		unsigned order;
		const pte_t *entry = paging_lookup(as->root, va, &order);
		bool borrowed = *entry & PTE_BORROWED;

		if (borrowed && !run)
			run = va;
		if (!borrowed && run) {
			(void)paging_unmap(as->root, run, va, false, NULL, NULL); /* nothing to split */
			run = 0;
		}
		va = ALIGN_DOWN(va, FRAME_SIZE << order) + (FRAME_SIZE << order);
	}
	if (run)
		(void)paging_unmap(as->root, run, end, false, NULL, NULL);
}

void area_source_return(struct address_space *as, virt_t start, virt_t end)
{
	if (!as->sources)
		return;
	for (struct area *area = area_find(as, start); area && area->start < end;
	     area = area_next(area))
		if (area->source)
			return_borrowed(as, MAX(start, area->start), MIN(end, area->end));
}

/* Gives the empty page at va a frame of its own: a copy, or zeros for FRAME_NONE. */
static int own(struct address_space *as, const struct area *area, virt_t va, phys_t original)
{
	phys_t frame = original ? frame_alloc(0) : frame_alloc_zeroed(0);
	pte_t *entry;
	int err;

	if (frame == FRAME_NONE)
		return -ENOMEM;
	if (original)
		memcpy(phys_to_virt(frame), phys_to_virt(original), FRAME_SIZE);
	err = paging_make_entry(as->root, va, &entry);
	if (err) {
		frame_free(frame, 0);
		return err;
	}
	area_vacate(entry);
	paging_fill(entry, frame, ORDER_4K, area_pte(area->prot));
	as->stats.resident += FRAME_SIZE;
	return 0;
}

/* Puts a copy in the place of the borrowed page at va, for who writes to it. */
static int copy_borrowed(struct address_space *as, const struct area *area, virt_t va, pte_t *entry)
{
	phys_t frame = frame_alloc(0);

	if (frame == FRAME_NONE)
		return -ENOMEM;
	memcpy(phys_to_virt(frame), phys_to_virt(*entry & PTE_ADDR), FRAME_SIZE);
	paging_replace(entry, va, frame | area_pte(area->prot));
	as->stats.resident += FRAME_SIZE;
	return 0;
}

/* Shows the empty page at va, and those behind it that are empty too and cost nothing to show.
 * Returns behind the last. */
static virt_t borrow(struct address_space *as, struct area *area, virt_t va, phys_t frame,
                     pte_t *entry)
{
	uint64_t most = MIN(AROUND, (area->end - va) >> FRAME_SHIFT);
	pte_t flags = borrowed_pte(area);

	area_vacate(entry);
	most = MIN(most, (uint64_t)(TABLE_ENTRIES - paging_index(entry)));
	for (uint64_t i = 0; i < most; i++) {
		if (i &&
		    (entry[i] || area->source->ops->page(area->source, index_of(area, va), false, &frame) ||
		     !frame))
			break;
		paging_fill(entry + i, frame, ORDER_4K, flags);
		va += FRAME_SIZE;
		if (is_shared(area))
			break;
	}
	(void)as;
	return va;
}

int area_source_touch(struct address_space *as, struct area *area, virt_t va, uint64_t error,
                      virt_t *next)
{
	bool write = error & PF_WRITE;
	phys_t frame;
	unsigned order;
	pte_t *entry = paging_lookup(as->root, va, &order);
	int err;

	*next = va + FRAME_SIZE;
	area_count(as, va, 0);
	if (paging_mapped(*entry)) {
		if (!write || is_shared(area) || !(*entry & PTE_BORROWED)) {
			tlb_flush_page(va); /* another CPU was faster */
			return 0;
		}
		return copy_borrowed(as, area, va, entry);
	}
	err = area->source->ops->page(area->source, index_of(area, va), is_shared(area), &frame);
	if (err)
		return err;
	if (!frame || (write && !is_shared(area)))
		return own(as, area, va, frame);
	err = paging_make_entry(as->root, va, &entry);
	if (!err)
		*next = borrow(as, area, va, frame, entry);
	return err;
}

void area_source_hold(struct address_space *as, const struct area *area)
{
	if (!area->source)
		return;
	area->source->ops->hold(area->source);
	as->sources++;
}

void area_source_drop(struct address_space *as, const struct area *area)
{
	if (!area->source)
		return;
	as->sources--;
	area->source->ops->drop(area->source);
}

void area_source_cut(struct address_space *as, const void *key, uint64_t first, uint64_t end)
{
	uint64_t irq = area_lock(as);

	for (struct area *area = area_find(as, 0); area; area = area_next(area)) {
		uint64_t pages = (area->end - area->start) >> FRAME_SHIFT, from, to;
		uint64_t index = index_of(area, area->start);

		if (!area->source || area->source->key != key || index >= end || index + pages <= first)
			continue;
		from = MAX(first, index) - index;
		to = MIN(end - index, pages);
		(void)area_drop_pages(as, area->start + from * FRAME_SIZE, area->start + to * FRAME_SIZE);
	}
	area_unlock(as, irq);
}

bool area_info(struct address_space *as, virt_t addr, struct area_info *info)
{
	uint64_t irq = area_lock(as);
	struct area *area = area_find(as, addr);
	struct area_source *source = NULL;

	if (area) {
		*info = (struct area_info){ .start = area->start,
			                        .end = area->end,
			                        .prot = area->prot,
			                        .shared = is_shared(area),
			                        .offset = area->offset };
		source = area->source;
		if (source)
			source->ops->hold(source);
		if (area->start >= ALIGN_UP(as->brk_start, FRAME_SIZE) && !source &&
		    area->end <= ALIGN_UP(as->brk_end, FRAME_SIZE))
			memcpy(info->name, "[heap]", 7);
	}
	area_unlock(as, irq);
	if (source) {
		source->ops->describe(source, info->name, sizeof(info->name), &info->dev, &info->ino);
		source->ops->drop(source);
	}
	return area;
}
