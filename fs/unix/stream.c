// SPDX-License-Identifier: BSD-2-Clause
/* AF_UNIX streams: bytes without boundaries, but that descriptors arrive with the first byte that
 * was sent with them. */
#include "fs/unix/unix.h"
#include "include/errno.h"

#define PIECE_MAX (16384 - sizeof(struct packet)) /* what one packet carries at most */

/* One packet of the message. Returns 0 or -errno. */
static int send_piece(struct unix_socket *u, struct unix_socket *peer, struct message *m,
                      bool first)
{
	size_t len = MIN(MIN(m->io->left, PIECE_MAX), (size_t)u->socket.send_buffer / 2);
	struct packet *packet;
	int err = packet_wait_room(u, peer, m);

	if (err)
		return err;
	if (READ_ONCE(u->shut_write))
		return -EPIPE;
	err = packet_new(u, m, len, first, &packet);
	return err ? err : packet_push(peer, packet);
}

long stream_send(struct socket *socket, struct message *m)
{
	struct unix_socket *u = unix_of(socket), *peer = unix_peer(u);
	size_t before = m->io->left, left = before;
	long err = 0;

	if (m->flags & MSG_OOB)
		err = -EOPNOTSUPP;
	else if (m->address && m->address->len)
		err = peer ? -EISCONN : -EOPNOTSUPP;
	else if (!peer)
		err = -ENOTCONN;
	while (!err && m->io->left) {
		err = send_piece(u, peer, m, left == before);
		if (!err)
			left = m->io->left;
	}
	if (peer)
		unix_put(peer);
	if (before != left)
		return (long)(before - left);
	return err == -EPIPE ? socket_broken_pipe(m->flags) : err;
}

/* May what is in the packet follow what has been taken already, in one call? */
static bool follows(const struct packet *packet, const struct message *m)
{
	return !m->passed.files &&
	       (!m->passed.tell_sender ||
	        __builtin_memcmp(&packet->passed.sender, &m->passed.sender, sizeof(struct ucred)) == 0);
}

/* Takes, or looks at, what there is. Returns the bytes, 0: nothing there, or -EFAULT. */
static long take(struct unix_socket *u, struct message *m, long done)
{
	struct packet *packet = packet_next(u, NULL);
	long before = done;

	while (packet && m->io->left && (!done || follows(packet, m))) {
		uint32_t n = (uint32_t)MIN(m->io->left, (size_t)(packet->len - packet->at));
		bool all = n == packet->len - packet->at;

		if (io_put(m->io, packet->data + packet->at, n))
			return done > before ? done - before : -EFAULT;
		if (!done || packet->passed.files)
			packet_tell(u, packet, m);
		done += n;
		if (m->flags & MSG_PEEK) {
			packet = packet_next(u, packet);
		} else {
			packet_consume(u, packet, n, all);
			packet = packet_next(u, NULL);
		}
	}
	return done - before;
}

long stream_receive(struct socket *socket, struct message *m)
{
	struct unix_socket *u = unix_of(socket);
	long done = 0, n = 0;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (READ_ONCE(u->state) != UNIX_CONNECTED)
		return -EINVAL;
	while (m->io->left) {
		mutex_lock(&u->read_turn);
		n = take(u, m, done);
		mutex_unlock(&u->read_turn);
		if (n < 0)
			break;
		done += n;
		if (done && (!(m->flags & MSG_WAITALL) || m->flags & MSG_PEEK || m->passed.files))
			break;
		if (!m->io->left)
			break;
		n = packet_wait(u, m);
		if (n <= 0)
			break;
	}
	return done ? done : n;
}
