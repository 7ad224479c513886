/* SPDX-License-Identifier: BSD-2-Clause */
/* The PV console's ring, shared with the console daemon of another domain. Whatever that side
 * writes into the shared page, these functions stay inside the ring: their own positions are kept
 * privately, and the other side's are checked. Pure. */
#ifndef PAGURUS_XEN_CONSOLE_RING_H
#define PAGURUS_XEN_CONSOLE_RING_H

#include "xen/interface.h"

struct console_ring {
	struct xencons_interface *shared;
	uint32_t out_prod; /* where we write next */
	uint32_t in_cons;  /* where we read next */
};

/* Takes the positions over from the shared page, as an earlier user (firmware) left them. */
void console_ring_attach(struct console_ring *ring, struct xencons_interface *shared);

/* Bytes that can be written; 0 also where the other side's position makes no sense. */
uint32_t console_ring_room(const struct console_ring *ring);

/* Has the other side taken everything? */
bool console_ring_drained(const struct console_ring *ring);

/* Puts in as much of len bytes as fits. Returns how many. */
size_t console_ring_put(struct console_ring *ring, const char *data, size_t len);

/* Has the other side put something in? */
bool console_ring_readable(const struct console_ring *ring);

/* Takes out up to len bytes. Returns how many. A position that makes no sense empties the ring. */
size_t console_ring_get(struct console_ring *ring, char *data, size_t len);

#endif
