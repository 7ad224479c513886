// SPDX-License-Identifier: BSD-2-Clause
/* AF_UNIX: the queue of packets that a socket has received. A packet is made before it is put there
 * and read without the lock: only read_turn keeps it where it is. */
#include <asm/poll.h>

#include "fs/unix/flight.h"
#include "fs/unix/unix.h"
#include "include/errno.h"
#include "mm/heap.h"

#define DATAGRAMS_MAX 256 /* in one queue */

/* What a packet counts: its bytes and what the kernel needs for them. */
static uint32_t charge_of(const struct packet *packet)
{
	return packet->len + (uint32_t)sizeof(*packet);
}

int packet_new(struct unix_socket *from, struct message *m, size_t len, bool first,
               struct packet **made)
{
	struct packet *packet = heap_alloc(sizeof(*packet) + len);
	int err;

	if (!packet)
		return -ENOBUFS;
	*packet = (struct packet){ .len = (uint32_t)len, .passed.sender = m->passed.sender };
	err = len ? io_take(m->io, packet->data, len) : 0;
	if (err) {
		heap_free(packet);
		return err;
	}
	if (READ_ONCE(from->name))
		packet->name = unix_name_get(from);
	if (first) {
		packet->passed.files = m->passed.files;
		m->passed.files = NULL;
	}
	*made = packet;
	return 0;
}

void packet_free(struct packet *packet)
{
	passed_discard(packet->passed.files);
	unix_name_put(packet->name);
	heap_free(packet);
}

/* The lock that who puts files there or takes them out holds besides. */
static uint64_t files_lock(const struct passed_files *files)
{
	return files ? spin_lock(&flight_lock) : 0;
}

static void files_unlock(const struct passed_files *files, uint64_t irq)
{
	if (files)
		spin_unlock(&flight_lock, irq);
}

int packet_push(struct unix_socket *to, struct packet *packet)
{
	const struct passed_files *files = packet->passed.files;
	uint64_t outer = files_lock(files), irq = spin_lock(&to->readers.lock);

	if (to->closed || to->shut_read) {
		spin_unlock(&to->readers.lock, irq);
		files_unlock(files, outer);
		packet_free(packet);
		return -EPIPE;
	}
	if (files)
		flight_add(files);
	list_add_tail(&to->packets, &packet->link);
	to->count++;
	to->bytes += packet->len;
	to->charge += charge_of(packet);
	wait_wake(&to->readers, UINT32_MAX);
	spin_unlock(&to->readers.lock, irq);
	files_unlock(files, outer);
	if (files)
		flight_collect();
	if (!watch_empty(&to->socket.watch))
		watch_notify(&to->socket.watch, POLLIN | POLLRDNORM);
	return 0;
}

bool packet_room(const struct unix_socket *from, const struct unix_socket *to)
{
	if (READ_ONCE(to->charge) >= from->socket.send_buffer)
		return false;
	return !unix_is_datagram(to) || READ_ONCE(to->count) < DATAGRAMS_MAX;
}

/* Will to never have room, or u never write any more? */
static bool is_over(const struct unix_socket *u, const struct unix_socket *to)
{
	return READ_ONCE(to->closed) || READ_ONCE(to->shut_read) || READ_ONCE(u->shut_write);
}

int packet_wait_room(struct unix_socket *from, struct unix_socket *to, const struct message *m)
{
	uint64_t deadline, irq;
	int err = 0;

	if (packet_room(from, to))
		return 0;
	if (!socket_waits(&from->socket, m->flags))
		return is_over(from, to) ? 0 : -EAGAIN;
	deadline = socket_deadline(from->socket.send_timeout);
	irq = spin_lock(&to->writers.lock);
	while (!err && !packet_room(from, to) && !is_over(from, to))
		err = wait_sleep(&to->writers, deadline, &irq);
	spin_unlock(&to->writers.lock, irq);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

struct packet *packet_next(struct unix_socket *u, const struct packet *after)
{
	const struct list *at = after ? &after->link : &u->packets;
	uint64_t irq = spin_lock(&u->readers.lock);
	struct packet *next = NULL;

	if (at->next != &u->packets)
		next = list_entry(at->next, struct packet, link);
	spin_unlock(&u->readers.lock, irq);
	return next;
}

void packet_consume(struct unix_socket *u, struct packet *packet, uint32_t n, bool all)
{
	uint64_t irq = spin_lock(&u->readers.lock);

	packet->at += n;
	u->bytes -= n;
	if (all) {
		u->bytes -= packet->len - packet->at;
		u->charge -= charge_of(packet);
		u->count--;
		list_del(&packet->link);
	}
	spin_unlock(&u->readers.lock, irq);
	if (!all)
		return;
	irq = files_lock(packet->passed.files);
	if (packet->passed.files) {
		flight_remove(packet->passed.files);
		files_unlock(packet->passed.files, irq);
	}
	packet_free(packet);
	unix_wake_writers(u);
}

void packet_flush(struct unix_socket *u)
{
	struct packet *packet;

	mutex_lock(&u->read_turn);
	while ((packet = packet_next(u, NULL)))
		packet_consume(u, packet, packet->len - packet->at, true);
	mutex_unlock(&u->read_turn);
}

/* Under the lock: nobody can put a packet there behind one's back. */
static int ending(struct unix_socket *u)
{
	if (!list_empty(&u->packets))
		return 1;
	if (u->socket.error)
		return socket_error(&u->socket);
	return u->shut_read ? 0 : -EAGAIN;
}

int packet_wait(struct unix_socket *u, const struct message *m)
{
	bool wait = socket_waits(&u->socket, m->flags);
	uint64_t deadline = wait ? socket_deadline(u->socket.receive_timeout) : 0, irq;
	int state, err = 0;

	irq = spin_lock(&u->readers.lock);
	while ((state = ending(u)) == -EAGAIN && wait && !err)
		err = wait_sleep(&u->readers, deadline, &irq);
	spin_unlock(&u->readers.lock, irq);
	return state == -EAGAIN && err && err != -ETIMEDOUT ? err : state;
}

void packet_tell(struct unix_socket *u, struct packet *packet, struct message *m)
{
	if (m->address && packet->name)
		*m->address = packet->name->address;
	m->passed.tell_sender = u->socket.flags & BIT(SO_PASSCRED);
	m->passed.sender = packet->passed.sender;
	if (!packet->passed.files)
		return;
	if (m->flags & MSG_PEEK) {
		m->passed.files = passed_copy(packet->passed.files);
	} else {
		uint64_t irq = spin_lock(&flight_lock);

		flight_remove(packet->passed.files);
		m->passed.files = packet->passed.files;
		packet->passed.files = NULL;
		spin_unlock(&flight_lock, irq);
	}
}
