// SPDX-License-Identifier: BSD-2-Clause
/* mprotect, and what else changes a range of areas: they are cut where it changes them and united
 * where they become the same. */
#include "include/errno.h"
#include "mm/area_space.h"
#include "mm/heap.h"

static bool differs(const struct area *area, struct area_change change)
{
	return (change.prot >= 0 && area->prot != change.prot) ||
	       (change.pages >= 0 && (int)area->pages != change.pages);
}

int area_change(struct address_space *as, virt_t start, virt_t end, struct area_change change)
{
	struct area *first = area_find(as, start), *last = area_find(as, end - 1);
	bool cut_first = first->start < start && differs(first, change);
	bool cut_last = last->end > end && differs(last, change);
	struct area *upper_first = cut_first ? heap_alloc(sizeof(*first)) : NULL;
	struct area *upper_last = cut_last ? heap_alloc(sizeof(*last)) : NULL;

	/* Not all that is borrowed may become writable: it is asked for again. */
	if (change.prot >= 0 && change.prot & PROT_WRITE)
		area_source_return(as, start, end);
	if ((cut_first && !upper_first) || (cut_last && !upper_last) ||
	    (change.prot >= 0 && paging_protect(as->root, start, end, area_pte(change.prot)) != 0)) {
		heap_free(upper_first);
		heap_free(upper_last);
		return -ENOMEM;
	}
	if (cut_last)
		area_cut(as, last, end, upper_last);
	if (cut_first)
		area_cut(as, first, start, upper_first);
	for (struct area *area = area_find(as, start); area && area->start < end;
	     area = area_next(area)) {
		if (change.prot >= 0)
			area->prot = change.prot;
		if (change.pages >= 0)
			area->pages = change.pages;
	}
	area_merge(as, start, end);
	return 0;
}

int area_protect(struct address_space *as, virt_t addr, size_t length, int prot)
{
	struct area_change change = { .prot = prot & PROT_ALL, .pages = -1 };
	virt_t end, covered;
	uint64_t irq;
	int err = 0;

	if (!IS_ALIGNED(addr, FRAME_SIZE) || (prot & ~(PROT_ALL | PROT_SEM)))
		return -EINVAL;
	if (length == 0)
		return 0;
	length = page_round(length);
	if (length == 0 || !in_user_space(addr, length))
		return -ENOMEM;
	if (wx_refused(prot))
		return -EACCES;
	end = addr + length;
	irq = area_lock(as);
	covered = area_covered(as, addr, end);
	if (covered > addr)
		err = AREA_TRY(as, area_change(as, addr, covered, change));
	if (!err && covered < end)
		err = -ENOMEM;
	area_unlock(as, irq);
	return err;
}
