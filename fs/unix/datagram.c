// SPDX-License-Identifier: BSD-2-Clause
/* AF_UNIX datagrams, and sequenced packets: datagrams between sockets that are connected. */
#include "fs/unix/unix.h"
#include "include/errno.h"

#define HEADROOM 32 /* bytes of the send buffer that no datagram can use, as on Linux */

/* Whom the message goes to, held. */
static int receiver(struct unix_socket *u, const struct message *m, struct unix_socket **to)
{
	bool addressed = m->address && m->address->len && unix_is_datagram(u);
	int err = addressed ? unix_find(m->address, u->socket.type, to) : 0;

	if (err)
		return err;
	if (!addressed) {
		*to = unix_peer(u);
		return *to ? 0 : -ENOTCONN;
	}
	if ((*to)->socket.type != u->socket.type)
		err = -EPROTOTYPE;
	else if (READ_ONCE((*to)->peer) && READ_ONCE((*to)->peer) != u)
		err = -EPERM; /* it only listens to its peer */
	if (err)
		unix_put(*to);
	return err;
}

/* What a datagram that nobody will read comes to. */
static int refusal(struct unix_socket *u, const struct unix_socket *to)
{
	return unix_is_datagram(u) && READ_ONCE(to->closed) ? -ECONNREFUSED : -EPIPE;
}

static long send_to(struct unix_socket *u, struct unix_socket *to, struct message *m)
{
	size_t len = m->io->left;
	struct packet *packet;
	int err;

	if (READ_ONCE(u->shut_write))
		return -EPIPE;
	if (len > u->socket.send_buffer - HEADROOM)
		return -EMSGSIZE;
	if (READ_ONCE(to->closed) || READ_ONCE(to->shut_read))
		return refusal(u, to);
	err = packet_wait_room(u, to, m);
	if (!err && READ_ONCE(u->shut_write))
		err = -EPIPE;
	if (!err)
		err = packet_new(u, m, len, true, &packet);
	if (err)
		return err;
	err = packet_push(to, packet);
	return err ? refusal(u, to) : (long)len;
}

long datagram_send(struct socket *socket, struct message *m)
{
	struct unix_socket *u = unix_of(socket), *to;
	long result = m->flags & MSG_OOB ? -EOPNOTSUPP : 0;

	if (!result && socket->flags & BIT(SO_PASSCRED) && !READ_ONCE(u->name))
		result = unix_bind_any(u);
	if (!result)
		result = receiver(u, m, &to);
	if (result)
		return result;
	result = send_to(u, to, m);
	unix_put(to);
	return result;
}

/* Takes, or looks at, the first datagram. Returns its bytes; -EAGAIN: there is none; -EFAULT. */
static long take(struct unix_socket *u, struct message *m)
{
	struct packet *packet = packet_next(u, NULL);
	uint32_t n;
	long result;

	if (!packet)
		return -EAGAIN;
	n = (uint32_t)MIN(m->io->left, (size_t)packet->len);
	result = n;
	if (n < packet->len) {
		m->result |= MSG_TRUNC;
		if (m->flags & MSG_TRUNC)
			result = packet->len;
	}
	if (u->socket.type == SOCK_SEQPACKET)
		m->result |= MSG_EOR;
	packet_tell(u, packet, m);
	if (n && io_put(m->io, packet->data, n))
		result = -EFAULT;
	if (!(m->flags & MSG_PEEK))
		packet_consume(u, packet, packet->len, true);
	return result;
}

long datagram_receive(struct socket *socket, struct message *m)
{
	struct unix_socket *u = unix_of(socket);
	long n;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (!unix_is_datagram(u) && READ_ONCE(u->state) != UNIX_CONNECTED)
		return -ENOTCONN;
	do {
		n = packet_wait(u, m);
		if (n <= 0)
			return n;
		mutex_lock(&u->read_turn);
		n = take(u, m);
		mutex_unlock(&u->read_turn);
	} while (n == -EAGAIN);
	return n;
}
