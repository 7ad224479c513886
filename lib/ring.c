// SPDX-License-Identifier: BSD-2-Clause
/* Byte ring buffer (lib/ring.h). Head and tail run freely; only the index is masked. */
#include "lib/ring.h"
#include "lib/string.h"

/* The bytes at position pos up to the end of the buffer, at most len. */
static uint32_t piece(const struct ring *r, uint32_t pos, size_t len)
{
	uint32_t to_end = r->size - (pos & (r->size - 1));

	return len < to_end ? (uint32_t)len : to_end;
}

/* Writes len <= size bytes from position pos on. */
static void store(struct ring *r, uint32_t pos, const char *data, size_t len)
{
	uint32_t first = piece(r, pos, len);

	memcpy(r->buf + (pos & (r->size - 1)), data, first);
	memcpy(r->buf, data + first, len - first);
}

size_t ring_put(struct ring *r, const char *data, size_t len)
{
	len = MIN(len, (size_t)ring_free(r));
	store(r, r->head, data, len);
	r->head += (uint32_t)len;
	return len;
}

void ring_put_over(struct ring *r, const char *data, size_t len)
{
	if (len > r->size) {
		data += len - r->size;
		len = r->size;
	}
	if (len > ring_free(r))
		r->tail += (uint32_t)len - ring_free(r);
	store(r, r->head, data, len);
	r->head += (uint32_t)len;
}

size_t ring_peek(const struct ring *r, uint32_t offset, char *data, size_t len)
{
	uint32_t used = ring_used(r), pos = r->tail + offset, first;

	if (offset >= used)
		return 0;
	len = MIN(len, (size_t)(used - offset));
	first = piece(r, pos, len);
	memcpy(data, r->buf + (pos & (r->size - 1)), first);
	memcpy(data + first, r->buf, len - first);
	return len;
}

size_t ring_get(struct ring *r, char *data, size_t len)
{
	len = ring_peek(r, 0, data, len);
	r->tail += (uint32_t)len;
	return len;
}
