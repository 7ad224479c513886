// SPDX-License-Identifier: BSD-2-Clause
/* The areas of an address space as a balanced tree by address, in which each subtree knows the
 * largest gap before one of its areas: lookup, insertion, and the search for a hole. */
#include "mm/area_space.h"
#include "mm/heap.h"

static uint64_t gap_max(const struct tree_node *node)
{
	return node ? area_of(node)->gap_max : 0;
}

static bool update(struct tree_node *node)
{
	uint64_t below = MAX(gap_max(node->left), gap_max(node->right));
	uint64_t before = area_of(node)->gap_max;

	area_of(node)->gap_max = MAX(area_of(node)->gap, below);
	return area_of(node)->gap_max != before;
}

void area_tree_init(struct tree *tree)
{
	*tree = (struct tree){ .update = update };
}

struct area *area_find(const struct address_space *as, virt_t addr)
{
	struct tree_node *node = as->areas.root;
	struct area *found = NULL;

	while (node) {
		struct area *area = area_of(node);

		if (area->end > addr) {
			found = area;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return found;
}

bool area_range_free(const struct address_space *as, virt_t start, virt_t end)
{
	const struct area *area = area_find(as, start);

	return !area || area->start >= end;
}

virt_t area_covered(const struct address_space *as, virt_t start, virt_t end)
{
	const struct area *area = area_find(as, start);

	while (area && area->start <= start && start < end) {
		start = area->end;
		area = area_next(area);
	}
	return MIN(start, end);
}

/* Recomputes the gap before area, which may be NULL. */
static void refresh_gap(struct address_space *as, struct area *area)
{
	const struct area *prev;

	if (!area)
		return;
	prev = area_prev(area);
	area->gap = area->start - (prev ? prev->end : USER_MIN);
	tree_update(&as->areas, &area->node);
}

void area_insert(struct address_space *as, struct area *area)
{
	struct tree_node **link = &as->areas.root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = area->start < area_of(parent)->start ? &parent->left : &parent->right;
	}
	area->gap = 0;
	tree_insert(&as->areas, parent, link, &area->node);
	refresh_gap(as, area);
	refresh_gap(as, area_next(area));
	as->stats.areas++;
	as->stats.reserved += area->end - area->start;
}

void area_remove(struct address_space *as, struct area *area)
{
	struct area *next = area_next(area);

	for (unsigned i = 0; i < CONFIG_NR_CPUS; i++)
		if (as->cpu[i].last == area)
			as->cpu[i].last = NULL;
	tree_remove(&as->areas, &area->node);
	refresh_gap(as, next);
	as->stats.areas--;
	as->stats.reserved -= area->end - area->start;
	area_source_drop(as, area);
	heap_free(area);
}

void area_resize(struct address_space *as, struct area *area, virt_t start, virt_t end)
{
	as->stats.reserved += (end - start) - (area->end - area->start);
	area->offset += start - area->start;
	area->start = start;
	area->end = end;
	refresh_gap(as, area);
	refresh_gap(as, area_next(area));
}

void area_cut(struct address_space *as, struct area *area, virt_t addr, struct area *upper)
{
	*upper = *area;
	upper->start = addr;
	upper->offset += addr - area->start;
	area_source_hold(as, upper);
	area_resize(as, area, area->start, addr);
	area_insert(as, upper);
}

static bool alike(const struct area *a, const struct area *b)
{
	return a->prot == b->prot && a->type == b->type && a->pages == b->pages &&
	       a->source == b->source && (!a->source || a->offset + (a->end - a->start) == b->offset);
}

void area_merge(struct address_space *as, virt_t start, virt_t end)
{
	struct area *area = area_find(as, start - 1);

	while (area && area->start <= end) {
		struct area *next = area_next(area);

		if (next && area->end == next->start && alike(area, next)) {
			virt_t to = next->end;

			area_remove(as, next);
			area_resize(as, area, area->start, to);
		} else {
			area = next;
		}
	}
}

/* Where length bytes lie highest in the gap [from, to) within [low, high); 0: nowhere. */
static virt_t fit(virt_t from, virt_t to, size_t length, virt_t low, virt_t high, uint64_t align)
{
	virt_t at;

	from = MAX(from, low);
	to = MIN(to, high);
	if (to <= from || to - from < length)
		return 0;
	at = ALIGN_DOWN(to - length, align);
	return at >= from ? at : 0;
}

/* Goes through the gaps from above, leaving out subtrees that have none large enough. */
virt_t area_hole(const struct address_space *as, size_t length, virt_t low, virt_t high,
                 uint64_t align)
{
	struct tree_node *node = tree_last(&as->areas);
	/* Any gap this large has room for an aligned hole. */
	uint64_t enough = length + (align - FRAME_SIZE);
	virt_t at = fit(node ? area_of(node)->end : USER_MIN, USER_MAX, length, low, high, align);
	bool descend = true;

	node = as->areas.root;
	while (!at && node) {
		struct area *area = area_of(node);
		struct tree_node *child;

		if (descend && area->end < high && gap_max(node->right) >= enough) {
			node = node->right;
			continue;
		}
		if (area->gap >= length)
			at = fit(area->start - area->gap, area->start, length, low, high, align);
		if (at || area->start <= low)
			break;
		if (gap_max(node->left) >= enough) {
			node = node->left;
			descend = true;
			continue;
		}
		/* Up, to the first area that has this subtree on its right. */
		do {
			child = node;
			node = node->parent;
		} while (node && node->left == child);
		descend = false;
	}
	return at;
}
