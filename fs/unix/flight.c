// SPDX-License-Identifier: BSD-2-Clause
/* AF_UNIX sockets that are in flight: in messages that nobody has received yet. Some hold each other
 * like that, in a circle, and nobody can ever receive them: they are found and let go. */
#include "fs/unix/flight.h"

#include "fs/unix/unix.h"

#define COLLECT_LEAST 32 /* sockets in flight that nobody looks through */

struct spinlock flight_lock;

static struct list in_flight = LIST_INIT(in_flight);
static unsigned count, enough = COLLECT_LEAST;
static bool collecting;

/* The AF_UNIX socket that file is; NULL: it is something else. */
static struct unix_socket *socket_in(struct file *file)
{
	if (!file || file->ops != &socket_file_ops || socket_of(file)->family != AF_UNIX)
		return NULL;
	return unix_of(socket_of(file));
}

void flight_add(const struct passed_files *files)
{
	for (unsigned i = 0; i < files->count; i++) {
		struct unix_socket *u = socket_in(files->files[i]);

		if (!u || u->in_flight++)
			continue;
		list_add_tail(&in_flight, &u->flight);
		count++;
	}
}

void flight_remove(const struct passed_files *files)
{
	for (unsigned i = 0; i < files->count; i++) {
		struct unix_socket *u = socket_in(files->files[i]);

		if (!u || --u->in_flight)
			continue;
		list_del_init(&u->flight);
		count--;
	}
	enough = MIN(enough, MAX(4 * count, (unsigned)COLLECT_LEAST));
}

/* Calls visit for every candidate that is in a message to u. */
static void for_each_in(struct unix_socket *u, void (*visit)(struct unix_socket *u, void *ctx),
                        void *ctx)
{
	uint64_t irq = spin_lock(&u->readers.lock);
	struct packet *packet;

	list_for_each (packet, &u->packets, link) {
		const struct passed_files *files = packet->passed.files;

		for (unsigned i = 0; files && i < files->count; i++) {
			struct unix_socket *other = socket_in(files->files[i]);

			if (other && other->candidate)
				visit(other, ctx);
		}
	}
	spin_unlock(&u->readers.lock, irq);
}

static void uncount(struct unix_socket *u, void *ctx)
{
	(void)ctx;
	u->outside--;
}

/* It can be reached: it is no candidate any more, and what is in its messages will be looked at. */
static void reach(struct unix_socket *u, void *ctx)
{
	u->candidate = false;
	list_del(&u->flight);
	list_add_tail(ctx, &u->flight);
}

static void move_all(struct list *from, struct list *to)
{
	while (!list_empty(from)) {
		struct list *node = from->next;

		list_del(node);
		list_add_tail(to, node);
	}
}

/* Finds those that only such as they hold, and puts them into garbage, held. The lock is held.
 *
 * Candidates are those that nobody but messages holds. Whose message is not to a candidate can be
 * reached, and so can what is in messages to it. */
static void find(struct list *garbage)
{
	struct list reached = LIST_INIT(reached), done = LIST_INIT(done), *at, *next;
	struct unix_socket *u;

	list_for_each (u, &in_flight, flight) {
		u->outside = u->in_flight;
		u->candidate = __atomic_load_n(&u->socket.file.refs, __ATOMIC_ACQUIRE) == u->in_flight;
	}
	list_for_each (u, &in_flight, flight)
		if (u->candidate)
			for_each_in(u, uncount, NULL);
	for (at = in_flight.next; at != &in_flight; at = next) {
		u = container_of(at, struct unix_socket, flight);
		next = at->next;
		if (!u->candidate || u->outside)
			reach(u, &reached);
	}
	while (!list_empty(&reached)) {
		u = list_first(&reached, struct unix_socket, flight);
		list_del(&u->flight);
		list_add_tail(&done, &u->flight);
		for_each_in(u, reach, &reached);
	}
	list_for_each (u, &in_flight, flight) {
		file_hold(&u->socket.file);
		list_add_tail(garbage, &u->garbage);
	}
	move_all(&done, &in_flight);
}

void flight_collect(void)
{
	struct list garbage = LIST_INIT(garbage);
	struct unix_socket *u;
	uint64_t irq;

	if (likely(READ_ONCE(count) < READ_ONCE(enough)) ||
	    __atomic_exchange_n(&collecting, true, __ATOMIC_ACQUIRE))
		return;
	irq = spin_lock(&flight_lock);
	find(&garbage);
	spin_unlock(&flight_lock, irq);
	list_for_each (u, &garbage, garbage)
		packet_flush(u);
	while (!list_empty(&garbage)) {
		u = list_first(&garbage, struct unix_socket, garbage);
		list_del(&u->garbage);
		file_put(&u->socket.file);
	}
	/* As often as their number has doubled: the cost stays in proportion. */
	irq = spin_lock(&flight_lock);
	enough = MAX(2 * count, (unsigned)COLLECT_LEAST);
	spin_unlock(&flight_lock, irq);
	__atomic_store_n(&collecting, false, __ATOMIC_RELEASE);
}
