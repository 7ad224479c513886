// SPDX-License-Identifier: BSD-2-Clause
/* AF_UNIX: sockets and their life, what poll says of them, their options. */
#include "fs/unix/unix.h"

#include <asm/ioctls.h>
#include <asm/poll.h>

#include "arch/x86/trap.h"
#include "fs/unix/flight.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

static const struct socket_ops stream_ops, datagram_ops, seqpacket_ops;

int unix_new(int type, struct unix_socket **made)
{
	const struct socket_ops *ops = type == SOCK_STREAM  ? &stream_ops
	                               : type == SOCK_DGRAM ? &datagram_ops
	                                                    : &seqpacket_ops;
	struct unix_socket *u = heap_zalloc(sizeof(*u));

	if (!u)
		return -ENOMEM;
	socket_init(&u->socket, ops, AF_UNIX, type);
	u->refs = 1; /* the file's */
	u->read_turn = (struct mutex)MUTEX_INIT(u->read_turn);
	wait_queue_init(&u->readers);
	wait_queue_init(&u->writers);
	list_init(&u->packets);
	list_init(&u->pending);
	list_init(&u->link);
	list_init(&u->senders);
	list_init(&u->sender);
	list_init(&u->flight);
	u->peer_self = (struct ucred){ 0, UINT32_MAX, UINT32_MAX };
	*made = u;
	return 0;
}

void unix_put(struct unix_socket *u)
{
	if (__atomic_sub_fetch(&u->refs, 1, __ATOMIC_ACQ_REL))
		return;
	unix_name_put(u->name);
	heap_free(u);
}

struct unix_socket *unix_peer(struct unix_socket *u)
{
	uint64_t irq = spin_lock(&u->readers.lock);
	struct unix_socket *peer = u->peer;

	if (peer)
		unix_hold(peer);
	spin_unlock(&u->readers.lock, irq);
	return peer;
}

void unix_wake_readers(struct unix_socket *u, uint32_t events)
{
	uint64_t irq = spin_lock(&u->readers.lock);

	wait_wake(&u->readers, UINT32_MAX);
	spin_unlock(&u->readers.lock, irq);
	watch_notify(&u->socket.watch, events);
}

void unix_wake_writers(struct unix_socket *u)
{
	struct unix_socket *sender, *peer;
	uint64_t irq = spin_lock(&u->writers.lock);

	wait_wake(&u->writers, UINT32_MAX);
	spin_unlock(&u->writers.lock, irq);
	if (!unix_is_datagram(u)) {
		peer = unix_peer(u);
		if (peer) {
			watch_notify(&peer->socket.watch, POLLOUT | POLLWRNORM);
			unix_put(peer);
		}
		return;
	}
	irq = spin_lock(&u->readers.lock);
	list_for_each (sender, &u->senders, sender)
		watch_notify(&sender->socket.watch, POLLOUT | POLLWRNORM);
	spin_unlock(&u->readers.lock, irq);
}

static int unix_create(int type, int protocol, struct socket **socket)
{
	struct unix_socket *u;
	int err;

	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	if (type == SOCK_RAW)
		type = SOCK_DGRAM; /* as on Linux */
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	err = unix_new(type, &u);
	if (!err)
		*socket = &u->socket;
	return err;
}

/* Sockets that nobody will accept any more. */
static void drop_pending(struct unix_socket *u)
{
	for (;;) {
		struct unix_socket *waiting = NULL;
		uint64_t irq = spin_lock(&u->readers.lock);

		if (!list_empty(&u->pending)) {
			waiting = list_first(&u->pending, struct unix_socket, link);
			list_del_init(&waiting->link);
			u->nr_pending--;
		}
		spin_unlock(&u->readers.lock, irq);
		if (!waiting)
			return;
		/* As on Linux, that is an error for who connected. */
		unix_hang_up(waiting, true);
		file_put(&waiting->socket.file);
	}
}

static void unix_release(struct socket *socket)
{
	struct unix_socket *u = unix_of(socket);
	bool unread;
	uint64_t irq;

	unix_unbind(u);
	irq = spin_lock(&u->readers.lock);
	u->closed = true;
	unread = !list_empty(&u->packets);
	spin_unlock(&u->readers.lock, irq);
	unix_wake_writers(u);
	unix_hang_up(u, unread);
	drop_pending(u);
	packet_flush(u);
	unix_put(u);
	flight_collect();
}

static uint32_t unix_ready(struct socket *socket)
{
	struct unix_socket *u = unix_of(socket), *peer;
	bool connected = u->state == UNIX_CONNECTED;
	uint32_t events = 0;

	if (READ_ONCE(socket->error))
		events |= POLLERR;
	if (READ_ONCE(u->shut_read))
		events |= POLLRDHUP | POLLIN | POLLRDNORM;
	if ((READ_ONCE(u->shut_read) && READ_ONCE(u->shut_write)) ||
	    (u->state == UNIX_FRESH && !unix_is_datagram(u)))
		events |= POLLHUP;
	if (!list_empty(&u->packets) || !list_empty(&u->pending))
		events |= POLLIN | POLLRDNORM;
	if (u->state == UNIX_LISTENING)
		return events;
	peer = connected ? unix_peer(u) : NULL;
	/* Room is said to be there when most of it is, so that who waits for it can write much. */
	if (!peer || READ_ONCE(peer->closed) ||
	    (unix_is_datagram(u) ? packet_room(u, peer)
	                         : READ_ONCE(peer->charge) <= socket->send_buffer / 4))
		events |= POLLOUT | POLLWRNORM | POLLWRBAND;
	if (peer)
		unix_put(peer);
	return events;
}

static int unix_get_option(struct socket *socket, int level, int name, void *value, uint32_t *len)
{
	struct unix_socket *u = unix_of(socket);
	int number;

	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	switch (name) {
	case SO_PEERCRED:
		memcpy(value, &u->peer_self, sizeof(u->peer_self));
		*len = sizeof(u->peer_self);
		return 0;
	case SO_ACCEPTCONN:
		number = u->state == UNIX_LISTENING;
		memcpy(value, &number, sizeof(number));
		*len = sizeof(number);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* How much there is to read; of datagrams, in the first. */
static int unread(struct unix_socket *u)
{
	uint64_t irq = spin_lock(&u->readers.lock);
	int n = (int)u->bytes;

	if (u->socket.type != SOCK_STREAM)
		n = list_empty(&u->packets) ? 0 : (int)list_first(&u->packets, struct packet, link)->len;
	spin_unlock(&u->readers.lock, irq);
	return n;
}

static long unix_ioctl(struct socket *socket, unsigned long request, void *arg)
{
	struct unix_socket *u = unix_of(socket), *peer;
	int n = 0;

	switch (request) {
	case FIONREAD:
		if (u->state == UNIX_LISTENING)
			return -EINVAL;
		n = unread(u);
		break;
	case TIOCOUTQ:
		peer = unix_peer(u);
		if (peer) {
			n = (int)READ_ONCE(peer->bytes);
			unix_put(peer);
		}
		break;
	default:
		return -ENOTTY;
	}
	return copy_to_program(arg, &n, sizeof(n));
}

#define COMMON_OPS                                                                                 \
	.bind = unix_bind, .connect = unix_connect, .name = unix_name_of, .shutdown = unix_shutdown,   \
	.get_option = unix_get_option, .ioctl = unix_ioctl, .ready = unix_ready,                       \
	.release = unix_release

static const struct socket_ops stream_ops = {
	COMMON_OPS,          .listen = unix_listen,     .accept = unix_accept,
	.send = stream_send, .receive = stream_receive,
};
static const struct socket_ops seqpacket_ops = {
	COMMON_OPS,
	.listen = unix_listen,
	.accept = unix_accept,
	.send = datagram_send,
	.receive = datagram_receive,
};
static const struct socket_ops datagram_ops = {
	COMMON_OPS,
	.send = datagram_send,
	.receive = datagram_receive,
};

static const struct socket_family unix_family = { .create = unix_create, .pair = unix_pair };

void unix_init(void)
{
	socket_family_add(AF_UNIX, &unix_family);
}
