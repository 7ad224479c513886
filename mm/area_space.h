/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of the areas: the structures, and what mm/area_tree.c gives to the files that implement
 * mm/area.h. All of it wants the address space locked. */
#ifndef PAGURUS_MM_AREA_SPACE_H
#define PAGURUS_MM_AREA_SPACE_H

#include <linux/mman.h>

#include "arch/x86/paging.h"
#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "include/types.h"
#include "lib/tree.h"
#include "mm/area_source.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
#define LARGE_PAGE (FRAME_SIZE << ORDER_2M)

/* Which pages first touch may take: madvise(MADV_NOHUGEPAGE), (MADV_HUGEPAGE). */
enum area_pages {
	AREA_PAGES_ANY,   /* large ones while there is plenty of memory */
	AREA_PAGES_SMALL, /* 4 KiB only */
	AREA_PAGES_LARGE, /* large ones while there is memory */
};

struct area {
	struct tree_node node; /* by address */
	virt_t start, end;     /* [start, end), pages */
	uint64_t gap;          /* bytes between the area before (or USER_MIN) and start */
	uint64_t gap_max;      /* the largest gap in the subtree */
	int prot;
	int type; /* MAP_PRIVATE or MAP_SHARED; the same thing while there is one address space */
	enum area_pages pages;
	struct area_source *source; /* what it shows; NULL: anonymous */
	uint64_t offset;            /* of start in the source, bytes */
};

/* In an entry of a page table (one of the bits left to software): the frame is the source's. */
#define PTE_BORROWED BIT(10)

#define RECENT_MAX 64 /* more than one instruction can need */
#define SPARE_MAX 4   /* splitting at either end of a range, 1 GiB pages down to 4 KiB */

/* What each CPU has for itself. */
struct area_cpu {
	struct area *last;         /* found by area_at(); NULL: none */
	virt_t recent[RECENT_MAX]; /* pages that the last faults brought */
#ifdef CONFIG_SMP
	unsigned nr_recent;     /* so far */
	bool inside;            /* mm/area_lock.c */
	struct area_stats news; /* not yet in those of the address space */
} __aligned(64);
#else
};
#endif

struct address_space {
	struct spinlock lock;
#ifdef CONFIG_SMP
	bool changing; /* somebody has or wants all for himself */
#else
	bool locked; /* area_lock() */
#endif
	phys_t root;
	struct tree areas;
	virt_t brk_start, brk_end;
#ifdef CONFIG_ASLR
	virt_t top; /* mmap's */
#endif
	uint64_t ram;     /* bytes */
	unsigned sources; /* areas that have one */
	/* Memory given back under pressure (mm/area_reclaim.c). */
	bool scarce;       /* it was short, and no large page was affordable since */
	unsigned nr_spare; /* frames for the tables that splitting large pages takes */
	phys_t spare[SPARE_MAX];
	virt_t reclaim_at; /* where the next search begins */
#ifdef CONFIG_RESERVATIONS
	virt_t unreserve_at; /* the same for frames that are only kept */
#endif
	struct area_stats stats;
	struct area_cpu cpu[CONFIG_NR_CPUS];
};

static inline struct area_cpu *area_cpu(struct address_space *as)
{
	return &as->cpu[CONFIG_NR_CPUS > 1 ? cpu_id() : 0];
}

/* The lock. Between area_enter() and area_leave() other CPUs may be inside too, and page tables are
 * only added to; with area_lock() one CPU has all for itself. area_trylock() refuses where this CPU is
 * inside already: who runs out of frames there must not reclaim. */
#ifdef CONFIG_SMP
uint64_t area_lock(struct address_space *as);
bool area_trylock(struct address_space *as, uint64_t *irq);
void area_unlock(struct address_space *as, uint64_t irq);
uint64_t area_enter(struct address_space *as);
void area_leave(struct address_space *as, uint64_t irq);
#else
static inline uint64_t area_lock(struct address_space *as)
{
	uint64_t irq = spin_lock(&as->lock);

	as->locked = true;
	return irq;
}

static inline void area_unlock(struct address_space *as, uint64_t irq)
{
	as->locked = false;
	spin_unlock(&as->lock, irq);
}

static inline bool area_trylock(struct address_space *as, uint64_t *irq)
{
	if (as->locked)
		return false;
	*irq = area_lock(as);
	return true;
}
#endif

/* A page that a fault has brought, with so many bytes. */
static inline void area_count(struct address_space *as, virt_t va, uint64_t bytes)
{
	struct area_cpu *cpu = area_cpu(as);
#ifdef CONFIG_SMP
	struct area_stats *stats = &cpu->news;
	unsigned at = cpu->nr_recent++;
#else
	struct area_stats *stats = &as->stats;
	unsigned at = stats->faults;
#endif

	cpu->recent[at % RECENT_MAX] = va;
	stats->faults++;
	stats->resident += bytes;
	stats->large += bytes >= LARGE_PAGE;
	stats->huge += bytes > LARGE_PAGE;
}

static inline struct area *area_of(const struct tree_node *node)
{
	return container_of(node, struct area, node);
}

static inline struct area *area_next(const struct area *area)
{
	struct tree_node *node = tree_next(&area->node);

	return node ? area_of(node) : NULL;
}

static inline struct area *area_prev(const struct area *area)
{
	struct tree_node *node = tree_prev(&area->node);

	return node ? area_of(node) : NULL;
}

/* bytes rounded up to pages; 0 where that overflows. */
static inline size_t page_round(size_t bytes)
{
	return ALIGN_UP(bytes, FRAME_SIZE);
}

/* Does [addr, addr + length) lie below USER_MAX, without overflow? */
static inline bool in_user_space(virt_t addr, size_t length)
{
	return length <= USER_MAX && addr <= USER_MAX - length;
}

void area_tree_init(struct tree *tree);

/* The first area that ends above addr (it may begin above addr too); NULL: none. */
struct area *area_find(const struct address_space *as, virt_t addr);

/* The area that addr lies in; NULL: none. Cheap where it is the one of the call before. */
static inline struct area *area_at(struct address_space *as, virt_t addr)
{
	struct area_cpu *cpu = area_cpu(as);
	struct area *area = cpu->last;

	if (unlikely(!area || addr < area->start || addr >= area->end)) {
		area = area_find(as, addr);
		if (!area || area->start > addr)
			return NULL;
		cpu->last = area;
	}
	return area;
}

/* Is [start, end) free of areas? */
bool area_range_free(const struct address_space *as, virt_t start, virt_t end);

/* Where [start, end) stops being covered by areas without a hole; start: at once. */
virt_t area_covered(const struct address_space *as, virt_t start, virt_t end);

void area_insert(struct address_space *as, struct area *area);
/* Takes area out of the tree and frees it. */
void area_remove(struct address_space *as, struct area *area);
void area_resize(struct address_space *as, struct area *area, virt_t start, virt_t end);
/* Cuts area at addr; upper, unused memory, becomes the part above. */
void area_cut(struct address_space *as, struct area *area, virt_t addr, struct area *upper);
/* Unites all neighbours that are alike between the area before start and the one behind end. */
void area_merge(struct address_space *as, virt_t start, virt_t end);

/* The highest hole of length bytes in [low, high), aligned to align; 0: none. */
virt_t area_hole(const struct address_space *as, size_t length, virt_t low, virt_t high,
                 uint64_t align);

/* mm/area.c */

/* May this much memory of this protection and these mmap flags be had at all? */
bool area_may_commit(const struct address_space *as, size_t length, int prot, int flags);

/* An address for length bytes that nothing uses, chosen as mmap does; 0: none. */
virt_t area_place(const struct address_space *as, size_t length, int flags);

/* Puts an area like this one where nothing is; unites it with its neighbours. Returns 0, -ENOMEM. */
int area_add(struct address_space *as, const struct area *like);

/* Takes areas and pages in [start, end) away. Returns 0, or -ENOMEM: then nothing has changed. */
int area_clear(struct address_space *as, virt_t start, virt_t end);

/* Gives pages in [start, end) back; areas stay. Returns 0, or -ENOMEM: nothing has changed. */
int area_drop_pages(struct address_space *as, virt_t start, virt_t end);
/* For paging_unmap(): gives the frames back. */
void area_release(void *ctx, const struct paging_run *run);

/* W and X at once, where that is refused? */
static inline bool wx_refused(int prot)
{
	return IS_ENABLED(CONFIG_WX_STRICT) && (prot & PROT_WRITE) && (prot & PROT_EXEC);
}

/* Page-table flags for a protection; 0: no access. */
static inline pte_t area_pte(int prot)
{
	if (!(prot & PROT_ALL))
		return 0;
	return PTE_BASE | (prot & PROT_WRITE ? PTE_W : 0) | (prot & PROT_EXEC ? 0 : PTE_NX);
}

#ifdef CONFIG_AREA_SOURCES
/* mm/area_source.c: first touch of an area that shows a file: as area_touch(), or -ENXIO. */
int area_source_touch(struct address_space *as, struct area *area, virt_t va, uint64_t error,
                      virt_t *next);
/* Takes what is borrowed in [start, end) out of the page tables. The areas must be in the tree; those
 * that show no file cost nothing. */
void area_source_return(struct address_space *as, virt_t start, virt_t end);
/* There is one more or less area like this. */
void area_source_hold(struct address_space *as, const struct area *area);
void area_source_drop(struct address_space *as, const struct area *area);
#else
static inline int area_source_touch(struct address_space *as, struct area *area, virt_t va,
                                    uint64_t error, virt_t *next)
{
	(void)as;
	(void)area;
	(void)va;
	(void)error;
	(void)next;
	return 0;
}

static inline void area_source_return(struct address_space *as, virt_t start, virt_t end)
{
	(void)as;
	(void)start;
	(void)end;
}

static inline void area_source_hold(struct address_space *as, const struct area *area)
{
	(void)as;
	(void)area;
}

static inline void area_source_drop(struct address_space *as, const struct area *area)
{
	(void)as;
	(void)area;
}
#endif

/* mm/area_fault.c: gives the page at addr a frame, and those behind it that will want one, up to
 * until for sure. *next: behind what is there now. Returns 0, -EFAULT or -ENOMEM. */
int area_touch(struct address_space *as, virt_t addr, virt_t until, uint64_t error, virt_t *next);
/* The same for all pages of [start, end), taking the lock for each. Stops at the first error. */
int area_populate(struct address_space *as, virt_t start, virt_t end, uint64_t error);

/* mm/area_protect.c: changes all areas of [start, end), which is covered, and what they map; they
 * are cut at its ends where that makes a difference. Returns 0, or -ENOMEM: nothing has changed. */
struct area_change {
	int prot;  /* -1: stays */
	int pages; /* enum area_pages; -1: stays */
};
int area_change(struct address_space *as, virt_t start, virt_t end, struct area_change change);

/* mm/area_reclaim.c: gives frames back whose pages hold nothing but zeros, as pages do that were
 * mapped ahead of need or as part of a large page, and never written to. Returns whether it found
 * some. */
bool area_reclaim(struct address_space *as);
/* The part of it that a call may do which has filled pages with zeros itself: what nobody needs. */
bool area_trim(struct address_space *as);
/* Keeps frames for that. Called when there is plenty. */
void area_reclaim_prepare(struct address_space *as);
/* For frame_set_reclaim(). */
bool area_reclaim_outside(void);

#ifdef CONFIG_RESERVATIONS
/* mm/area_reserve.c: keeps frames for the empty page at va and those around it, where there is
 * plenty. */
void area_reserve(const struct address_space *as, const struct area *area, virt_t va, pte_t *entry);
/* Maps up to n pages from this entry on with the frames kept for them. Returns how many there were. */
unsigned area_take_reserved(pte_t *entry, unsigned n, pte_t flags);
/* The frame kept in an entry that is not mapped is not wanted. */
void area_vacate(pte_t *entry);
/* Gives frames back that are kept and not used. Returns whether there were any. */
bool area_unreserve(struct address_space *as);
#else
static inline void area_vacate(pte_t *entry)
{
	(void)entry;
}

static inline bool area_unreserve(struct address_space *as)
{
	(void)as;
	return false;
}
#endif

/* A call that, where it found no frame, is made again as long as some can be reclaimed. */
#ifdef CONFIG_RECLAIM
#define AREA_TRY(as, call)                                                                         \
	({                                                                                             \
		__typeof__(call) result_;                                                                  \
		do                                                                                         \
			result_ = (call);                                                                      \
		while (unlikely(result_ == -ENOMEM) && area_reclaim(as));                                  \
		result_;                                                                                   \
	})
#else
#define AREA_TRY(as, call) (call)
#endif

#endif
