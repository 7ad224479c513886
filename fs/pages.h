/* SPDX-License-Identifier: BSD-2-Clause */
/* The pages of a file: a sparse array of frames by page number, a tree of nodes with 64 places that
 * is as high as the largest number needs. Not locked. */
#ifndef PAGURUS_FS_PAGES_H
#define PAGURUS_FS_PAGES_H

#include "include/types.h"

struct pages {
	void *root;      /* height 0: the frame of page 0 itself */
	unsigned height; /* levels of nodes */
	uint64_t count;  /* frames in it */
};

#define PAGES_NONE UINT64_MAX

/* The frame of page index; 0: none. */
phys_t pages_get(const struct pages *pages, uint64_t index);

/* Gives page index, which has none, a frame. Returns 0 or -ENOMEM. Nothing has changed then. */
int pages_set(struct pages *pages, uint64_t index, phys_t frame);

/* The first page from index on that has a frame; PAGES_NONE: none. */
uint64_t pages_next(const struct pages *pages, uint64_t index);

/* Takes the frames of pages [first, end) out and frees them. */
void pages_cut(struct pages *pages, uint64_t first, uint64_t end);

#endif
