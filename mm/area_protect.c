// SPDX-License-Identifier: BSD-2-Clause
/* mprotect: areas are cut where the protection changes and united where it becomes the same. */
#include "include/errno.h"
#include "mm/area_space.h"
#include "mm/heap.h"

/* [start, end) is covered by areas. */
static int protect_covered(struct address_space *as, virt_t start, virt_t end, int prot)
{
	struct area *first = area_find(as, start), *last = area_find(as, end - 1);
	bool cut_first = first->start < start && first->prot != prot;
	bool cut_last = last->end > end && last->prot != prot;
	struct area *upper_first = cut_first ? heap_alloc(sizeof(*first)) : NULL;
	struct area *upper_last = cut_last ? heap_alloc(sizeof(*last)) : NULL;

	if ((cut_first && !upper_first) || (cut_last && !upper_last) ||
	    paging_protect(as->root, start, end, area_pte(prot)) != 0) {
		heap_free(upper_first);
		heap_free(upper_last);
		return -ENOMEM;
	}
	if (cut_last)
		area_cut(as, last, end, upper_last);
	if (cut_first)
		area_cut(as, first, start, upper_first);
	for (struct area *area = area_find(as, start); area && area->start < end;
	     area = area_next(area))
		area->prot = prot;
	area_merge(as, start, end);
	return 0;
}

int area_protect(struct address_space *as, virt_t addr, size_t length, int prot)
{
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
	irq = spin_lock(&as->lock);
	covered = area_covered(as, addr, end);
	if (covered > addr)
		err = protect_covered(as, addr, covered, prot & PROT_ALL);
	if (!err && covered < end)
		err = -ENOMEM;
	spin_unlock(&as->lock, irq);
	return err;
}
