// SPDX-License-Identifier: BSD-2-Clause
/* Arguments that are wrong: an error, and nothing else. */
#define _GNU_SOURCE
#include "sockets.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void test_addresses(int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct sockaddr other = { .sa_family = AF_INET };
	socklen_t len = sizeof(address);
	int minus = -1;

	fails(bind(fd, BAD, 10), EFAULT, "bind to nowhere");
	fails(bind(fd, (struct sockaddr *)&address, 200), EINVAL, "an address too long");
	fails(bind(fd, (struct sockaddr *)&address, (socklen_t)-1), EINVAL, "of negative length");
	fails(bind(fd, (struct sockaddr *)&address, 1), EINVAL, "too short");
	fails(bind(fd, &other, sizeof(other)), EINVAL, "of another family");
	fails(bind_to(fd, "/tmp/none/there"), ENOENT, "in no directory");
	fails(bind_to(fd, "/dev/null/there"), ENOTDIR, "in a file");
	fails(connect(fd, BAD, 10), EFAULT, "connect to nowhere");
	fails(connect_to(fd, "/dev/null"), ECONNREFUSED, "to a file");
	fails(getsockname(fd, (struct sockaddr *)&address, BAD), EFAULT, "no length");
	fails(getsockname(fd, BAD, &len), EFAULT, "no room");
	fails(getsockname(fd, (struct sockaddr *)&address, (socklen_t *)&minus), EINVAL,
	      "a negative length");
	fails(getpeername(fd, (struct sockaddr *)&address, &len), ENOTCONN, "no peer");
	fails(accept(fd, NULL, NULL), EINVAL, "not listening");
	fails(shutdown(fd, 3), EINVAL, "no direction");
}

static void test_messages(void)
{
	struct iovec iov = { BAD, 10 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	char c = 'x', buf[64];
	int s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	fails(send(s[0], BAD, 10, 0), EFAULT, "send from nowhere");
	fails(sendmsg(s[0], &m, 0), EFAULT, "in parts");
	fails(syscall(SYS_sendmsg, s[0], BAD, 0), EFAULT, "no header");
	fails(syscall(SYS_recvmsg, s[1], BAD, 0), EFAULT, "no header");
	m.msg_iov = BAD;
	fails(syscall(SYS_sendmsg, s[0], &m, 0), EFAULT, "no parts");
	m.msg_iov = &iov;
	m.msg_iovlen = 5000;
	fails(syscall(SYS_sendmsg, s[0], &m, 0), EMSGSIZE, "too many parts");
	m.msg_iovlen = 1;
	iov.iov_base = &c;
	iov.iov_len = 1;
	m.msg_control = BAD;
	m.msg_controllen = 64;
	fails(syscall(SYS_sendmsg, s[0], &m, 0), EFAULT, "no control message");
	m.msg_controllen = 0x7fffffff;
	fails(syscall(SYS_sendmsg, s[0], &m, 0), ENOBUFS, "more than there can be");
	is(send(s[0], "abc", 3, 0), 3, "send");
	fails(recv(s[1], BAD, 10, 0), EFAULT, "receive to nowhere");
	is(recv(s[1], buf, 10, 0), 3, "nothing is lost");
	is(send(s[0], "abc", 3, 0), 3, "send");
	m.msg_name = BAD;
	m.msg_namelen = 10;
	m.msg_control = NULL;
	m.msg_controllen = 0;
	is(syscall(SYS_recvmsg, s[1], &m, 0), 1, "no name, so nothing is written to it");
	fails(syscall(SYS_sendmmsg, s[0], BAD, 1, 0), EFAULT, "no headers");
	fails(syscall(SYS_recvmmsg, s[0], BAD, 1, 0, BAD), EFAULT, "no headers, no time");
	fails(getsockopt(s[0], SOL_SOCKET, SO_TYPE, BAD, &(socklen_t){ 4 }), EFAULT, "no value");
	fails(getsockopt(s[0], SOL_SOCKET, SO_TYPE, buf, BAD), EFAULT, "no length");
	fails(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, BAD, 4), EFAULT, "no value");
	close(s[0]);
	close(s[1]);
}

/* More files on their way than a table has room for: refused before memory runs out. */
static void test_flood(void)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(240 * sizeof(int))];
	} control = { .header = { CMSG_LEN(240 * sizeof(int)), 0, SOL_SOCKET, SCM_RIGHTS } };
	char c = 'x';
	struct iovec iov = { &c, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	int s[2], sent = 0;

	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
	for (int i = 0; i < 240; i++)
		memcpy(CMSG_DATA(&control.header) + i * (int)sizeof(int), &s[0], sizeof(int));
	while (sent < 100000 && sendmsg(s[0], &m, 0) == 1)
		sent++;
	ok(errno == EAGAIN || errno == ETOOMANYREFS, "a flood of descriptors ends");
	close(s[1]);
	close(s[0]);
}

void test_hostile(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), file = open("/dev/null", O_RDWR);

	fails(socket(60, SOCK_STREAM, 0), EAFNOSUPPORT, "no such family");
	fails(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT, "none at all");
	fails(socket(AF_UNIX, 9, 0), ESOCKTNOSUPPORT, "no such type");
	fails(socket(AF_UNIX, SOCK_STREAM | 0x100, 0), EINVAL, "no such flag");
	fails(socket(AF_UNIX, SOCK_STREAM, 77), EPROTONOSUPPORT, "no such protocol");
	fails(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, BAD), EFAULT, "a pair to nowhere");
	fails(bind(file, BAD, 0), ENOTSOCK, "not a socket");
	fails(bind(99, BAD, 0), EBADF, "not a descriptor");
	test_addresses(fd);
	test_messages();
	test_flood();
	close(fd);
	close(file);
}
