// SPDX-License-Identifier: BSD-2-Clause
/* Sparse array of frames (fs/pages.h). */
#include "fs/pages.h"

#include "include/errno.h"
#include "mm/frame.h"
#include "mm/heap.h"

#define BITS 6
#define PLACES (1U << BITS)
#define HEIGHT_MAX ((64 - FRAME_SHIFT + BITS - 1) / BITS)

/* At the lowest level, places hold frames (as addresses); above it, nodes. */
struct node {
	void *places[PLACES];
};

/* How many pages a tree of this height can have. */
static uint64_t capacity(unsigned height)
{
	return height >= HEIGHT_MAX ? UINT64_MAX : 1UL << (BITS * height);
}

static unsigned place_of(uint64_t index, unsigned level)
{
	return (index >> (BITS * level)) % PLACES;
}

phys_t pages_get(const struct pages *pages, uint64_t index)
{
	void *p = pages->root;

	if (index >= capacity(pages->height))
		return FRAME_NONE;
	for (unsigned level = pages->height; level > 0 && p; level--)
		p = ((struct node *)p)->places[place_of(index, level - 1)];
	return (phys_t)p;
}

int pages_set(struct pages *pages, uint64_t index, phys_t frame)
{
	void **place;

	while (index >= capacity(pages->height)) {
		if (pages->root) {
			struct node *node = heap_zalloc(sizeof(*node));

			if (!node)
				return -ENOMEM;
			node->places[0] = pages->root;
			pages->root = node;
		}
		pages->height++;
	}
	place = &pages->root;
	for (unsigned level = pages->height; level > 0; level--) {
		if (!*place) {
			*place = heap_zalloc(sizeof(struct node));
			if (!*place)
				return -ENOMEM; /* empty nodes stay; pages_cut() frees them */
		}
		place = &((struct node *)*place)->places[place_of(index, level - 1)];
	}
	*place = (void *)frame;
	pages->count++;
	return 0;
}

static uint64_t next_below(const struct node *node, unsigned level, uint64_t base, uint64_t index)
{
	for (unsigned i = index > base ? place_of(index, level - 1) : 0; i < PLACES; i++) {
		uint64_t at = base + ((uint64_t)i << (BITS * (level - 1))), found;

		if (!node->places[i])
			continue;
		if (level == 1)
			return at;
		found = next_below(node->places[i], level - 1, at, MAX(at, index));
		if (found != PAGES_NONE)
			return found;
	}
	return PAGES_NONE;
}

uint64_t pages_next(const struct pages *pages, uint64_t index)
{
	if (!pages->root || index >= capacity(pages->height))
		return PAGES_NONE;
	if (!pages->height)
		return 0;
	return next_below(pages->root, pages->height, 0, index);
}

/* Cuts [first, end) out of what hangs at place, a subtree of this height that begins at base. */
static void cut(struct pages *pages, void **place, unsigned height, uint64_t base, uint64_t first,
                uint64_t end)
{
	struct node *node = *place;
	bool empty = true;

	if (!node)
		return;
	if (!height) {
		frame_free((phys_t)node, 0);
		pages->count--;
		*place = NULL;
		return;
	}
	for (unsigned i = 0; i < PLACES; i++) {
		uint64_t at = base + ((uint64_t)i << (BITS * (height - 1)));
		uint64_t last = at + (capacity(height - 1) - 1);

		if (node->places[i] && at < end && last >= first)
			cut(pages, &node->places[i], height - 1, at, first, end);
		empty &= !node->places[i];
	}
	if (empty) {
		heap_free(node);
		*place = NULL;
	}
}

void pages_cut(struct pages *pages, uint64_t first, uint64_t end)
{
	if (first < end && (pages->height || first == 0))
		cut(pages, &pages->root, pages->height, 0, first, end);
	if (!pages->root)
		pages->height = 0;
}
