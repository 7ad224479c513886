// SPDX-License-Identifier: BSD-2-Clause
/* System calls that send and receive: sendto, recvfrom, sendmsg, recvmsg and those for many. */
#include <linux/uio.h>

#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/clock.h"
#include "fs/socket/socket.h"
#include "include/errno.h"

long sys_sendto(long fd, const void *buf, size_t len, long flags, const void *address,
                long address_len);
long sys_recvfrom(long fd, void *buf, size_t len, long flags, void *address, int *address_len);
long sys_sendmsg(long fd, const struct msghdr *header, long flags);
long sys_recvmsg(long fd, struct msghdr *header, long flags);
long sys_sendmmsg(long fd, struct mmsghdr *headers, long count, long flags);
long sys_recvmmsg(long fd, struct mmsghdr *headers, long count, long flags,
                  const struct timespec64 *timeout);

typedef long (*message_fn)(struct socket *s, struct msghdr *header, struct msghdr *user,
                           uint32_t flags);

static long send(struct socket *s, struct message *m)
{
	long result = s->ops->send ? s->ops->send(s, m) : -EOPNOTSUPP;

	passed_discard(m->passed.files); /* what the family did not take */
	return result;
}

static long receive(struct socket *s, struct message *m)
{
	return s->ops->receive ? s->ops->receive(s, m) : -EOPNOTSUPP;
}

long sys_sendto(long fd, const void *buf, size_t len, long flags, const void *to, long to_len)
{
	struct io io = io_buffer(buf, len);
	struct socket_address address = { .len = 0 };
	struct message m = { .io = &io, .address = &address, .flags = (uint32_t)flags };
	long result;
	struct socket *s = socket_get(fd, &result);

	if (!s)
		return result;
	m.passed.sender = passed_self();
	result = to ? address_take(&address, to, (int)to_len) : 0;
	if (!result)
		result = send(s, &m);
	file_put(&s->file);
	return result;
}

long sys_recvfrom(long fd, void *buf, size_t len, long flags, void *from, int *from_len)
{
	struct io io = io_buffer(buf, len);
	struct socket_address address = { .len = 0 };
	struct message m = { .io = &io, .address = &address, .flags = (uint32_t)flags };
	long result;
	int room = 0;
	struct socket *s = socket_get(fd, &result);

	if (!s)
		return result;
	if (from && copy_from_program(&room, from_len, sizeof(room)))
		result = -EFAULT;
	else if (room < 0)
		result = -EINVAL;
	else
		result = receive(s, &m);
	passed_discard(m.passed.files);
	file_put(&s->file);
	if (result >= 0 && from &&
	    (address_give(&address, from, room, &room) ||
	     copy_to_program(from_len, &room, sizeof(room))))
		return -EFAULT;
	return result;
}

static long send_message(struct socket *s, struct msghdr *h, struct msghdr *user, uint32_t flags)
{
	struct socket_address address = { .len = 0 };
	struct io io;
	struct message m = { .io = &io, .address = &address, .flags = flags };
	long err = h->iov_len > UIO_MAXIOV ? -EMSGSIZE : io_vector(&io, h->iov, (long)h->iov_len);

	(void)user;
	if (!err && h->name)
		err = address_take(&address, h->name, MIN(h->name_len, SOCKET_ADDRESS_MAX));
	if (!err)
		err = passed_take(&m.passed, h->control, h->control_len);
	return err ? err : send(s, &m);
}

static long receive_message(struct socket *s, struct msghdr *h, struct msghdr *user, uint32_t flags)
{
	struct socket_address address = { .len = 0 };
	struct io io;
	struct message m = { .io = &io, .address = &address, .flags = flags };
	long result = h->iov_len > UIO_MAXIOV ? -EMSGSIZE : io_vector(&io, h->iov, (long)h->iov_len);
	int len = 0;

	if (!result && h->name && h->name_len < 0)
		result = -EINVAL;
	if (!result)
		result = receive(s, &m);
	if (result < 0) {
		passed_discard(m.passed.files);
		return result;
	}
	h->control_len = passed_give(&m.passed, h->control, h->control_len, flags, &m.result);
	if (h->name && address_give(&address, h->name, h->name_len, &len))
		return -EFAULT;
	h->name_len = len;
	h->flags = m.result | (flags & MSG_CMSG_CLOEXEC);
	if ((h->name && copy_to_program(&user->name_len, &h->name_len, sizeof(h->name_len))) ||
	    copy_to_program(&user->control_len, &h->control_len, sizeof(h->control_len)) ||
	    copy_to_program(&user->flags, &h->flags, sizeof(h->flags)))
		return -EFAULT;
	return result;
}

static long one(long fd, struct msghdr *user, uint32_t flags, message_fn fn)
{
	struct msghdr header;
	long result;
	struct socket *s = socket_get(fd, &result);

	if (!s)
		return result;
	result =
		copy_from_program(&header, user, sizeof(header)) ? -EFAULT : fn(s, &header, user, flags);
	file_put(&s->file);
	return result;
}

long sys_sendmsg(long fd, const struct msghdr *header, long flags)
{
	return one(fd, (struct msghdr *)header, (uint32_t)flags, send_message);
}

long sys_recvmsg(long fd, struct msghdr *header, long flags)
{
	return one(fd, header, (uint32_t)flags, receive_message);
}

/* Returns how many went well, or what was wrong with the first. */
static long many(long fd, struct mmsghdr *user, unsigned count, uint32_t flags, uint64_t deadline,
                 message_fn fn)
{
	unsigned done = 0;
	long result = 0;

	count = MIN(count, (unsigned)UIO_MAXIOV);
	while (done < count) {
		uint32_t len;

		result = one(fd, &user[done].header, flags, fn);
		if (result < 0)
			break;
		len = (uint32_t)result;
		result = copy_to_program(&user[done].len, &len, sizeof(len));
		if (result)
			break;
		done++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (clock_ns() >= deadline)
			break;
	}
	return done ? (long)done : result;
}

long sys_sendmmsg(long fd, struct mmsghdr *headers, long count, long flags)
{
	return many(fd, headers, (unsigned)count, (uint32_t)flags, WAIT_FOREVER, send_message);
}

/* As on Linux, the time is looked at between messages: it ends no sleep. */
long sys_recvmmsg(long fd, struct mmsghdr *headers, long count, long flags,
                  const struct timespec64 *timeout)
{
	uint64_t deadline = WAIT_FOREVER, ns;
	struct timespec64 ts;

	if (timeout) {
		if (copy_from_program(&ts, timeout, sizeof(ts)))
			return -EFAULT;
		if (timespec_to_ns(&ts, &ns))
			return -EINVAL;
		deadline = deadline_in(ns);
	}
	return many(fd, headers, (unsigned)count, (uint32_t)flags, deadline, receive_message);
}
