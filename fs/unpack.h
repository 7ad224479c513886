/* SPDX-License-Identifier: BSD-2-Clause */
/* Unpacking modules that came compressed: what the formats have in common (fs/unpack.c), and the
 * formats, each by an existing library's code (fs/gunzip.c, fs/unzstd.c, fs/unlz4.c). */
#ifndef PAGURUS_FS_UNPACK_H
#define PAGURUS_FS_UNPACK_H

#include "include/types.h"

#define UNPACK_NO_MEMORY "its content does not fit into memory: give the VM more"
#define UNPACK_CUT_OFF "it is cut off"
#define UNPACK_GARBAGE "there is something else behind its end"

/* One module. */
struct unpack {
	const uint8_t *data; /* as it came */
	size_t size;
	uint8_t *out; /* room bytes, of which used have content */
	size_t room, used;
};

/* Makes the room twice as large; what is in it moves. Returns whether there was memory. */
bool unpack_grow(struct unpack *u);

/* Unpacks size bytes at data into memory of its own, which nobody gives back. It takes as much as there
 * is and not more: a small file that unpacks to terabytes ends with an error. Returns the content and
 * *unpacked, or NULL and *problem. *format: its name; NULL, and data as it is: not compressed in a way
 * that this configuration knows. Context: the first thread, while it is alone. */
const void *unpack_module(const void *data, size_t size, size_t *unpacked, const char **format,
                          const char **problem);

/* The formats: all of u->data goes to u->out. Returns NULL, or what is wrong. */
const char *gunzip(struct unpack *u);
const char *unzstd(struct unpack *u);
const char *unlz4(struct unpack *u);

/* What the content's size may be: a beginning, not to be relied on. */
uint64_t gunzip_guess(const uint8_t *data, size_t size);
uint64_t unzstd_guess(const uint8_t *data, size_t size);
uint64_t unlz4_guess(const uint8_t *data, size_t size);

static inline uint32_t unpack_u32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

#endif
