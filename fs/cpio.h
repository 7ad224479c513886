/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a cpio archive in the form that Linux takes as initial RAM disk ("newc", with or without
 * checksums: Documentation/driver-api/early-userspace/buffer-format.rst). Pure; reads nothing outside
 * the buffer, believes nothing. Archives may follow each other, with zeros between. */
#ifndef PAGURUS_FS_CPIO_H
#define PAGURUS_FS_CPIO_H

#include "include/types.h"

struct cpio_entry {
	const char *name; /* relative, without leading "/" or "./", no ".." in it; "" is the root */
	size_t name_len;
	size_t dir_len; /* of the name, without the last slash; 0: it is in the root */
	bool same_dir;  /* as the entry before; of the first one: in the root */
	const char *data;
	union {
		struct { /* in the header's order */
			uint32_t ino, mode, uid, gid, nlink, mtime, size;
			uint32_t dev_major, dev_minor, rdev_major, rdev_minor;
			uint32_t name_size, check;
		};
		uint32_t field[13];
	};
};

struct cpio {
	const char *data;
	size_t size;
	size_t at;           /* the next header */
	const char *problem; /* where cpio_next() fails: what is wrong */
	unsigned archive;    /* how many have ended before the entry */
	struct cpio_entry entry;
	/* Of the entry before, with which most have much in common: */
	uint64_t text[13]; /* its header's digits, */
	const char *name;  /* its name as it stands there, */
	size_t dir_size;   /* how much of that is its directory, with the slash, */
	size_t trimmed;    /* and how much of that means nothing */
};

/* Does this begin like an archive? */
bool cpio_is_archive(const void *data, size_t size);

/* Begins to read. A later part of the same archive is read by setting at, where an entry begins. */
void cpio_open(struct cpio *cpio, const void *data, size_t size);

/* The next entry: cpio->entry. Returns 1, 0 at the end, or -EINVAL: cpio->problem says why. */
int cpio_next(struct cpio *cpio);

/* A device number as the kernel has them. */
static inline uint32_t cpio_device(uint32_t major, uint32_t minor)
{
	return major << 8 | (minor & 0xff);
}

#endif
