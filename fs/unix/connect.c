// SPDX-License-Identifier: BSD-2-Clause
/* AF_UNIX: who is connected to whom. As on Linux, connect() is done as soon as the listening socket
 * has a socket for it in its queue: accept() only fetches that. */
#include <asm/poll.h>

#include "fs/unix/unix.h"
#include "include/errno.h"

/* Makes peer the peer of u, which takes over the reference. */
static void set_peer(struct unix_socket *u, struct unix_socket *peer)
{
	uint64_t irq = spin_lock(&u->readers.lock);

	u->peer = peer;
	u->peer_self = passed_self();
	u->state = UNIX_CONNECTED;
	spin_unlock(&u->readers.lock, irq);
}

/* Datagrams: u is, or is no more, among those who send to peer. */
static void list_sender(struct unix_socket *u, struct unix_socket *peer, bool add)
{
	uint64_t irq = spin_lock(&peer->readers.lock);

	list_del_init(&u->sender);
	if (add)
		list_add_tail(&peer->senders, &u->sender);
	spin_unlock(&peer->readers.lock, irq);
}

/* Takes the peer out: its reference is the caller's. NULL: there was none. */
static struct unix_socket *take_peer(struct unix_socket *u)
{
	uint64_t irq = spin_lock(&u->readers.lock);
	struct unix_socket *peer = u->peer;

	u->peer = NULL;
	spin_unlock(&u->readers.lock, irq);
	return peer;
}

int unix_pair(struct socket *a, struct socket *b)
{
	struct unix_socket *u = unix_of(a), *v = unix_of(b);

	unix_hold(u);
	unix_hold(v);
	set_peer(u, v);
	set_peer(v, u);
	if (unix_is_datagram(u)) {
		list_sender(u, v, true);
		list_sender(v, u, true);
	}
	return 0;
}

void unix_hang_up(struct unix_socket *u, bool unread)
{
	struct unix_socket *peer = take_peer(u);
	uint64_t irq;

	if (!peer)
		return;
	if (unix_is_datagram(u)) {
		list_sender(u, peer, false);
	} else {
		irq = spin_lock(&peer->readers.lock);
		peer->shut_read = true;
		peer->shut_write = true;
		if (unread)
			peer->socket.error = ECONNRESET;
		spin_unlock(&peer->readers.lock, irq);
		unix_wake_readers(peer, POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLERR | POLLOUT);
	}
	unix_put(peer);
}

int unix_shutdown(struct socket *socket, int how)
{
	struct unix_socket *u = unix_of(socket), *peer = unix_peer(u);

	if (how != SHUT_WR)
		WRITE_ONCE(u->shut_read, true);
	if (how != SHUT_RD)
		WRITE_ONCE(u->shut_write, true);
	if (peer && !unix_is_datagram(u)) {
		if (how != SHUT_WR)
			WRITE_ONCE(peer->shut_write, true);
		if (how != SHUT_RD)
			WRITE_ONCE(peer->shut_read, true);
		unix_wake_readers(peer, POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLOUT);
	}
	unix_wake_readers(u, POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLOUT);
	unix_wake_writers(u);
	if (peer) {
		unix_wake_writers(peer);
		unix_put(peer);
	}
	return 0;
}

int unix_listen(struct socket *socket, int backlog)
{
	struct unix_socket *u = unix_of(socket);
	uint64_t irq;
	int err = 0;

	if (!READ_ONCE(u->name))
		return -EINVAL;
	irq = spin_lock(&u->readers.lock);
	if (u->state == UNIX_CONNECTED) {
		err = -EINVAL;
	} else {
		u->state = UNIX_LISTENING;
		u->backlog = (uint32_t)backlog;
		u->peer_self = passed_self();
	}
	spin_unlock(&u->readers.lock, irq);
	if (!err)
		unix_wake_writers(u); /* there may be more room than before */
	return err;
}

static bool is_full(const struct unix_socket *u)
{
	return READ_ONCE(u->nr_pending) > READ_ONCE(u->backlog);
}

static bool is_listening(const struct unix_socket *u)
{
	return READ_ONCE(u->state) == UNIX_LISTENING && !READ_ONCE(u->closed) &&
	       !READ_ONCE(u->shut_read);
}

/* Sleeps until u takes another one. */
static int wait_listener(struct unix_socket *u, uint64_t deadline)
{
	uint64_t irq = spin_lock(&u->writers.lock);
	int err = 0;

	while (!err && is_listening(u) && is_full(u))
		err = wait_sleep(&u->writers, deadline, &irq);
	spin_unlock(&u->writers.lock, irq);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

/* Puts made, which is connected already, where accept() finds it. */
static int enqueue(struct unix_socket *listener, struct unix_socket *made)
{
	uint64_t irq = spin_lock(&listener->readers.lock);
	int err = 0;

	if (!is_listening(listener)) {
		err = -ECONNREFUSED;
	} else if (is_full(listener)) {
		err = -EAGAIN;
	} else {
		list_add_tail(&listener->pending, &made->link);
		listener->nr_pending++;
		wait_wake(&listener->readers, 1);
	}
	spin_unlock(&listener->readers.lock, irq);
	return err;
}

/* u gets made as its peer, unless it has one. */
static int claim(struct unix_socket *u, struct unix_socket *made)
{
	uint64_t irq = spin_lock(&u->readers.lock);
	int err = u->state == UNIX_FRESH ? 0 : u->state == UNIX_CONNECTED ? -EISCONN : -EINVAL;

	if (!err) {
		u->peer = made;
		u->peer_self = passed_self();
		u->state = UNIX_CONNECTED;
	}
	spin_unlock(&u->readers.lock, irq);
	if (err)
		return err;
	unix_hold(made);
	unix_hold(u);
	set_peer(made, u);
	return 0;
}

/* The other way round, where the listener could not take it: u is as it was. */
static void unclaim(struct unix_socket *u)
{
	uint64_t irq = spin_lock(&u->readers.lock);
	struct unix_socket *made = u->peer;

	u->peer = NULL;
	u->state = UNIX_FRESH;
	spin_unlock(&u->readers.lock, irq);
	unix_put(take_peer(made));
	unix_put(made);
}

static int connect_to(struct unix_socket *u, struct unix_socket *listener, bool wait)
{
	uint64_t deadline = socket_deadline(u->socket.send_timeout);
	struct unix_socket *made;
	int err;

	if (listener->socket.type != u->socket.type)
		return -EPROTOTYPE;
	if (!is_listening(listener))
		return -ECONNREFUSED;
	err = unix_new(u->socket.type, &made);
	if (err)
		return err;
	made->name = unix_name_get(listener);
	made->socket.flags = listener->socket.flags & BIT(SO_PASSCRED);
	for (;;) {
		err = claim(u, made);
		if (err)
			break;
		err = enqueue(listener, made);
		if (!err) {
			watch_notify(&listener->socket.watch, POLLIN | POLLRDNORM);
			watch_notify(&u->socket.watch, POLLOUT | POLLWRNORM);
			return 0;
		}
		unclaim(u);
		if (err == -EAGAIN && wait)
			err = wait_listener(listener, deadline);
		if (err)
			break;
	}
	file_put(&made->socket.file);
	return err;
}

/* As on Linux, what came from the old peer is lost, and it is told so. connecting is held. */
static void change_peer(struct unix_socket *u, struct unix_socket *peer)
{
	struct unix_socket *old = take_peer(u);

	if (old) {
		list_sender(u, old, false);
		if (old != peer) {
			packet_flush(u);
			if (READ_ONCE(old->peer) == u)
				old->socket.error = ECONNRESET;
			unix_wake_readers(old, POLLERR);
		}
		unix_put(old);
	}
	if (peer) {
		unix_hold(peer);
		set_peer(u, peer);
		list_sender(u, peer, true);
	} else {
		u->state = UNIX_FRESH;
	}
}

/* A datagram socket gets a peer, or (NULL) has none any more. */
static int connect_datagram(struct unix_socket *u, struct unix_socket *peer)
{
	static struct mutex connecting = MUTEX_INIT(connecting);

	if (peer && peer->socket.type != u->socket.type)
		return -EPROTOTYPE;
	if (peer && READ_ONCE(peer->peer) && READ_ONCE(peer->peer) != u)
		return -EPERM; /* it only listens to another */
	mutex_lock(&connecting);
	change_peer(u, peer);
	mutex_unlock(&connecting);
	watch_notify(&u->socket.watch, POLLOUT | POLLWRNORM);
	return 0;
}

int unix_connect(struct socket *socket, const struct socket_address *address, bool wait)
{
	struct unix_socket *u = unix_of(socket), *other;
	int err;

	if (unix_is_datagram(u) && address->len >= UNIX_PATH_AT && address->family == AF_UNSPEC)
		return connect_datagram(u, NULL);
	err = unix_find(address, socket->type, &other);
	if (err)
		return err;
	if (socket->flags & BIT(SO_PASSCRED) && !READ_ONCE(u->name))
		err = unix_bind_any(u);
	if (!err)
		err = unix_is_datagram(u) ? connect_datagram(u, other) : connect_to(u, other, wait);
	unix_put(other);
	return err;
}

int unix_accept(struct socket *socket, bool wait, struct socket **accepted)
{
	struct unix_socket *u = unix_of(socket), *made = NULL;
	uint64_t deadline = socket_deadline(socket->receive_timeout), irq;
	int err = 0;

	if (READ_ONCE(u->state) != UNIX_LISTENING)
		return -EINVAL;
	irq = spin_lock(&u->readers.lock);
	while (!err && list_empty(&u->pending)) {
		if (u->shut_read)
			err = -EINVAL;
		else
			err = wait ? wait_sleep(&u->readers, deadline, &irq) : -EAGAIN;
	}
	if (!list_empty(&u->pending) && err != -EINVAL) {
		made = list_first(&u->pending, struct unix_socket, link);
		list_del_init(&made->link);
		u->nr_pending--;
		err = 0;
	}
	spin_unlock(&u->readers.lock, irq);
	if (!made)
		return err == -ETIMEDOUT ? -EAGAIN : err;
	unix_wake_writers(u);
	*accepted = &made->socket;
	return 0;
}
