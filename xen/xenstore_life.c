/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a xenstore connection does not simply go on: answers that made no sense, suspension, the end
 * of the machine. */
#include "arch/x86/tsc.h"
#include "include/errno.h"
#include "lib/string.h"
#include "xen/clock.h"
#include "xen/event.h"
#include "xen/xenstore_client.h"

#define store xenstore_client
#define RECONNECT_NS NS_PER_SEC
#define NAP_NS (200 * NS_PER_US)

/* After an answer that made no sense: a server that can begins the connection anew. Its watches are
 * gone then. Returns whether it did. store.sending held. */
bool xenstore_reconnect(void)
{
	struct xenstore_domain_interface *shared = store.ring.shared;
	uint64_t deadline = clock_ns() + RECONNECT_NS;
	uint64_t flags;
	bool renewed = false;

	store.broken = false;
	if (!(READ_ONCE(shared->server_features) & XENSTORE_SERVER_FEATURE_RECONNECTION))
		return false;
	flags = spin_lock(&store.changed.lock);
	WRITE_ONCE(shared->connection, XENSTORE_RECONNECT);
	event_send(store.port);
	while (READ_ONCE(shared->connection) != XENSTORE_CONNECTED)
		if (wait_sleep(&store.changed, deadline, &flags) == -ETIMEDOUT)
			break;
	if (READ_ONCE(shared->connection) == XENSTORE_CONNECTED) {
		xenstore_ring_attach(&store.ring, shared);
		xenstore_reader_reset(&store.buffers->reader);
		store.out_len = store.out_sent = 0;
		renewed = true;
	}
	spin_unlock(&store.changed.lock, flags);
	return renewed;
}

void xenstore_suspend(void)
{
	uint64_t deadline = clock_ns() + XENSTORE_PATIENCE_NS;
	uint64_t flags;

	mutex_lock(&store.sending);
	flags = spin_lock(&store.changed.lock);
	while (!list_empty(&store.calls))
		if (wait_sleep(&store.changed, deadline, &flags) == -ETIMEDOUT)
			break;
	spin_unlock(&store.changed.lock, flags);
}

void xenstore_resume(bool renewed)
{
	uint64_t flags;

	if (renewed && store.ring.shared) {
		flags = spin_lock(&store.changed.lock);
		xenstore_fail_all(-EIO); /* what was asked of the other host is lost */
		wait_wake(&store.changed, UINT32_MAX);
		store.ring.shared = NULL;
		store.bound = false;
		spin_unlock(&store.changed.lock, flags);
	}
	mutex_unlock(&store.sending);
	if (renewed)
		xenstore_rewatch();
}

/* Sends what is in out. Returns whether it is all in the ring before Xen's time end. */
static bool push(uint64_t end)
{
	while (store.out_sent < store.out_len) {
		size_t n = xenstore_ring_put(&store.ring, store.buffers->out + store.out_sent,
		                             store.out_len - store.out_sent);

		store.out_sent += n;
		if (n)
			event_send(store.port);
		else if (xen_time_now() >= end)
			return false;
		else
			xen_nap(NAP_NS);
	}
	return true;
}

/* Waits for the reply to request id. */
static int pull(uint32_t id, uint64_t end)
{
	struct xenstore_reader *reader = &store.buffers->reader;

	for (;;) {
		int result = xenstore_reader_fill(reader, &store.ring);

		event_send(store.port); /* there is room again */
		if (result < 0)
			return result;
		if (result > 0 && reader->header.req_id == id && reader->header.type != XS_WATCH_EVENT)
			return reader->header.type == XS_ERROR
			           ? xenstore_error(reader->body, reader->header.len)
			           : 0;
		if (xen_time_now() >= end)
			return -ETIMEDOUT;
		if (result == 0)
			xen_nap(NAP_NS);
	}
}

/* The locks mean nothing any more: whoever holds one will not run again. */
int xenstore_last_write(const char *path, const char *value, uint64_t ns)
{
	const struct xenstore_piece pieces[] = {
		{ path, strlen(path) + 1 },
		{ value, strlen(value) },
	};
	uint64_t now = xen_time_now();
	uint32_t id = ++store.next_id;
	int err = 0;

	if (!now)
		return -ENODEV;
	if (!store.ring.shared)
		err = xenstore_open();
	if (err)
		return err;
	if (!push(now + ns)) /* of a request that was interrupted */
		return -ETIMEDOUT;
	err = xenstore_compose(id, XS_WRITE, 0, pieces, ARRAY_SIZE(pieces));
	if (err)
		return err;
	return push(now + ns) ? pull(id, now + ns) : -ETIMEDOUT;
}
