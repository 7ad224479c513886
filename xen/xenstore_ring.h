/* SPDX-License-Identifier: BSD-2-Clause */
/* The xenstore ring and its messages (Xen docs/misc/xenstore.txt, xen/include/public/io/xs_wire.h).
 * Whatever the other side writes into the shared page, these functions stay inside the ring and
 * inside the message: their own positions are kept privately, and everything else is checked.
 * Pure. */
#ifndef PAGURUS_XEN_XENSTORE_RING_H
#define PAGURUS_XEN_XENSTORE_RING_H

#include "xen/interface.h"

#include <xen/io/xs_wire.h>

_Static_assert(sizeof(struct xsd_sockmsg) == 16, "xsd_sockmsg");
_Static_assert(offsetof(struct xenstore_domain_interface, rsp) == 1024, "rsp");
_Static_assert(offsetof(struct xenstore_domain_interface, req_cons) == 2048, "req_cons");
_Static_assert(offsetof(struct xenstore_domain_interface, server_features) == 2064,
               "server_features");

struct xenstore_ring {
	struct xenstore_domain_interface *shared;
	uint32_t req_prod; /* where we write next */
	uint32_t rsp_cons; /* where we read next */
};

/* Takes the positions over from the shared page, as an earlier user (firmware) left them. */
void xenstore_ring_attach(struct xenstore_ring *ring, struct xenstore_domain_interface *shared);

/* Puts in as much of len bytes as fits; nothing where the other side's position makes no sense.
 * Returns how many. */
size_t xenstore_ring_put(struct xenstore_ring *ring, const char *data, size_t len);

/* Is there something to read? */
bool xenstore_ring_readable(const struct xenstore_ring *ring);

/* Takes out up to len bytes. Returns how many, or -EIO where the other side's position makes no
 * sense: then the ring is empty afterwards. */
long xenstore_ring_get(struct xenstore_ring *ring, char *data, size_t len);

/* Takes out everything there is, unread. */
void xenstore_ring_drop(struct xenstore_ring *ring);

/* A message as it comes in piece by piece. */
struct xenstore_reader {
	struct xsd_sockmsg header;
	uint32_t have;                       /* bytes of header and body so far */
	char body[XENSTORE_PAYLOAD_MAX + 1]; /* a NUL is put behind header.len bytes */
};

static inline void xenstore_reader_reset(struct xenstore_reader *reader)
{
	reader->have = 0;
}

/* Reads on. Returns 1: a message is complete, and the next call begins another; 0: the ring has
 * no more; -EIO: this is no message (type or length impossible) or the ring makes no sense, and
 * where the next message would begin cannot be known. */
int xenstore_reader_fill(struct xenstore_reader *reader, struct xenstore_ring *ring);

/* The -errno that an XS_ERROR's body names; -EIO where it names none. */
int xenstore_error(const char *body, size_t len);

/* Splits the body of an XS_WATCH_EVENT, a path and a token that was made by
 * xenstore_token_format(). Returns 0 or -EINVAL. */
int xenstore_parse_event(const char *body, size_t len, const char **path, uint32_t *token);

/* Reads a decimal number of len characters, a NUL among them at most as the last. Returns 0 or
 * -EINVAL (no number, or one beyond 64 bits). */
int xenstore_parse_decimal(const char *text, size_t len, uint64_t *number);

#define XENSTORE_TOKEN_MAX 9 /* eight digits and NUL */
void xenstore_token_format(char token[XENSTORE_TOKEN_MAX], uint32_t number);

/* A directory that comes in parts (XS_DIRECTORY_PART). */
struct xenstore_part {
	const char *names; /* of this part, each with its NUL */
	size_t len;        /* of names, without the empty one that ends the directory */
	bool last;
	uint64_t generation; /* changes when the directory does */
};

/* Splits a reply's body. Returns 0 or -EIO. */
int xenstore_parse_part(const char *body, size_t len, struct xenstore_part *part);

/* The name behind name in a list of len bytes; name NULL: the first one. NULL: no more. Every name
 * that it returns ends inside the list. */
const char *xenstore_next_name(const char *list, size_t len, const char *name);

#endif
