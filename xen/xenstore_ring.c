/* SPDX-License-Identifier: BSD-2-Clause */
/* The xenstore ring and its messages: see the header. Positions run freely and wrap at 2^32. */
#include "include/errno.h"

#include "xen/xenstore_ring.h"

#include "lib/string.h"

#define SIZE ((uint32_t)XENSTORE_RING_SIZE)

void xenstore_ring_attach(struct xenstore_ring *ring, struct xenstore_domain_interface *shared)
{
	ring->shared = shared;
	ring->req_prod = READ_ONCE(shared->req_prod);
	ring->rsp_cons = READ_ONCE(shared->rsp_cons);
}

size_t xenstore_ring_put(struct xenstore_ring *ring, const char *data, size_t len)
{
	uint32_t used = ring->req_prod - READ_ONCE(ring->shared->req_cons);
	uint32_t at = MASK_XENSTORE_IDX(ring->req_prod);
	uint32_t n, first;

	if (used > SIZE)
		return 0;
	/* The other side has read what lay there before we overwrite it. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	n = (uint32_t)MIN((size_t)(SIZE - used), len);
	first = MIN(n, SIZE - at);
	memcpy(ring->shared->req + at, data, first);
	memcpy(ring->shared->req, data + first, n - first);
	__atomic_thread_fence(__ATOMIC_RELEASE); /* the bytes before the position */
	ring->req_prod += n;
	WRITE_ONCE(ring->shared->req_prod, ring->req_prod);
	return n;
}

bool xenstore_ring_readable(const struct xenstore_ring *ring)
{
	return READ_ONCE(ring->shared->rsp_prod) != ring->rsp_cons;
}

static void set_read(struct xenstore_ring *ring, uint32_t position)
{
	ring->rsp_cons = position;
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the bytes are ours before their room is theirs */
	WRITE_ONCE(ring->shared->rsp_cons, position);
}

long xenstore_ring_get(struct xenstore_ring *ring, char *data, size_t len)
{
	uint32_t prod = READ_ONCE(ring->shared->rsp_prod);
	uint32_t used = prod - ring->rsp_cons;
	uint32_t at = MASK_XENSTORE_IDX(ring->rsp_cons);
	uint32_t n, first;

	if (used > SIZE) {
		set_read(ring, prod);
		return -EIO;
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE); /* the position before the bytes */
	n = (uint32_t)MIN((size_t)used, len);
	first = MIN(n, SIZE - at);
	memcpy(data, ring->shared->rsp + at, first);
	memcpy(data + first, ring->shared->rsp, n - first);
	set_read(ring, ring->rsp_cons + n);
	return n;
}

void xenstore_ring_drop(struct xenstore_ring *ring)
{
	set_read(ring, READ_ONCE(ring->shared->rsp_prod));
}

static bool plausible(const struct xsd_sockmsg *header)
{
	return header->type < XS_TYPE_COUNT && header->len <= XENSTORE_PAYLOAD_MAX;
}

int xenstore_reader_fill(struct xenstore_reader *reader, struct xenstore_ring *ring)
{
	const uint32_t head = sizeof(reader->header);
	uint32_t want;
	long n;

	if (reader->have >= head && reader->have == head + reader->header.len)
		reader->have = 0;
	for (;;) {
		if (reader->have < head) {
			want = head - reader->have;
			n = xenstore_ring_get(ring, (char *)&reader->header + reader->have, want);
		} else {
			want = head + reader->header.len - reader->have;
			n = want ? xenstore_ring_get(ring, reader->body + (reader->have - head), want) : 0;
		}
		if (n < 0) {
			reader->have = 0;
			return (int)n;
		}
		reader->have += (uint32_t)n;
		if ((uint32_t)n < want)
			return 0;
		if (reader->have == head && !plausible(&reader->header)) {
			reader->have = 0;
			return -EIO;
		}
		if (reader->have == head + reader->header.len) {
			reader->body[reader->header.len] = '\0';
			return 1;
		}
	}
}

int xenstore_error(const char *body, size_t len)
{
	for (unsigned i = 0; i < ARRAY_SIZE(xsd_errors); i++) {
		size_t n = strlen(xsd_errors[i].errstring);

		if (strnlen(body, len) == n && !memcmp(body, xsd_errors[i].errstring, n))
			return -xsd_errors[i].errnum;
	}
	return -EIO;
}

int xenstore_parse_decimal(const char *text, size_t len, uint64_t *number)
{
	size_t n = strnlen(text, len);

	*number = 0;
	if (n == 0 || n + 1 < len)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(*number, 10ULL, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(text[i] - '0'), number))
			return -EINVAL;
	}
	return 0;
}

void xenstore_token_format(char token[XENSTORE_TOKEN_MAX], uint32_t number)
{
	for (unsigned i = 0; i < 8; i++)
		token[i] = "0123456789abcdef"[number >> (28 - 4 * i) & 0xf];
	token[8] = '\0';
}

static int token_parse(const char *token, uint32_t *number)
{
	*number = 0;
	for (unsigned i = 0; i < 8; i++) {
		char c = token[i];
		uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
		                 : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
		                                        : 16;

		if (digit > 15)
			return -EINVAL;
		*number = *number << 4 | digit;
	}
	return 0;
}

int xenstore_parse_event(const char *body, size_t len, const char **path, uint32_t *token)
{
	size_t n = strnlen(body, len);

	if (n == len || strnlen(body + n + 1, len - n - 1) != XENSTORE_TOKEN_MAX - 1)
		return -EINVAL;
	*path = body;
	return token_parse(body + n + 1, token);
}

int xenstore_parse_part(const char *body, size_t len, struct xenstore_part *part)
{
	size_t n = strnlen(body, len);

	if (n == len || xenstore_parse_decimal(body, n, &part->generation))
		return -EIO;
	part->names = body + n + 1;
	part->len = len - n - 1;
	/* The directory's end is an empty name. */
	part->last = part->len > 0 && part->names[part->len - 1] == '\0' &&
	             (part->len == 1 || part->names[part->len - 2] == '\0');
	if (part->last)
		part->len--;
	else if (part->len == 0 || part->names[part->len - 1] != '\0')
		return -EIO;
	return 0;
}

const char *xenstore_next_name(const char *list, size_t len, const char *name)
{
	size_t at = name ? (size_t)(name - list) + strnlen(name, len - (size_t)(name - list)) + 1 : 0;

	if (at >= len || strnlen(list + at, len - at) == len - at)
		return NULL;
	return list + at;
}
