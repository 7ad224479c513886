/* SPDX-License-Identifier: BSD-2-Clause */
/* Areas that show a file: what the room that has the file (fs/) gives to first touch. A source is
 * held by every area that shows it. Its frames stay its own: areas only show them, and a private
 * area copies one before it is written to. */
#ifndef PAGURUS_MM_AREA_SOURCE_H
#define PAGURUS_MM_AREA_SOURCE_H

#include "mm/area.h"

struct area_source;

struct area_source_ops {
	/* The frame of page index. shared: it will be written to in place, or must show what others
	 * write; else it is only read. FRAME_NONE for a private area: zeros. Returns 0, -ENXIO (behind
	 * the end), -ENOMEM. The areas' lock is held: does not sleep, does not touch areas. */
	int (*page)(struct area_source *source, uint64_t index, bool shared, phys_t *frame);
	/* One area more or less has it; the same context. */
	void (*hold)(struct area_source *source);
	void (*drop)(struct area_source *source);
	/* For /proc/self/maps: as snprintf; *dev, *ino as stat has them. */
	int (*describe)(struct area_source *source, char *buf, size_t size, uint64_t *dev,
	                uint64_t *ino);
};

struct area_source {
	const struct area_source_ops *ops;
	const void *key; /* equal for all sources that show the same pages */
};

/* mmap of a source, from byte offset on (a multiple of 4 KiB). As area_map(); length > 0. */
long area_map_source(struct address_space *as, virt_t addr, size_t length, int prot, int flags,
                     struct area_source *source, uint64_t offset);

/* Takes pages [first, end) of every source with this key away from all areas, private copies too:
 * the next touch asks the source again. */
void area_source_cut(struct address_space *as, const void *key, uint64_t first, uint64_t end);

/* What /proc/self/maps says of an area. */
struct area_info {
	virt_t start, end;
	int prot;
	bool shared;
	uint64_t offset; /* of a source */
	uint64_t dev, ino;
	char name[256]; /* "": anonymous */
};

/* The first area that ends above addr. Returns false where there is none. */
bool area_info(struct address_space *as, virt_t addr, struct area_info *info);

#endif
