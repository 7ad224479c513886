/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the xenstore client: what its files share. */
#ifndef PAGURUS_XEN_XENSTORE_CLIENT_H
#define PAGURUS_XEN_XENSTORE_CLIENT_H

#include "xen/xenstore.h"
#include "xen/xenstore_ring.h"

/* Allocated when the connection begins. */
struct xenstore_buffers {
	struct xenstore_reader reader;
	char out[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
};

struct xenstore_client {
	struct wait_queue changed; /* something came in or went out; its lock is that of what follows */
	struct xenstore_ring ring; /* ring.shared is NULL before the first connection */
	struct list calls;         /* requests that wait */
	struct list watches;       /* by token, which only grows */
	uint32_t next_token;
	bool broken; /* the stream of replies made no sense */

	struct mutex sending; /* protects what follows */
	struct xenstore_buffers *buffers;
	size_t out_len, out_sent; /* a message in buffers->out, and how much of it is in the ring */
	uint32_t port;
	uint32_t next_id;
	bool bound;
};

extern struct xenstore_client xenstore_client;

/* Finds the ring and maps it; takes its positions over. sending held. Returns 0 or -errno. */
int xenstore_open(void);

/* xenstore_open() where that has not been done, and the event. sending held. */
int xenstore_connect_locked(void);

/* Makes a message in out, which is free. sending held. Returns 0 or -E2BIG. */
int xenstore_compose(uint32_t id, uint32_t type, uint32_t tx, const struct xenstore_piece *pieces,
                     unsigned nr);

/* Ends every request that waits. changed.lock held. */
void xenstore_fail_all(int error);

/* An XS_WATCH_EVENT has come. changed.lock held. */
void xenstore_take_event(const char *body, size_t len);

/* Sets all watches again. */
void xenstore_rewatch(void);

/* After an answer that made no sense: begins the connection anew where the server can do that.
 * Returns whether it did: its watches are gone then. sending held. */
bool xenstore_reconnect(void);

#endif
