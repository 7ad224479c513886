/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a cpio archive in the form that Linux takes as initial RAM disk ("newc", with or without
 * checksums: Documentation/driver-api/early-userspace/buffer-format.rst). Pure; reads nothing outside
 * the buffer, believes nothing. Archives may follow each other, with zeros between. */
#ifndef PAGURUS_FS_CPIO_H
#define PAGURUS_FS_CPIO_H

#include "include/types.h"

struct cpio {
	const char *data;
	size_t size;
	size_t at;           /* the next header */
	const char *problem; /* where cpio_next() fails: what is wrong */
};

struct cpio_entry {
	const char *name; /* relative, without leading "/" or "./", no ".." in it; "" is the root */
	size_t name_len;
	uint32_t ino, mode, uid, gid, nlink, mtime;
	uint32_t dev, rdev; /* major << 8 | minor */
	const char *data;
	size_t size;
};

/* Does this begin like an archive? */
bool cpio_is_archive(const void *data, size_t size);

static inline struct cpio cpio_open(const void *data, size_t size)
{
	return (struct cpio){ .data = data, .size = size };
}

/* The next entry. Returns 1, 0 at the end, or -EINVAL: cpio->problem says why. */
int cpio_next(struct cpio *cpio, struct cpio_entry *entry);

#endif
