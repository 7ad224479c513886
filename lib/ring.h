/* SPDX-License-Identifier: BSD-2-Clause */
/* Byte ring buffer over memory that the caller gives; size is a power of two. Positions run freely
 * and wrap at 2^32. Not locked. */
#ifndef PAGURUS_LIB_RING_H
#define PAGURUS_LIB_RING_H

#include "include/types.h"

struct ring {
	char *buf;
	uint32_t size;
	uint32_t head; /* next to write */
	uint32_t tail; /* next to read */
};

#define RING_INIT(memory, bytes)                                                                   \
	{                                                                                              \
		.buf = (memory), .size = (bytes)                                                           \
	}

static inline uint32_t ring_used(const struct ring *r)
{
	return r->head - r->tail;
}

static inline uint32_t ring_free(const struct ring *r)
{
	return r->size - ring_used(r);
}

/* Puts in as much of len bytes as fits. Returns how many. */
size_t ring_put(struct ring *r, const char *data, size_t len);

/* Puts in all of len bytes, pushing out the oldest (of more than size, the last size remain). */
void ring_put_over(struct ring *r, const char *data, size_t len);

/* Takes out up to len bytes. Returns how many. */
size_t ring_get(struct ring *r, char *data, size_t len);

/* Copies up to len bytes from offset bytes behind the oldest, without taking them out. */
size_t ring_peek(const struct ring *r, uint32_t offset, char *data, size_t len);

#endif
