// SPDX-License-Identifier: BSD-2-Clause
/* madvise and mincore. */
#include "arch/x86/clear.h"
#include "arch/x86/trap.h"
#include "include/errno.h"
#include "mm/area_space.h"

/* What Linux knows as a hint and nothing here depends on. */
static bool is_hint(int advice)
{
	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_MERGEABLE:
	case MADV_UNMERGEABLE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_COLLAPSE:
		return true;
	default:
		return false;
	}
}

/* Gives back the frames of all areas in the range; as on Linux, a hole stops nobody. */
static int drop(struct address_space *as, virt_t start, virt_t end)
{
	uint64_t irq = area_lock(as);
	int err = area_covered(as, start, end) < end ? -ENOMEM : 0;

	/* Pages are nowhere but in areas. */
	if (area_drop_pages(as, start, end) != 0)
		err = -ENOMEM;
	area_unlock(as, irq);
	return err;
}

static int populate(struct address_space *as, virt_t start, virt_t end, uint64_t error)
{
	uint64_t irq = area_lock(as);
	bool covered = area_covered(as, start, end) == end;
	int err;

	area_unlock(as, irq);
	if (!covered)
		return -ENOMEM;
	err = area_populate(as, start, end, error);
	return err == -EFAULT ? -EINVAL : err; /* madvise(2): the protection forbids it */
}

/* Which pages later first touches take; what is mapped stays as it is. */
static int choose_pages(struct address_space *as, virt_t start, virt_t end, enum area_pages pages)
{
	uint64_t irq = area_lock(as);
	int err = -ENOMEM;

	if (area_covered(as, start, end) == end)
		err = area_change(as, start, end, (struct area_change){ -1, pages });
	area_unlock(as, irq);
	return err;
}

int area_advise(struct address_space *as, virt_t addr, size_t length, int advice)
{
	size_t bytes = page_round(length);
	virt_t end = addr + bytes;

	if (!IS_ALIGNED(addr, FRAME_SIZE) || (length && !bytes) || end < addr)
		return -EINVAL;
	if (!is_hint(advice) && advice != MADV_DONTNEED && advice != MADV_DONTNEED_LOCKED &&
	    advice != MADV_FREE && advice != MADV_POPULATE_READ && advice != MADV_POPULATE_WRITE &&
	    advice != MADV_HUGEPAGE && advice != MADV_NOHUGEPAGE)
		return -EINVAL;
	if (!bytes)
		return 0;
	if (!in_user_space(addr, bytes))
		return -ENOMEM;
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
		return drop(as, addr, end);
	case MADV_HUGEPAGE:
		return choose_pages(as, addr, end, AREA_PAGES_LARGE);
	case MADV_NOHUGEPAGE:
		return choose_pages(as, addr, end, AREA_PAGES_SMALL);
	case MADV_POPULATE_READ:
		return populate(as, addr, end, 0);
	case MADV_POPULATE_WRITE:
		return populate(as, addr, end, PF_WRITE);
	default:
		return area_resident(as, addr, bytes / FRAME_SIZE, NULL);
	}
}

int area_resident(struct address_space *as, virt_t addr, size_t pages, uint8_t *vec)
{
	uint64_t irq;
	bool covered;

	if (pages > USER_MAX / FRAME_SIZE || !in_user_space(addr, pages * FRAME_SIZE))
		return -ENOMEM;
	irq = area_lock(as);
	covered = area_covered(as, addr, addr + pages * FRAME_SIZE) == addr + pages * FRAME_SIZE;
	for (size_t i = 0; covered && vec && i < pages; i++) {
		unsigned order;
		pte_t flags;
		phys_t pa;

		vec[i] = paging_query(as->root, addr + i * FRAME_SIZE, &pa, &order, &flags);
	}
	area_unlock(as, irq);
	return covered ? 0 : -ENOMEM;
}

/* In [va, end), which lies in one aligned block of 2 MiB. */
static void zero_block(struct address_space *as, virt_t va, virt_t end)
{
	while (va < end) {
		unsigned order;
		pte_t *entry = paging_lookup(as->root, va, &order);
		uint64_t size = FRAME_SIZE << order;
		virt_t next = MIN(end, ALIGN_DOWN(va, size) + size);

		if (paging_mapped(*entry))
			clear_pages(phys_to_virt((*entry & PTE_ADDR & -size) + (va & (size - 1))), next - va);
		va = next;
		/* The other pages of the same table need no walk. */
		while (order == ORDER_4K && va < end && paging_index(++entry)) {
			if (paging_mapped(*entry))
				clear_pages(phys_to_virt(*entry & PTE_ADDR), FRAME_SIZE);
			va += FRAME_SIZE;
		}
	}
}

void area_zero(struct address_space *as, virt_t start, virt_t end)
{
	while (start < end) {
		virt_t next = MIN(end, ALIGN_DOWN(start, LARGE_PAGE) + LARGE_PAGE);
		uint64_t irq = area_lock(as);

		zero_block(as, start, next);
		area_unlock(as, irq);
		start = next;
	}
}
