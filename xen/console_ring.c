/* SPDX-License-Identifier: BSD-2-Clause */
/* The PV console's ring: xen/include/public/io/console.h. Positions run freely and wrap at 2^32. */
#include "xen/console_ring.h"

#include "lib/string.h"

#define IN_SIZE ((uint32_t)sizeof(((struct xencons_interface *)0)->in))
#define OUT_SIZE ((uint32_t)sizeof(((struct xencons_interface *)0)->out))

void console_ring_attach(struct console_ring *ring, struct xencons_interface *shared)
{
	ring->shared = shared;
	ring->out_prod = READ_ONCE(shared->out_prod);
	ring->in_cons = READ_ONCE(shared->in_cons);
}

uint32_t console_ring_room(const struct console_ring *ring)
{
	uint32_t used = ring->out_prod - READ_ONCE(ring->shared->out_cons);

	return used > OUT_SIZE ? 0 : OUT_SIZE - used;
}

bool console_ring_drained(const struct console_ring *ring)
{
	return READ_ONCE(ring->shared->out_cons) == ring->out_prod;
}

size_t console_ring_put(struct console_ring *ring, const char *data, size_t len)
{
	uint32_t n = (uint32_t)MIN((size_t)console_ring_room(ring), len);
	uint32_t at = ring->out_prod & (OUT_SIZE - 1);
	uint32_t first = MIN(n, OUT_SIZE - at);

	memcpy(ring->shared->out + at, data, first);
	memcpy(ring->shared->out, data + first, n - first);
	__atomic_thread_fence(__ATOMIC_RELEASE); /* the bytes before the position */
	ring->out_prod += n;
	WRITE_ONCE(ring->shared->out_prod, ring->out_prod);
	return n;
}

bool console_ring_readable(const struct console_ring *ring)
{
	return READ_ONCE(ring->shared->in_prod) != ring->in_cons;
}

size_t console_ring_get(struct console_ring *ring, char *data, size_t len)
{
	uint32_t prod = READ_ONCE(ring->shared->in_prod);
	uint32_t used = prod - ring->in_cons;
	uint32_t at = ring->in_cons & (IN_SIZE - 1);
	uint32_t n, first;

	__atomic_thread_fence(__ATOMIC_ACQUIRE); /* the position before the bytes */
	if (used > IN_SIZE) {
		n = used; /* nonsense: skip to where the other side says it is */
		len = 0;
	} else {
		n = (uint32_t)MIN((size_t)used, len);
		first = MIN(n, IN_SIZE - at);
		memcpy(data, ring->shared->in + at, first);
		memcpy(data + first, ring->shared->in, n - first);
	}
	ring->in_cons += n;
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the bytes are ours before their room is theirs */
	WRITE_ONCE(ring->shared->in_cons, ring->in_cons);
	return len ? n : 0;
}
