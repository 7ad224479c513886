/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of the areas: the structures, and what mm/area_tree.c gives to the files that implement
 * mm/area.h. All of it wants the address space's lock held. */
#ifndef PAGURUS_MM_AREA_SPACE_H
#define PAGURUS_MM_AREA_SPACE_H

#include <linux/mman.h>

#include "arch/x86/paging.h"
#include "arch/x86/spinlock.h"
#include "include/types.h"
#include "lib/tree.h"
#include "mm/area.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
#define LARGE_PAGE (FRAME_SIZE << ORDER_2M)

/* Where the content of a page comes from on first touch. */
enum area_origin {
	AREA_ANONYMOUS, /* zeros */
};

struct area {
	struct tree_node node; /* by address */
	virt_t start, end;     /* [start, end), pages */
	uint64_t gap;          /* bytes between the area before (or USER_MIN) and start */
	uint64_t gap_max;      /* the largest gap in the subtree */
	enum area_origin origin;
	int prot;
	int type; /* MAP_PRIVATE or MAP_SHARED; the same thing while there is one address space */
};

struct address_space {
	struct spinlock lock;
	phys_t root;
	struct tree areas;
	virt_t brk_start, brk_end;
	uint64_t ram; /* bytes */
	struct area_stats stats;
};

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

/* W and X at once, where that is refused? */
static inline bool wx_refused(int prot)
{
	return IS_ENABLED(CONFIG_WX_STRICT) && (prot & PROT_WRITE) && (prot & PROT_EXEC);
}

/* Page-table flags for a protection; 0: no access. */
pte_t area_pte(int prot);

/* mm/area_fault.c: gives the page at addr a frame. *order: of the page that is there now. */
int area_touch(struct address_space *as, virt_t addr, uint64_t error, unsigned *order);
/* The same for all pages of [start, end), taking the lock for each. Stops at the first error. */
int area_populate(struct address_space *as, virt_t start, virt_t end, uint64_t error);

#endif
