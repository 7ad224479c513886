/* SPDX-License-Identifier: BSD-2-Clause */
/* The connection to xenstore: sending requests, matching replies, watches. Messages are taken out of
 * the ring in the event's handler, so a watch never waits for a reader; senders take turns, and
 * several may wait for their replies at once. */
#include "xen/xenstore_client.h"

#include "arch/x86/paging.h"
#include "arch/x86/tsc.h"
#include "include/errno.h"
#include "include/log.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "xen/event.h"
#include "xen/hypercall.h"

#define store xenstore_client

/* A request that waits for its reply; lies on the caller's stack. */
struct call {
	struct list node; /* in store.calls until it is done or given up */
	uint32_t id;
	uint32_t type;
	bool done;
	bool want_reply;
	int error;
	char *reply;
	size_t len;
};

struct xenstore_client xenstore_client = {
	.changed = WAIT_QUEUE_INIT(store.changed),
	.calls = LIST_INIT(store.calls),
	.watches = LIST_INIT(store.watches),
	.sending = MUTEX_INIT(store.sending),
};

static void finish(struct call *call, int error)
{
	list_del(&call->node);
	call->error = error;
	call->done = true;
}

static void take_reply(const struct xsd_sockmsg *header, const char *body)
{
	struct call *call;

	list_for_each (call, &store.calls, node) {
		if (call->id != header->req_id)
			continue;
		if (header->type == XS_ERROR) {
			finish(call, xenstore_error(body, header->len));
			return;
		}
		if (header->type != call->type) {
			finish(call, -EIO);
			return;
		}
		if (call->want_reply) {
			call->reply = heap_alloc(header->len + 1UL);
			if (call->reply)
				memcpy(call->reply, body, header->len + 1UL);
			call->len = header->len;
		}
		finish(call, call->want_reply && !call->reply ? -ENOMEM : 0);
		return;
	}
	/* Its request was given up: nobody wants this any more. */
}

void xenstore_fail_all(int error)
{
	struct call *call, *next;

	list_for_each_safe (call, next, &store.calls, node)
		finish(call, error);
}

/* Takes in what has come. store.changed.lock held. */
static void receive(void)
{
	struct xenstore_reader *reader = &store.buffers->reader;
	uint32_t before = store.ring.rsp_cons;
	int result;

	while ((result = xenstore_reader_fill(reader, &store.ring)) > 0) {
		if (reader->header.type == XS_WATCH_EVENT)
			xenstore_take_event(reader->body, reader->header.len);
		else
			take_reply(&reader->header, reader->body);
	}
	if (result < 0) {
		xenstore_ring_drop(&store.ring);
		store.broken = true;
		xenstore_fail_all(-EIO);
	}
	if (store.ring.rsp_cons != before)
		event_send(store.port); /* there is room again */
}

static void on_event(unsigned port, void *ctx)
{
	uint64_t flags = spin_lock(&store.changed.lock);

	(void)port;
	(void)ctx;
	receive();
	wait_wake(&store.changed, UINT32_MAX);
	spin_unlock(&store.changed.lock, flags);
}

int xenstore_open(void)
{
	uint64_t frame = 0, port = 0;
	int err = xen_get_param(HVM_PARAM_STORE_PFN, &frame);

	if (!err)
		err = xen_get_param(HVM_PARAM_STORE_EVTCHN, &port);
	if (err)
		return err;
	if (frame == 0 || frame >> (52 - FRAME_SHIFT) || port == 0 || port >= EVENT_PORTS)
		return -ENODEV;
	err = paging_direct_map(frame << FRAME_SHIFT, (frame + 1) << FRAME_SHIFT, upcall_table_alloc);
	if (err)
		return err;
	if (!store.buffers)
		store.buffers = heap_alloc(sizeof(*store.buffers));
	if (!store.buffers)
		return -ENOMEM;
	xenstore_reader_reset(&store.buffers->reader);
	store.out_len = store.out_sent = 0;
	store.port = (uint32_t)port;
	xenstore_ring_attach(&store.ring, phys_to_virt(frame << FRAME_SHIFT));
	return 0;
}

int xenstore_connect_locked(void)
{
	int err = store.ring.shared ? 0 : xenstore_open();

	if (!err && !store.bound) {
		err = event_bind(store.port, on_event, NULL);
		store.bound = !err;
	}
	return err;
}

int xenstore_connect(void)
{
	int err;

	mutex_lock(&store.sending);
	err = xenstore_connect_locked();
	mutex_unlock(&store.sending);
	return err;
}

/* Puts the rest of the message in out into the ring. Returns 0 or -ETIMEDOUT, with what is left
 * over still to be sent: the other side has seen its beginning. store.sending held. */
static int flush(uint64_t deadline)
{
	uint64_t flags = spin_lock(&store.changed.lock);
	int err = 0;

	while (store.out_sent < store.out_len) {
		size_t n = xenstore_ring_put(&store.ring, store.buffers->out + store.out_sent,
		                             store.out_len - store.out_sent);

		store.out_sent += n;
		if (n)
			event_send(store.port);
		else
			err = wait_sleep(&store.changed, deadline, &flags);
		if (err == -ETIMEDOUT)
			break;
	}
	spin_unlock(&store.changed.lock, flags);
	return err == -ETIMEDOUT ? err : 0;
}

int xenstore_compose(uint32_t id, uint32_t type, uint32_t tx, const struct xenstore_piece *pieces,
                     unsigned nr)
{
	struct xsd_sockmsg header = { .type = type, .req_id = id, .tx_id = tx };
	char *out = store.buffers->out;
	size_t len = sizeof(header);

	for (unsigned i = 0; i < nr; i++) {
		if (pieces[i].len > sizeof(store.buffers->out) - len)
			return -E2BIG;
		memcpy(out + len, pieces[i].data, pieces[i].len);
		len += pieces[i].len;
	}
	header.len = (uint32_t)(len - sizeof(header));
	memcpy(out, &header, sizeof(header));
	store.out_len = len;
	store.out_sent = 0;
	return 0;
}

static void give_up(struct call *call, int error)
{
	uint64_t flags = spin_lock(&store.changed.lock);

	if (!call->done)
		finish(call, error);
	spin_unlock(&store.changed.lock, flags);
}

/* Sends the request and lists it among those that wait. store.sending held. */
static int send(struct call *call, uint32_t tx, const struct xenstore_piece *pieces, unsigned nr,
                uint64_t deadline)
{
	uint64_t flags;
	int err = xenstore_connect_locked();

	if (!err)
		err = flush(deadline); /* of a request that was given up */
	if (err)
		return err;
	call->id = ++store.next_id;
	err = xenstore_compose(call->id, call->type, tx, pieces, nr);
	if (err)
		return err;
	flags = spin_lock(&store.changed.lock);
	list_add_tail(&store.calls, &call->node);
	spin_unlock(&store.changed.lock, flags);
	err = flush(deadline);
	if (err)
		give_up(call, err);
	return err;
}

static int await(struct call *call, uint64_t deadline)
{
	uint64_t flags = spin_lock(&store.changed.lock);

	while (!call->done)
		if (wait_sleep(&store.changed, deadline, &flags) == -ETIMEDOUT && !call->done)
			finish(call, -ETIMEDOUT);
	spin_unlock(&store.changed.lock, flags);
	return call->error;
}

static void report(uint32_t type, int err)
{
	static bool told;

	if (err != -ETIMEDOUT && err != -EIO) {
		told = false;
		return;
	}
	if (!told)
		log_warn("xenstore: %s (request %u): what the toolstack asks for may come late",
		         err == -EIO ? "an answer that makes no sense" : "no answer", type);
	told = true;
}

int xenstore_call(uint32_t type, uint32_t tx, const struct xenstore_piece *pieces, unsigned nr,
                  char **reply, size_t *len)
{
	struct call call = { .type = type, .want_reply = reply != NULL };
	uint64_t deadline = clock_ns() + XENSTORE_PATIENCE_NS;
	bool renewed;
	int err;

	mutex_lock(&store.sending);
	renewed = store.broken && xenstore_reconnect();
	err = send(&call, tx, pieces, nr, deadline);
	mutex_unlock(&store.sending);
	if (!err)
		err = await(&call, deadline);
	report(type, err);
	if (renewed)
		xenstore_rewatch();
	if (err) {
		heap_free(call.reply);
		return err;
	}
	if (reply)
		*reply = call.reply;
	if (len)
		*len = call.len;
	return 0;
}
