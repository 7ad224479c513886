/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: what all families have in common. A family (fs/unix/, and who comes later) makes its own
 * objects with a struct socket in them and fills in its operations; the system calls, descriptors,
 * addresses and control messages of programs are dealt with here. */
#ifndef PAGURUS_FS_SOCKET_H
#define PAGURUS_FS_SOCKET_H

#include "core/file.h"
#include "fs/socket/abi.h"
#include "fs/socket/passed.h"

#define SOCKET_ADDRESS_MAX 128 /* bytes of a struct sockaddr_storage */
#define SOCKET_BUFFER_DEFAULT 212992U
#define SOCKET_BUFFER_MAX (2 * SOCKET_BUFFER_DEFAULT)

/* A struct sockaddr of some family. len 0: none. */
struct socket_address {
	uint32_t len;
	union {
		uint16_t family;
		char bytes[SOCKET_ADDRESS_MAX];
	};
};

/* One message on its way between a program and a family. */
struct message {
	struct io *io;                  /* its bytes, or the room for them */
	struct socket_address *address; /* whom to, len 0: the peer; or: the family says whom from */
	struct passed passed;           /* what goes along; whoever takes it out clears it */
	uint32_t flags;                 /* MSG_* of the call, MSG_DONTWAIT for O_NONBLOCK too */
	uint32_t result;                /* MSG_* that a receive tells */
};

struct socket;

/* All return 0 (lengths: >= 0) or -errno; threads only. NULL: -EOPNOTSUPP. wait: the call may
 * sleep. */
struct socket_ops {
	int (*bind)(struct socket *socket, const struct socket_address *address);
	int (*connect)(struct socket *socket, const struct socket_address *address, bool wait);
	int (*listen)(struct socket *socket, int backlog);
	int (*accept)(struct socket *socket, bool wait, struct socket **accepted);
	/* Its own address, or its peer's. */
	int (*name)(struct socket *socket, bool peer, struct socket_address *address);
	long (*send)(struct socket *socket, struct message *message);
	long (*receive)(struct socket *socket, struct message *message);
	int (*shutdown)(struct socket *socket, int how);
	/* Options beyond those that fs/socket/options.c knows: value has room for *len bytes of the
	 * kernel's, and *len becomes what is used of it. -ENOPROTOOPT: unknown. */
	int (*get_option)(struct socket *socket, int level, int name, void *value, uint32_t *len);
	int (*set_option)(struct socket *socket, int level, int name, const void *value, uint32_t len);
	long (*ioctl)(struct socket *socket, unsigned long request, void *arg); /* NULL: -ENOTTY */
	uint32_t (*ready)(struct socket *socket);                               /* never NULL */
	void (*release)(struct socket *socket);                                 /* never NULL */
};

struct socket {
	struct file file;
	const struct socket_ops *ops;
	struct watch_head watch;
	uint64_t ino;
	int family, type, protocol;
	int error;                              /* SO_ERROR: a positive errno that waits to be told */
	uint32_t send_buffer, receive_buffer;   /* bytes */
	uint64_t send_timeout, receive_timeout; /* ns; WAIT_FOREVER */
	uint32_t flags;                         /* BIT(SO_*) of options that are on or off */
	int32_t linger[2];                      /* struct linger: only kept */
};

struct socket_family {
	/* A new socket. Also checks type and protocol: -ESOCKTNOSUPPORT, -EPROTONOSUPPORT. */
	int (*create)(int type, int protocol, struct socket **socket);
	/* Connects two new ones of it. NULL: -EOPNOTSUPP. */
	int (*pair)(struct socket *a, struct socket *b);
};

/* From now on socket() knows the family. */
void socket_family_add(int family, const struct socket_family *ops);

/* The common part of a new socket; one reference, the caller's. */
void socket_init(struct socket *socket, const struct socket_ops *ops, int family, int type);

extern const struct file_ops socket_file_ops;

static inline struct socket *socket_of(struct file *file)
{
	return container_of(file, struct socket, file);
}

/* The socket behind a descriptor; give its file back. NULL: *err is -EBADF or -ENOTSOCK. */
struct socket *socket_get(long fd, long *err);

/* Takes what waits to be told. Returns 0 or -errno. */
static inline int socket_error(struct socket *socket)
{
	return READ_ONCE(socket->error) ? -__atomic_exchange_n(&socket->error, 0, __ATOMIC_ACQ_REL) : 0;
}

/* May the call sleep? */
static inline bool socket_waits(const struct socket *socket, uint32_t msg_flags)
{
	return !(socket->file.flags & O_NONBLOCK) && !(msg_flags & MSG_DONTWAIT);
}

/* When a sleep of this timeout ends, as clock_ns(). */
uint64_t socket_deadline(uint64_t timeout);

/* -EPIPE; and SIGPIPE for the caller unless MSG_NOSIGNAL is among the flags. */
long socket_broken_pipe(uint32_t msg_flags);

/* fs/socket/sys_socket.c: an address to and from the program's memory. */
int address_take(struct socket_address *address, const void *user, long len);
/* room: how much there is at user. Returns 0 or -EFAULT; *len becomes its real length. */
int address_give(const struct socket_address *address, void *user, int room, int *len);

#endif
