// SPDX-License-Identifier: BSD-2-Clause
/* Options of sockets. */
#define _GNU_SOURCE
#include "sockets.h"

#include <sys/time.h>
#include <unistd.h>

static int get(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, name, &value, &len) || len != sizeof(value))
		return -1;
	return value;
}

static int set(int fd, int name, int value)
{
	return setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value));
}

static void test_timeouts(int fd)
{
	struct timeval t = { .tv_sec = 2, .tv_usec = 500000 }, got = { 0 };
	socklen_t len = sizeof(got);

	is(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)), 0, "SO_SNDTIMEO");
	is(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &got, &len), 0, "read back");
	ok(len == sizeof(got) && got.tv_sec == 2 && got.tv_usec == 500000, "the same");
	len = sizeof(got);
	is(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &got, &len), 0, "SO_RCVTIMEO");
	ok(got.tv_sec == 0 && got.tv_usec == 0, "none");
	t.tv_usec = 1000000;
	fails(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)), EDOM, "no time");
	fails(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, 8), EINVAL, "half of it");
}

void test_options(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), s[2], value = 0;
	struct ucred who;
	socklen_t len = sizeof(who);

	is(get(fd, SO_TYPE), SOCK_STREAM, "SO_TYPE");
	is(get(fd, SO_DOMAIN), AF_UNIX, "SO_DOMAIN");
	is(get(fd, SO_PROTOCOL), 0, "SO_PROTOCOL");
	is(get(fd, SO_ERROR), 0, "SO_ERROR");
	is(get(fd, SO_ACCEPTCONN), 0, "SO_ACCEPTCONN");
	is(get(fd, SO_REUSEADDR), 0, "SO_REUSEADDR");
	is(set(fd, SO_REUSEADDR, 7), 0, "is a switch");
	is(get(fd, SO_REUSEADDR), 1, "and on now");
	is(set(fd, SO_SNDBUF, 10000), 0, "SO_SNDBUF");
	is(get(fd, SO_SNDBUF), 20000, "is doubled");
	is(set(fd, SO_RCVBUF, 1), 0, "SO_RCVBUF");
	ok(get(fd, SO_RCVBUF) >= 2000, "has a lower bound");
	fails(set(fd, 9999, 1), ENOPROTOOPT, "unknown");
	fails(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, 2), EINVAL, "half a number");
	ok(getsockopt(fd, 6, 1, &value, &len) == -1 && errno == EOPNOTSUPP, "not of TCP");
	test_timeouts(fd);
	close(fd);

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	is(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &who, &len), 0, "SO_PEERCRED");
	ok(who.pid == getpid() && who.uid == getuid(), "tells that it is us");
	is(send(s[0], "x", 1, 0), 1, "send");
	close(s[1]);
	is(get(s[0], SO_ERROR), ECONNRESET, "SO_ERROR");
	is(get(s[0], SO_ERROR), 0, "is told once");
	close(s[0]);
}
