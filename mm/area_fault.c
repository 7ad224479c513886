// SPDX-License-Identifier: BSD-2-Clause
/* First touch: the fault that gives a page its frame. It takes the largest page that fits into the
 * area and that memory allows; where that is 4 KiB, a program that goes through its memory in order
 * gets more and more of them at once. */
#include "arch/x86/trap.h"
#include "include/errno.h"
#include "mm/area_space.h"
#include "mm/frame.h"

/* Small pages mapped at once where it is known that all will be wanted. */
#define POPULATE_MAX 32U
#define AROUND_MAX ((unsigned)CONFIG_FAULT_AROUND)
#define BATCH_MAX MAX(POPULATE_MAX, AROUND_MAX)

static bool allowed(const struct area *area, uint64_t error)
{
	if (error & PF_WRITE)
		return area->prot & PROT_WRITE;
	if (error & PF_FETCH)
		return area->prot & PROT_EXEC;
	return area->prot & PROT_ALL;
}

/* Would there be something left, behind so many bytes, for those to whom they would be no use? */
static bool plentiful(struct address_space *as, uint64_t bytes)
{
	uint64_t left = as->scarce ? as->ram / 2 : as->ram / 8;

	if (frame_free_count() * FRAME_SIZE <= left + bytes)
		return false;
	if (as->scarce)
		as->scarce = false;
	return true;
}

static bool affordable(struct address_space *as, const struct area *area, unsigned order)
{
	uint64_t bytes = FRAME_SIZE << order;

	if (area->pages == AREA_PAGES_LARGE)
		return frame_free_count() * FRAME_SIZE > bytes + as->ram / 64;
	return area->pages == AREA_PAGES_ANY && plentiful(as, bytes);
}

/* Does the whole block of this order around va belong to the area? */
static bool fits(const struct area *area, virt_t va, unsigned order)
{
	virt_t block = ALIGN_DOWN(va, FRAME_SIZE << order);

	return block >= area->start && block < area->end && area->end - block >= FRAME_SIZE << order;
}

/* A page of this order, if it may be at va and can be had; FRAME_NONE: no. */
static phys_t large_page(struct address_space *as, const struct area *area, virt_t va,
                         unsigned order)
{
	if (!fits(area, va, order) || !affordable(as, area, order))
		return FRAME_NONE;
	/* Clearing 1 GiB would take too long. */
	return order == ORDER_1G ? frame_alloc_clean(order) : frame_alloc_zeroed(order);
}

/* Puts a page of zeros around va, in a block with nothing in it. False: no memory for a table, and
 * the page is given back. */
static bool map_large(struct address_space *as, const struct area *area, virt_t va, phys_t page,
                      unsigned order)
{
	if (IS_ENABLED(CONFIG_RECLAIM))
		area_reclaim_prepare(as);
	if (paging_map(as->root, ALIGN_DOWN(va, FRAME_SIZE << order), page, order,
	               area_pte(area->prot)) != 0) {
		frame_free(page, order);
		return false;
	}
	area_count(as, va, FRAME_SIZE << order);
	return true;
}

/* Puts a large page around va, in a block of order hole with nothing in it. Returns its size in
 * bytes; 0: it cannot be. */
static uint64_t touch_large(struct address_space *as, const struct area *area, virt_t va,
                            unsigned hole)
{
	phys_t page = FRAME_NONE;
	unsigned order = ORDER_1G;

	if (hole >= order && cpu_features.page1g)
		page = large_page(as, area, va, order);
	if (page == FRAME_NONE) {
		order = ORDER_2M;
		page = large_page(as, area, va, order);
	}
	if (page == FRAME_NONE || !map_large(as, area, va, page, order))
		return 0;
	return FRAME_SIZE << order;
}

/* How many small pages to map from va on, whose empty entry this is. A program that has touched what
 * lies before gets twice as many as the time before, up to CONFIG_FAULT_AROUND: at most as many
 * pages as it really touched are mapped for nothing. */
static unsigned around(struct address_space *as, const struct area *area, virt_t va, virt_t until,
                       const pte_t *entry)
{
	unsigned index = paging_index(entry);
	unsigned n = 1, most = MIN((area->end - va) >> FRAME_SHIFT, TABLE_ENTRIES - index);

	if (until > va + FRAME_SIZE) {
		n = MIN(most, MIN((until - va) >> FRAME_SHIFT, POPULATE_MAX));
	} else if (AROUND_MAX > 1) {
		most = MIN(most, AROUND_MAX);
		while (n < most && n <= index && paging_mapped(*(entry - n)))
			n *= 2;
		n = MIN(n, most);
		if (n > 1 && !plentiful(as, 0))
			n = 1;
	}
	for (unsigned i = 1; i < n; i++)
		if (paging_mapped(entry[i]) || (IS_ENABLED(CONFIG_RESERVATIONS) && !*entry != !entry[i]))
			return i;
	return n;
}

static int touch_small(struct address_space *as, const struct area *area, virt_t va, virt_t until,
                       pte_t *entry, virt_t *next)
{
	pte_t flags = area_pte(area->prot);
	phys_t frames[BATCH_MAX];
	unsigned n;

#ifdef CONFIG_RESERVATIONS
	if (!*entry)
		area_reserve(as, area, va, entry);
	n = around(as, area, va, until, entry);
	if (*entry) {
		n = area_take_reserved(entry, n, flags);
		area_count(as, va, n * FRAME_SIZE);
		*next = va + n * FRAME_SIZE;
		return 0;
	}
#else
	n = around(as, area, va, until, entry);
#endif
	n = frame_alloc_zeroed_singles(frames, n);
	if (!n)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		paging_fill(entry + i, frames[i], ORDER_4K, flags);
	area_count(as, va, n * FRAME_SIZE);
	*next = va + n * FRAME_SIZE;
	return 0;
}

int area_touch(struct address_space *as, virt_t addr, virt_t until, uint64_t error, virt_t *next)
{
	struct area *area = area_at(as, addr);
	virt_t va = ALIGN_DOWN(addr, FRAME_SIZE);
	unsigned order;
	pte_t *entry;

	if (unlikely(!area || !allowed(area, error)))
		return -EFAULT;
	if (IS_ENABLED(CONFIG_AREA_SOURCES) && unlikely(area->source))
		return area_source_touch(as, area, va, error, next);
	entry = paging_lookup(as->root, va, &order);
	if (unlikely(paging_mapped(*entry))) {
		/* There already: another CPU was faster, or this one remembered what was before. */
		tlb_flush_page(va);
		*next = ALIGN_DOWN(va, FRAME_SIZE << order) + (FRAME_SIZE << order);
		return 0;
	}
	if (order >= ORDER_2M) {
		uint64_t size = IS_ENABLED(CONFIG_LARGE_PAGES) ? touch_large(as, area, va, order) : 0;
		int err = 0;

		*next = ALIGN_DOWN(va, size) + size;
		if (!size)
			err = paging_make_entry(as->root, va, &entry);
		if (size || err)
			return err;
	}
	return touch_small(as, area, va, until, entry, next);
}

#ifdef CONFIG_SMP
/* Gives the page at va a frame, in 2 MiB that this CPU has locked and that map *block. */
static int touch_block(struct address_space *as, const struct area *area, virt_t va, virt_t until,
                       pte_t *block, virt_t *next)
{
	phys_t page = FRAME_NONE;
	pte_t *entry;

	if (IS_ENABLED(CONFIG_LARGE_PAGES) && !*block && fits(area, va, ORDER_2M)) {
		if (IS_ENABLED(CONFIG_RECLAIM) && as->nr_spare < SPARE_MAX)
			return -EAGAIN; /* area_reclaim_prepare() */
		page = large_page(as, area, va, ORDER_2M);
	}
	if (page != FRAME_NONE) {
		paging_fill(block, page, ORDER_2M, area_pte(area->prot));
		area_count(as, va, LARGE_PAGE);
		*next = ALIGN_DOWN(va, LARGE_PAGE) + LARGE_PAGE;
		return 0;
	}
	entry = paging_block_entry(block, va);
	if (!entry)
		return -ENOMEM;
	if (!paging_mapped(*entry))
		return touch_small(as, area, va, until, entry, next);
	tlb_flush_page(va);
	*next = entry == block ? ALIGN_DOWN(va, LARGE_PAGE) + LARGE_PAGE : va + FRAME_SIZE;
	return 0;
}

/* area_touch() beside other CPUs that do the same. -EAGAIN: this is a case for area_lock(). */
static int touch_beside(struct address_space *as, virt_t addr, virt_t until, uint64_t error,
                        virt_t *next)
{
	struct area *area = area_at(as, addr);
	virt_t va = ALIGN_DOWN(addr, FRAME_SIZE);
	pte_t *entry, block;
	int err;

	if (unlikely(!area || !allowed(area, error)))
		return -EFAULT;
	if ((IS_ENABLED(CONFIG_AREA_SOURCES) && area->source) ||
	    (IS_ENABLED(CONFIG_LARGE_PAGES) && cpu_features.page1g && fits(area, va, ORDER_1G) &&
	     paging_hole_1g(as->root, va)))
		return -EAGAIN;
	err = paging_lock_block(as->root, va, &entry, &block);
	if (unlikely(err))
		return err == -EEXIST ? -EAGAIN : err;
	err = touch_block(as, area, va, until, &block, next);
	paging_unlock_block(entry, block);
	return err;
}

/* area_touch() by itself, if possible. Returns as it does, or -EAGAIN. */
static int touch_unlocked(struct address_space *as, virt_t addr, virt_t until, uint64_t error,
                          virt_t *next)
{
	uint64_t irq = area_enter(as);
	int err = touch_beside(as, addr, until, error, next);

	area_leave(as, irq);
	return err == -ENOMEM ? -EAGAIN : err;
}
#else
static inline int touch_unlocked(struct address_space *as, virt_t addr, virt_t until,
                                 uint64_t error, virt_t *next)
{
	(void)as;
	(void)addr;
	(void)until;
	(void)error;
	(void)next;
	return -EAGAIN;
}
#endif

int area_fault(struct address_space *as, virt_t addr, uint64_t error)
{
	uint64_t irq;
	virt_t next;
	int err;

	if (addr < USER_MIN || addr >= USER_MAX)
		return -EFAULT;
	err = touch_unlocked(as, addr, 0, error, &next);
	if (err != -EAGAIN)
		return err;
	irq = area_lock(as);
	err = AREA_TRY(as, area_touch(as, addr, 0, error, &next));
	area_unlock(as, irq);
	return err;
}

#ifdef CONFIG_LARGE_PAGES
/* The area in which 1 GiB at va is to be populated that has nothing in it; NULL: it is not so. */
static struct area *empty_1g(struct address_space *as, virt_t va, uint64_t error)
{
	struct area *area = area_at(as, va);
	unsigned order;

	if (!area || area->source || !allowed(area, error) || !fits(area, va, ORDER_1G) ||
	    *paging_lookup(as->root, va, &order) || order < ORDER_1G)
		return NULL;
	return area;
}

/* Populates 1 GiB at va with one page. Clearing takes so long that it is done without the lock.
 * Returns whether the page is there. */
static bool populate_1g(struct address_space *as, virt_t va, uint64_t error)
{
	uint64_t irq = area_lock(as);
	struct area *area = empty_1g(as, va, error);
	bool wanted = area && affordable(as, area, ORDER_1G), done = false;
	phys_t page;

	area_unlock(as, irq);
	page = wanted ? frame_alloc_zeroed(ORDER_1G) : FRAME_NONE;
	if (page == FRAME_NONE)
		return false;
	irq = area_lock(as);
	area = empty_1g(as, va, error); /* still? */
	if (area)
		done = map_large(as, area, va, page, ORDER_1G);
	area_unlock(as, irq);
	if (!area)
		frame_free(page, ORDER_1G);
	return done;
}
#else
static inline bool populate_1g(struct address_space *as, virt_t va, uint64_t error)
{
	(void)as;
	(void)va;
	(void)error;
	return false;
}
#endif

/* What is populated is zero, so it would be reclaimed for the next page: only what nobody needs is. */
int area_populate(struct address_space *as, virt_t start, virt_t end, uint64_t error)
{
	while (start < end) {
		uint64_t irq;
		int err;

		if (IS_ENABLED(CONFIG_LARGE_PAGES) && cpu_features.page1g && IS_ALIGNED(start, GIB(1)) &&
		    end - start >= GIB(1) && populate_1g(as, start, error)) {
			start += GIB(1);
			continue;
		}
		err = touch_unlocked(as, start, end, error, &start);
		if (!err)
			continue;
		if (err != -EAGAIN)
			return err;
		irq = area_lock(as);
		err = area_touch(as, start, end, error, &start);
		if (IS_ENABLED(CONFIG_RECLAIM) && unlikely(err == -ENOMEM) && area_trim(as))
			err = 0; /* once more */
		area_unlock(as, irq);
		if (err)
			return err;
	}
	return 0;
}
