// SPDX-License-Identifier: BSD-2-Clause
/* Sockets as files, the families, and the making of sockets. */
#include "fs/socket/socket.h"

#include <linux/stat.h>

#include "arch/x86/trap.h"
#include "core/clock.h"
#include "core/descriptor.h"
#include "fs/pipe.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define SOCKET_DEV 8

static const struct socket_family *families[AF_COUNT];

long sys_socket(long family, long type, long protocol);
long sys_socketpair(long family, long type, long protocol, int *fds);

void socket_family_add(int family, const struct socket_family *ops)
{
	families[family] = ops;
}

void socket_init(struct socket *socket, const struct socket_ops *ops, int family, int type)
{
	static uint64_t last_ino;

	file_init(&socket->file, &socket_file_ops, O_RDWR);
	watch_head_init(&socket->watch);
	socket->file.watch = &socket->watch;
	socket->ino = __atomic_add_fetch(&last_ino, 1, __ATOMIC_RELAXED);
	socket->ops = ops;
	socket->family = family;
	socket->type = type;
	socket->protocol = 0;
	socket->error = 0;
	socket->send_buffer = SOCKET_BUFFER_DEFAULT;
	socket->receive_buffer = SOCKET_BUFFER_DEFAULT;
	socket->send_timeout = WAIT_FOREVER;
	socket->receive_timeout = WAIT_FOREVER;
	socket->flags = 0;
	socket->linger[0] = 0;
	socket->linger[1] = 0;
}

uint64_t socket_deadline(uint64_t timeout)
{
	return timeout == WAIT_FOREVER ? WAIT_FOREVER : deadline_in(timeout);
}

long socket_broken_pipe(uint32_t msg_flags)
{
	return msg_flags & MSG_NOSIGNAL ? -EPIPE : broken_pipe();
}

struct socket *socket_get(long fd, long *err)
{
	struct file *file = file_get((int)fd);

	*err = -EBADF;
	if (!file)
		return NULL;
	if (file->ops == &socket_file_ops)
		return socket_of(file);
	*err = file->flags & O_PATH ? -EBADF : -ENOTSOCK;
	file_put(file);
	return NULL;
}

static long socket_read(struct file *file, struct io *io, uint64_t *pos)
{
	struct message m = { .io = io };
	struct socket *socket = socket_of(file);
	long result;

	(void)pos;
	if (!io->left)
		return 0;
	result = socket->ops->receive ? socket->ops->receive(socket, &m) : -EOPNOTSUPP;
	passed_discard(m.passed.files); /* who reads does not want them */
	return result;
}

static long socket_write(struct file *file, struct io *io, uint64_t *pos)
{
	struct message m = { .io = io, .passed.sender = passed_self() };
	struct socket *socket = socket_of(file);

	(void)pos;
	return socket->ops->send ? socket->ops->send(socket, &m) : -EOPNOTSUPP;
}

static uint32_t socket_ready(struct file *file)
{
	return socket_of(file)->ops->ready(socket_of(file));
}

static long socket_ioctl(struct file *file, unsigned long request, void *arg)
{
	struct socket *socket = socket_of(file);

	return socket->ops->ioctl ? socket->ops->ioctl(socket, request, arg) : -ENOTTY;
}

static long socket_stat(struct file *file, struct file_info *info)
{
	*info = (struct file_info){
		.dev = SOCKET_DEV,
		.ino = socket_of(file)->ino,
		.mode = S_IFSOCK | 0777,
		.nlink = 1,
		.block_size = FRAME_SIZE,
	};
	return 0;
}

static int socket_describe(struct file *file, char *buf, size_t size)
{
	return fmt_snprintf(buf, size, "socket:[%lu]", socket_of(file)->ino);
}

static void socket_release(struct file *file)
{
	socket_of(file)->ops->release(socket_of(file));
}

const struct file_ops socket_file_ops = {
	.read = socket_read,
	.write = socket_write,
	.ioctl = socket_ioctl,
	.ready = socket_ready,
	.stat = socket_stat,
	.describe = socket_describe,
	.release = socket_release,
};

/* type: with SOCK_NONBLOCK and SOCK_CLOEXEC. */
static long create(long family, long type, long protocol, struct socket **socket)
{
	int err;

	if ((unsigned long)family >= AF_COUNT || !families[family])
		return -EAFNOSUPPORT;
	if (type & ~(long)(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	err = families[family]->create((int)type & SOCK_TYPE_MASK, (int)protocol, socket);
	if (!err && type & SOCK_NONBLOCK)
		(*socket)->file.flags |= O_NONBLOCK;
	return err;
}

long sys_socket(long family, long type, long protocol)
{
	struct socket *socket;
	long err = create((int)family, (int)type, (int)protocol, &socket);

	return err ? err : descriptor_add(&socket->file, (uint32_t)type);
}

/* Takes over both references. */
static long add_pair(struct socket *a, struct socket *b, uint32_t flags, int *user)
{
	int pair[2];
	long fd = descriptor_add(&a->file, flags);

	if (fd < 0) {
		file_put(&b->file);
		return fd;
	}
	pair[0] = (int)fd;
	fd = descriptor_add(&b->file, flags);
	if (fd >= 0) {
		pair[1] = (int)fd;
		if (!copy_to_program(user, pair, sizeof(pair)))
			return 0;
		descriptor_close(fd);
		fd = -EFAULT;
	}
	descriptor_close(pair[0]);
	return fd;
}

long sys_socketpair(long family, long type, long protocol, int *fds)
{
	const struct socket_family *ops;
	struct socket *a, *b;
	long err;

	family = (int)family;
	type = (int)type;
	err = create(family, type, (int)protocol, &a);
	if (err)
		return err;
	err = create(family, type, (int)protocol, &b);
	if (err) {
		file_put(&a->file);
		return err;
	}
	ops = families[family];
	err = ops->pair ? ops->pair(a, b) : -EOPNOTSUPP;
	if (!err)
		return add_pair(a, b, (uint32_t)type, fds);
	file_put(&a->file);
	file_put(&b->file);
	return err;
}
