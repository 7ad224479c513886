// SPDX-License-Identifier: BSD-2-Clause
/* System calls on sockets that move no data: addresses, connecting, shutting down. */
#include "arch/x86/trap.h"
#include "fs/socket/socket.h"
#include "include/errno.h"

long sys_bind(long fd, const void *address, long len);
long sys_connect(long fd, const void *address, long len);
long sys_listen(long fd, long backlog);
long sys_accept(long fd, void *address, int *len);
long sys_accept4(long fd, void *address, int *len, long flags);
long sys_getsockname(long fd, void *address, int *len);
long sys_getpeername(long fd, void *address, int *len);
long sys_shutdown(long fd, long how);

int address_take(struct socket_address *address, const void *user, long len)
{
	if (len < 0 || len > SOCKET_ADDRESS_MAX)
		return -EINVAL;
	address->family = AF_UNSPEC; /* where it is too short to tell */
	address->len = (uint32_t)len;
	return len ? copy_from_program(address->bytes, user, (size_t)len) : 0;
}

int address_give(const struct socket_address *address, void *user, int room, int *len)
{
	int n = MIN((int)address->len, room);

	*len = (int)address->len;
	return n > 0 ? copy_to_program(user, address->bytes, (size_t)n) : 0;
}

/* The same where the program has the length in memory too. */
static long give(const struct socket_address *address, void *user, int *user_len)
{
	int len;

	if (copy_from_program(&len, user_len, sizeof(len)))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (address_give(address, user, len, &len))
		return -EFAULT;
	return copy_to_program(user_len, &len, sizeof(len));
}

long sys_bind(long fd, const void *user, long len)
{
	struct socket_address address;
	long err;
	struct socket *s = socket_get(fd, &err);

	if (!s)
		return err;
	err = address_take(&address, user, (int)len);
	if (!err)
		err = s->ops->bind ? s->ops->bind(s, &address) : -EOPNOTSUPP;
	file_put(&s->file);
	return err;
}

long sys_connect(long fd, const void *user, long len)
{
	struct socket_address address;
	long err;
	struct socket *s = socket_get(fd, &err);

	if (!s)
		return err;
	err = address_take(&address, user, (int)len);
	if (!err)
		err = s->ops->connect ? s->ops->connect(s, &address, socket_waits(s, 0)) : -EOPNOTSUPP;
	file_put(&s->file);
	return err;
}

long sys_listen(long fd, long backlog)
{
	long err;
	struct socket *s = socket_get(fd, &err);

	if (!s)
		return err;
	backlog = (unsigned)backlog > SOMAXCONN ? SOMAXCONN : (int)backlog;
	err = s->ops->listen ? s->ops->listen(s, (int)backlog) : -EOPNOTSUPP;
	file_put(&s->file);
	return err;
}

static long accept(struct socket *s, void *user, int *user_len, uint32_t flags)
{
	struct socket_address address = { .len = 0 };
	struct socket *accepted;
	long err = s->ops->accept ? s->ops->accept(s, socket_waits(s, 0), &accepted) : -EOPNOTSUPP;

	if (err)
		return err;
	if (flags & SOCK_NONBLOCK)
		accepted->file.flags |= O_NONBLOCK;
	if (user) {
		err = accepted->ops->name(accepted, true, &address);
		if (!err)
			err = give(&address, user, user_len);
		if (err) {
			file_put(&accepted->file);
			return err;
		}
	}
	return descriptor_add(&accepted->file, flags);
}

long sys_accept4(long fd, void *address, int *len, long flags)
{
	long result;
	struct socket *s;

	if (flags & ~(long)(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	s = socket_get(fd, &result);
	if (!s)
		return result;
	result = accept(s, address, len, (uint32_t)flags);
	file_put(&s->file);
	return result;
}

long sys_accept(long fd, void *address, int *len)
{
	return sys_accept4(fd, address, len, 0);
}

static long name(long fd, bool peer, void *user, int *len)
{
	struct socket_address address = { .len = 0 };
	long err;
	struct socket *s = socket_get(fd, &err);

	if (!s)
		return err;
	err = s->ops->name ? s->ops->name(s, peer, &address) : -EOPNOTSUPP;
	if (!err)
		err = give(&address, user, len);
	file_put(&s->file);
	return err;
}

long sys_getsockname(long fd, void *address, int *len)
{
	return name(fd, false, address, len);
}

long sys_getpeername(long fd, void *address, int *len)
{
	return name(fd, true, address, len);
}

long sys_shutdown(long fd, long how)
{
	long err;
	struct socket *s = socket_get(fd, &err);

	if (!s)
		return err;
	if ((int)how < SHUT_RD || (int)how > SHUT_RDWR)
		err = -EINVAL;
	else
		err = s->ops->shutdown ? s->ops->shutdown(s, (int)how) : -EOPNOTSUPP;
	file_put(&s->file);
	return err;
}
