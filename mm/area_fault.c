// SPDX-License-Identifier: BSD-2-Clause
/* First touch: the fault that gives a page its frame. */
#include "arch/x86/trap.h"
#include "include/errno.h"
#include "mm/area_space.h"
#include "mm/frame.h"

static bool allowed(const struct area *area, uint64_t error)
{
	if (error & PF_WRITE)
		return area->prot & PROT_WRITE;
	if (error & PF_FETCH)
		return area->prot & PROT_EXEC;
	return area->prot & PROT_ALL;
}

/* A large page must leave something for those to whom a large page is no use. */
static bool plentiful(const struct address_space *as)
{
	return frame_free_count() * FRAME_SIZE > as->ram / 8 + LARGE_PAGE;
}

/* Puts a zeroed page at va, where nothing is. Returns 0, -ENOMEM or -EEXIST. */
static int map_zeroed(struct address_space *as, const struct area *area, virt_t va, unsigned order)
{
	phys_t page = frame_alloc_zeroed(order);
	int err;

	if (page == FRAME_NONE)
		return -ENOMEM;
	err = paging_map(as->root, va, page, order, area_pte(area->prot));
	if (err) {
		frame_free(page, order);
		return err;
	}
	as->stats.resident += FRAME_SIZE << order;
	as->stats.faults++;
	as->stats.large += order >= ORDER_2M;
	return 0;
}

int area_touch(struct address_space *as, virt_t addr, uint64_t error, unsigned *order)
{
	struct area *area = area_find(as, addr);
	virt_t block = ALIGN_DOWN(addr, LARGE_PAGE);
	unsigned hole;
	pte_t flags;
	phys_t pa;

	if (!area || area->start > addr || !allowed(area, error))
		return -EFAULT;
	if (paging_query(as->root, addr, &pa, order, &flags)) {
		/* There already: another CPU was faster, or this one remembered what was before. */
		tlb_flush_page(addr);
		return 0;
	}
	hole = *order;
	if (IS_ENABLED(CONFIG_LARGE_PAGES) && hole >= ORDER_2M && block >= area->start &&
	    block + LARGE_PAGE <= area->end && plentiful(as)) {
		*order = ORDER_2M;
		if (map_zeroed(as, area, block, ORDER_2M) == 0)
			return 0;
	}
	*order = ORDER_4K;
	return map_zeroed(as, area, ALIGN_DOWN(addr, FRAME_SIZE), ORDER_4K);
}

int area_fault(struct address_space *as, virt_t addr, uint64_t error)
{
	uint64_t irq;
	unsigned order;
	int err;

	if (addr < USER_MIN || addr >= USER_MAX)
		return -EFAULT;
	irq = spin_lock(&as->lock);
	err = area_touch(as, addr, error, &order);
	spin_unlock(&as->lock, irq);
	return err;
}

int area_populate(struct address_space *as, virt_t start, virt_t end, uint64_t error)
{
	while (start < end) {
		uint64_t irq = spin_lock(&as->lock);
		unsigned order;
		int err = area_touch(as, start, error, &order);

		spin_unlock(&as->lock, irq);
		if (err)
			return err;
		start = ALIGN_DOWN(start, FRAME_SIZE << order) + (FRAME_SIZE << order);
	}
	return 0;
}
