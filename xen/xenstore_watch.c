/* SPDX-License-Identifier: BSD-2-Clause */
/* Watches of the xenstore client. A firing is only counted: whoever set the watch reads what there
 * is, so any number of changes costs no memory. */
#include "include/errno.h"
#include "lib/string.h"
#include "xen/xenstore_client.h"

#define store xenstore_client

void xenstore_take_event(const char *body, size_t len)
{
	struct xenstore_watch *watch;
	const char *path;
	uint32_t token;

	if (xenstore_parse_event(body, len, &path, &token))
		return;
	list_for_each (watch, &store.watches, node) {
		if (watch->token == token) {
			watch->count++;
			if (watch->fired)
				watch->fired(watch);
			return;
		}
	}
}

static int set_watch(const struct xenstore_watch *watch, uint32_t type)
{
	char token[XENSTORE_TOKEN_MAX];
	struct xenstore_piece pieces[] = {
		{ watch->path, strlen(watch->path) + 1 },
		{ token, sizeof(token) },
	};

	xenstore_token_format(token, watch->token);
	return xenstore_call(type, 0, pieces, ARRAY_SIZE(pieces), NULL, NULL);
}

/* The list may change while a request sleeps, so it is walked by token. */
void xenstore_rewatch(void)
{
	uint32_t after = 0;

	for (;;) {
		uint64_t flags = spin_lock(&store.changed.lock);
		struct xenstore_watch *watch, copy = { .token = 0 };

		list_for_each (watch, &store.watches, node) {
			if (watch->token > after) {
				copy = *watch;
				break;
			}
		}
		spin_unlock(&store.changed.lock, flags);
		if (!copy.token)
			return;
		after = copy.token;
		set_watch(&copy, XS_WATCH); /* -EEXIST: it is still set */
	}
}

int xenstore_watch(struct xenstore_watch *watch)
{
	uint64_t flags = spin_lock(&store.changed.lock);
	int err;

	watch->token = ++store.next_token;
	list_add_tail(&store.watches, &watch->node);
	spin_unlock(&store.changed.lock, flags);
	err = set_watch(watch, XS_WATCH);
	if (err) {
		flags = spin_lock(&store.changed.lock);
		list_del(&watch->node);
		spin_unlock(&store.changed.lock, flags);
	}
	return err;
}

int xenstore_unwatch(struct xenstore_watch *watch)
{
	uint64_t flags = spin_lock(&store.changed.lock);

	list_del(&watch->node);
	spin_unlock(&store.changed.lock, flags);
	return set_watch(watch, XS_UNWATCH);
}

bool xenstore_watch_fired(struct xenstore_watch *watch)
{
	uint32_t count = READ_ONCE(watch->count);
	bool fired = count != watch->seen;

	watch->seen = count;
	return fired;
}
