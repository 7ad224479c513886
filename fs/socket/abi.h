/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's numbers and structures of sockets, as recvmsg(2), socket(2) and unix(7) have them. A C
 * library has them in sys/socket.h; the kernel's own headers leave them out. */
#ifndef PAGURUS_FS_SOCKET_ABI_H
#define PAGURUS_FS_SOCKET_ABI_H

#include <asm/fcntl.h>
#include <asm/socket.h>

#include "include/types.h"

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_COUNT 46

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define SOCK_TYPE_MASK 15
#define SOCK_CLOEXEC O_CLOEXEC
#define SOCK_NONBLOCK O_NONBLOCK

#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2

#define SOMAXCONN 4096

#define MSG_OOB 1
#define MSG_PEEK 2
#define MSG_CTRUNC 8
#define MSG_TRUNC 0x20
#define MSG_DONTWAIT 0x40
#define MSG_EOR 0x80
#define MSG_WAITALL 0x100
#define MSG_ERRQUEUE 0x2000
#define MSG_NOSIGNAL 0x4000
#define MSG_WAITFORONE 0x10000
#define MSG_CMSG_CLOEXEC 0x40000000

#define SCM_RIGHTS 1
#define SCM_CREDENTIALS 2
#define SCM_MAX_FD 253

struct ucred {
	int32_t pid;
	uint32_t uid, gid;
};

struct msghdr {
	void *name;
	int32_t name_len;
	struct iovec *iov;
	uint64_t iov_len;
	void *control;
	uint64_t control_len;
	uint32_t flags;
};
_Static_assert(sizeof(struct msghdr) == 56, "struct msghdr");

struct mmsghdr {
	struct msghdr header;
	uint32_t len;
};
_Static_assert(sizeof(struct mmsghdr) == 64, "struct mmsghdr");

struct cmsghdr {
	uint64_t len; /* with this header */
	int32_t level, type;
};
#define CMSG_ALIGN(len) ALIGN_UP(len, sizeof(uint64_t))

#endif
