// SPDX-License-Identifier: BSD-2-Clause
/* Areas (mm/area.h): the address space, mmap, munmap, brk. */
#include "mm/area.h"

#include "arch/x86/trap.h"
#include "include/errno.h"
#include "mm/area_space.h"
#include "mm/frame.h"
#include "mm/heap.h"

/* Where brk's heap begins when no program was loaded that says otherwise. */
#define BRK_DEFAULT GIB(4)

/* MAP_32BIT: Linux gives out the second GiB. */
#define LOW_START GIB(1)
#define LOW_END GIB(2)

/* So many frames (or a 64th of them all) are kept from new areas. */
#define KEEP 64

static struct address_space space;
struct address_space *const program_space = &space;

void area_init(void)
{
	struct frame_stats stats;

	frame_stats(&stats);
	space = (struct address_space){
		.root = paging_root(),
		.brk_start = BRK_DEFAULT,
		.brk_end = BRK_DEFAULT,
#ifdef CONFIG_ASLR
		.top = USER_MAX - AREA_STACK_SPACE,
#endif
		.ram = stats.total * FRAME_SIZE,
	};
	area_tree_init(&space.areas);
	if (IS_ENABLED(CONFIG_RECLAIM))
		frame_set_reclaim(area_reclaim_outside);
}

bool area_may_commit(const struct address_space *as, size_t length, int prot, int flags)
{
	return length <= as->ram || (flags & MAP_NORESERVE) || !(prot & PROT_WRITE);
}

#ifdef CONFIG_ASLR
void area_set_top(struct address_space *as, virt_t top)
{
	as->top = top;
}

static virt_t top_of(const struct address_space *as)
{
	return as->top;
}
#else
static virt_t top_of(const struct address_space *as)
{
	(void)as;
	return USER_MAX - AREA_STACK_SPACE;
}
#endif

virt_t area_place(const struct address_space *as, size_t length, int flags)
{
	virt_t top = top_of(as), at = 0;

	if (flags & MAP_32BIT)
		return area_hole(as, length, LOW_START, LOW_END, FRAME_SIZE);
	if (IS_ENABLED(CONFIG_LARGE_PAGES) && cpu_features.page1g && length >= GIB(1))
		at = area_hole(as, length, USER_MIN, top, GIB(1));
	/* Whole large pages, where that costs no hole in the address space. */
	else if (IS_ENABLED(CONFIG_LARGE_PAGES) && IS_ALIGNED(length, LARGE_PAGE))
		at = area_hole(as, length, USER_MIN, top, LARGE_PAGE);
	if (!at)
		at = area_hole(as, length, USER_MIN, top, FRAME_SIZE);
	return at ? at : area_hole(as, length, USER_MIN, USER_MAX, FRAME_SIZE);
}

int area_add(struct address_space *as, const struct area *like)
{
	struct area *area = heap_alloc(sizeof(*area));

	if (!area)
		return -ENOMEM;
	*area = *like;
	area_insert(as, area);
	area_merge(as, like->start, like->end);
	return 0;
}

void area_release(void *ctx, const struct paging_run *run)
{
	struct address_space *as = ctx;

#ifdef CONFIG_RESERVATIONS
	as->stats.resident -= (uint64_t)run->mapped * FRAME_SIZE;
	if (run->kept) {
		frame_reserve_return(run->pa, run->frames);
		return;
	}
	if (run->mapped < run->frames)
		frame_reserve_left(run->frames - run->mapped);
#else
	as->stats.resident -= (uint64_t)run->frames * FRAME_SIZE;
#endif
	frame_free_run(run->pa, run->frames);
}

int area_drop_pages(struct address_space *as, virt_t start, virt_t end)
{
	area_source_return(as, start, end);
	return paging_unmap(as->root, start, end, IS_ENABLED(CONFIG_RESERVATIONS) && !as->scarce,
	                    area_release, as);
}

int area_clear(struct address_space *as, virt_t start, virt_t end)
{
	struct area *area = area_find(as, start), *upper = NULL;

	if (start >= end || !area || area->start >= end)
		return 0;
	if (area->start < start && area->end > end) {
		upper = heap_alloc(sizeof(*upper));
		if (!upper)
			return -ENOMEM;
	}
	if (area_drop_pages(as, start, end) != 0) {
		heap_free(upper);
		return -ENOMEM;
	}
	if (upper)
		area_cut(as, area, end, upper);
	while (area && area->start < end) {
		struct area *next = area_next(area);

		if (area->start < start)
			area_resize(as, area, area->start, start);
		else if (area->end > end)
			area_resize(as, area, end, area->end);
		else
			area_remove(as, area);
		area = next;
	}
	return 0;
}

/* Where a new area shall begin. Returns an address or -errno. */
static long choose(const struct address_space *as, virt_t addr, size_t length, int flags)
{
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (!in_user_space(addr, length))
			return -ENOMEM;
		if (!IS_ALIGNED(addr, FRAME_SIZE))
			return -EINVAL;
		if (addr < USER_MIN)
			return -EPERM;
		if ((flags & MAP_FIXED_NOREPLACE) && !area_range_free(as, addr, addr + length))
			return -EEXIST;
		return addr;
	}
	addr = ALIGN_DOWN(addr, FRAME_SIZE);
	if (addr) {
		addr = MAX(addr, USER_MIN);
		if (in_user_space(addr, length) && area_range_free(as, addr, addr + length))
			return addr;
	}
	addr = area_place(as, length, flags);
	return addr ? (long)addr : -ENOMEM;
}

/* Who maps on and on until it is told to stop must find a frame then, for what it touches next. */
static bool used_up(const struct address_space *as)
{
	return frame_free_count() < MIN((uint64_t)KEEP, as->ram / FRAME_SIZE / 64);
}

static long map_locked(struct address_space *as, virt_t addr, size_t length, int prot, int flags,
                       struct area_source *source, uint64_t offset)
{
	long at = choose(as, addr, length, flags);
	struct area *area;
	int err;

	if (at < 0)
		return at;
	if (unlikely(used_up(as)))
		return -ENOMEM;
	/* First what can fail: a mapping that is replaced must not be lost for nothing. */
	area = heap_alloc(sizeof(*area));
	if (!area)
		return -ENOMEM;
	err = area_clear(as, at, at + length);
	if (err) {
		heap_free(area);
		return err;
	}
	*area = (struct area){
		.start = at,
		.end = at + length,
		.prot = prot & PROT_ALL,
		.type = flags & MAP_TYPE,
		.source = source,
		.offset = offset,
	};
	area_source_hold(as, area);
	area_insert(as, area);
	area_merge(as, at, at + length);
	return at;
}

/* mmap, with what both kinds have in common. */
static long map(struct address_space *as, virt_t addr, size_t length, int prot, int flags,
                struct area_source *source, uint64_t offset)
{
	int type = flags & MAP_TYPE;
	uint64_t irq;
	long at;

	if (length == 0)
		return -EINVAL;
	length = page_round(length);
	if (length == 0 || length > USER_MAX)
		return -ENOMEM;
	if (type != MAP_PRIVATE && type != MAP_SHARED)
		return -EINVAL;
	if (wx_refused(prot))
		return -EACCES;
	/* No memory was set aside for MAP_HUGETLB; the error is Linux's for that. */
	if ((flags & MAP_HUGETLB) || !area_may_commit(as, length, prot, flags))
		return -ENOMEM;

	irq = area_lock(as);
	at = AREA_TRY(as, map_locked(as, addr, length, prot, flags, source, offset));
	area_unlock(as, irq);
	/* As on Linux, mmap succeeds even where not all pages can be had at once. */
	if (at > 0 && (flags & (MAP_POPULATE | MAP_LOCKED)) && (prot & PROT_ALL))
		(void)area_populate(as, at, at + length, prot & PROT_WRITE ? PF_WRITE : 0);
	return at;
}

long area_map(struct address_space *as, virt_t addr, size_t length, int prot, int flags)
{
	/* A length of 0 is what mmap complains of first. */
	if (length && page_round(length) && !(flags & MAP_ANONYMOUS))
		return -EINVAL;
	return map(as, addr, length, prot, flags, NULL, 0);
}

#ifdef CONFIG_AREA_SOURCES
long area_map_source(struct address_space *as, virt_t addr, size_t length, int prot, int flags,
                     struct area_source *source, uint64_t offset)
{
	if ((flags & MAP_TYPE) == MAP_SHARED_VALIDATE)
		flags = (flags & ~MAP_TYPE) | MAP_SHARED;
	if (!IS_ALIGNED(offset, FRAME_SIZE))
		return -EINVAL;
	if (offset > INT64_MAX || (length <= USER_MAX && length > INT64_MAX - offset))
		return -EOVERFLOW;
	return map(as, addr, length, prot, flags, source, offset);
}
#endif

int area_unmap(struct address_space *as, virt_t addr, size_t length)
{
	uint64_t irq;
	int err;

	length = page_round(length);
	if (!IS_ALIGNED(addr, FRAME_SIZE) || length == 0 || !in_user_space(addr, length))
		return -EINVAL;
	irq = area_lock(as);
	err = AREA_TRY(as, area_clear(as, addr, addr + length));
	area_unlock(as, irq);
	return err;
}

void area_set_brk(struct address_space *as, virt_t start)
{
	as->brk_start = start;
	as->brk_end = start;
}

static int brk_locked(struct address_space *as, virt_t end)
{
	struct area area = { .prot = PROT_READ | PROT_WRITE, .type = MAP_PRIVATE };

	/* Which is how programs ask for the current one. Not -ENOMEM: reclaiming would not help. */
	if (end < as->brk_start || end > USER_MAX)
		return -EINVAL;
	area.start = page_round(as->brk_end);
	area.end = page_round(end);
	if (area.end < area.start)
		return area_clear(as, area.end, area.start);
	if (area.end == area.start)
		return 0;
	if (!area_may_commit(as, area.end - as->brk_start, area.prot, 0) ||
	    !area_range_free(as, area.start, area.end))
		return -EINVAL;
	return area_add(as, &area);
}

virt_t area_brk(struct address_space *as, virt_t end)
{
	uint64_t irq = area_lock(as);

	if (AREA_TRY(as, brk_locked(as, end)) == 0)
		as->brk_end = end;
	end = as->brk_end;
	area_unlock(as, irq);
	return end;
}

void area_stats(struct address_space *as, struct area_stats *stats)
{
	uint64_t irq = area_lock(as);

	*stats = as->stats;
	area_unlock(as, irq);
}

const char *area_policy(void)
{
	struct area_stats stats;
	uint64_t large, huge;
	bool small;

	area_stats(&space, &stats);
	large = stats.large;
	huge = stats.huge;
	small = large < stats.faults;
	if (large == 0)
		return "4 KiB";
	if (IS_ENABLED(CONFIG_LARGE_PAGES) && huge)
		return small ? "4 KiB and 2 MiB, 1 GiB" : "2 MiB, 1 GiB";
	return small ? "4 KiB and 2 MiB" : "2 MiB";
}
