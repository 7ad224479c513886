/* sources: xen/console_ring.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The PV console's ring against a daemon that writes what it likes into the shared page. The input
 * is a list of steps: an operation, a length, and the four positions as the daemon leaves them. */
#include <stdlib.h>
#include <string.h>

#include "xen/console_ring.h"

struct step {
	uint8_t op;
	uint8_t honest; /* the daemon behaves in this step */
	uint16_t len;
	uint32_t position[4];
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* On the heap and of the exact size, so that the sanitizer sees every byte outside. */
	struct xencons_interface *page = calloc(1, sizeof(*page));
	struct console_ring ring;
	char buf[4096] = { 0 };
	struct step s;
	size_t n;

	check(page != NULL);
	console_ring_attach(&ring, page);
	for (; size >= sizeof(s); data += sizeof(s), size -= sizeof(s)) {
		memcpy(&s, data, sizeof(s));
		if (s.honest & 1) {
			page->out_cons = ring.out_prod;
			page->in_prod = ring.in_cons + s.len % (sizeof(page->in) + 1);
		} else {
			page->in_cons = s.position[0];
			page->in_prod = s.position[1];
			page->out_cons = s.position[2];
			page->out_prod = s.position[3];
		}
		s.len %= sizeof(buf) + 1;
		switch (s.op % 4) {
		case 0:
			n = console_ring_put(&ring, buf, s.len);
			check(n <= s.len && n <= sizeof(page->out));
			check(!(s.honest & 1) || n == MIN((size_t)s.len, sizeof(page->out)));
			check(page->out_prod == ring.out_prod);
			break;
		case 1:
			n = console_ring_get(&ring, buf, s.len);
			check(n <= s.len && n <= sizeof(page->in));
			check(page->in_cons == ring.in_cons);
			break;
		case 2:
			check(console_ring_room(&ring) <= sizeof(page->out));
			check(!console_ring_drained(&ring) || console_ring_room(&ring) == sizeof(page->out));
			break;
		default:
			check(console_ring_readable(&ring) == (page->in_prod != ring.in_cons));
		}
	}
	free(page);
	return 0;
}
