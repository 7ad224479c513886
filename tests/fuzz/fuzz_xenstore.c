/* sources: xen/xenstore_ring.c */
// SPDX-License-Identifier: BSD-2-Clause
/* xenstore's ring and messages against a daemon that writes what it likes into the shared page: the
 * input's bytes are replies, and between them positions. */
#include <stdlib.h>
#include <string.h>

#include "xen/xenstore_ring.h"

struct step {
	uint8_t op;
	uint8_t len;
	uint16_t value;
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* What the client does with a message. Every name that is found must end inside. */
static void look_at(const struct xenstore_reader *reader)
{
	size_t len = reader->header.len;
	/* Of the exact size, so that the sanitizer sees every byte outside. */
	char *body = malloc(len + 1);
	struct xenstore_part part;
	const char *name = NULL, *path;
	uint64_t number;
	uint32_t token;

	check(body != NULL && len <= XENSTORE_PAYLOAD_MAX);
	memcpy(body, reader->body, len + 1);
	check(xenstore_error(body, len) < 0);
	if (xenstore_parse_event(body, len, &path, &token) == 0)
		check(strlen(path) < len);
	if (xenstore_parse_part(body, len, &part) == 0) {
		check(part.names >= body && part.names + part.len <= body + len);
		while ((name = xenstore_next_name(part.names, part.len, name)))
			check(name + strlen(name) < part.names + part.len);
	}
	xenstore_parse_decimal(body, len, &number);
	free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xenstore_domain_interface *page = calloc(1, sizeof(*page));
	struct xenstore_reader *reader = calloc(1, sizeof(*reader));
	struct xenstore_ring ring;
	char buf[2048] = { 0 };
	struct step s;

	check(page != NULL && reader != NULL);
	xenstore_ring_attach(&ring, page);
	while (size >= sizeof(s)) {
		memcpy(&s, data, sizeof(s));
		data += sizeof(s);
		size -= sizeof(s);
		switch (s.op % 4) {
		case 0: /* a piece of a reply */
			for (uint8_t i = 0; i < s.len && size && page->rsp_prod - ring.rsp_cons < 1024; i++) {
				page->rsp[page->rsp_prod++ % 1024] = (char)*data++;
				size--;
			}
			break;
		case 1:
			page->rsp_prod += s.value;
			page->rsp_cons = s.value * 77777U;
			break;
		case 2:
			page->req_cons += s.value;
			check(xenstore_ring_put(&ring, buf, s.value % sizeof(buf)) <= 1024);
			check(page->req_prod == ring.req_prod);
			break;
		default:
			while (xenstore_reader_fill(reader, &ring) > 0)
				look_at(reader);
			check(reader->have <= sizeof(reader->header) + XENSTORE_PAYLOAD_MAX);
			if (s.len == 0)
				xenstore_ring_drop(&ring);
		}
	}
	free(reader);
	free(page);
	return 0;
}
