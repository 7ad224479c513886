// SPDX-License-Identifier: BSD-2-Clause
/* Datagrams. */
#define _GNU_SOURCE
#include "sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#define MANY 2000

static ssize_t send_name(int fd, const char *what, const char *name)
{
	struct sockaddr_un address;
	socklen_t len = name_of(&address, name);

	return sendto(fd, what, strlen(what), 0, (struct sockaddr *)&address, len);
}

static void *send_many(void *arg)
{
	long sent = 0;

	for (int i = 0; i < MANY; i++)
		sent += send(*(int *)arg, &i, sizeof(i), 0) == sizeof(i);
	return (void *)sent;
}

static void test_flow(void)
{
	int s[2], n = 0, got, good = 0;
	pthread_t thread;
	void *result;

	is(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0, "a pair");
	while (send(s[0], &n, sizeof(n), MSG_DONTWAIT) == sizeof(n))
		n++;
	is(errno, EAGAIN, "full");
	ok(n >= 10, "after some");
	is(poll_now(s[0]), 0, "poll: no room");
	while (recv(s[1], &got, sizeof(got), MSG_DONTWAIT) > 0)
		;
	is(poll_now(s[0]), POLLOUT, "poll: room");
	pthread_create(&thread, NULL, send_many, &s[0]);
	for (int i = 0; i < MANY; i++)
		good += recv(s[1], &got, sizeof(got), 0) == sizeof(got) && got == i;
	pthread_join(thread, &result);
	is((long)result, MANY, "a sender waits for room");
	is(good, MANY, "nothing is lost or changes places");
	close(s[0]);
	close(s[1]);
}

static void test_addresses(void)
{
	int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);
	int c = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un from;
	socklen_t len = sizeof(from);
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	char buf[16];

	is(bind_to(a, "@a"), 0, "bind");
	is(bind_to(b, "@b"), 0, "bind");
	fails(listen(a, 1), EOPNOTSUPP, "no listening");
	is(send_name(b, "hello", "@a"), 5, "sendto");
	is(recvfrom(a, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len), 5, "recvfrom");
	is(len, sizeof(sa_family_t) + 2, "from whom");
	is(memcmp(from.sun_path, "\0b", 2), 0, "it is told");
	is(send_name(c, "", "@a"), 0, "nothing");
	len = sizeof(from);
	is(recvfrom(a, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len), 0, "is a datagram too");
	is(len, 0, "from nobody that has a name");
	fails(send_name(c, "x", "@nobody"), ECONNREFUSED, "to nobody");
	fails(send(c, "x", 1, 0), ENOTCONN, "to whom?");
	is(connect_to(a, "@b"), 0, "connect");
	is(send(a, "x", 1, 0), 1, "send");
	is(recv(b, buf, sizeof(buf), 0), 1, "receive");
	fails(send_name(c, "x", "@a"), EPERM, "it listens to its peer only");
	is(send_name(b, "x", "@a"), 1, "the peer may");
	is(connect(a, &none, sizeof(none)), 0, "connect to nobody");
	is(send_name(c, "y", "@a"), 1, "all may again");
	is(recv(a, buf, sizeof(buf), 0), 1, "receive");
	is(buf[0], 'y', "what came before is lost");
	is(connect_to(c, "@a"), 0, "connect");
	close(a);
	fails(send(c, "x", 1, 0), ECONNREFUSED, "the peer is gone");
	is(recv(b, buf, 1, MSG_DONTWAIT), -1, "nothing came of that");
	close(b);
	close(c);
}

static void test_sizes(void)
{
	static char big[400000];
	struct iovec iov[2] = { { big, 3 }, { big + 100, 4 } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	struct mmsghdr many[3] = { { .msg_hdr = m }, { .msg_hdr = m }, { .msg_hdr = m } };
	int s[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	fails(send(s[0], big, sizeof(big), 0), EMSGSIZE, "too large");
	is(send(s[0], big, 100000, 0), 100000, "not too large");
	is(recv(s[1], big, sizeof(big), 0), 100000, "arrives");
	memcpy(big, "abcdefg", 7);
	is(send(s[0], big, 7, 0), 7, "send");
	is(send(s[0], big, 9, 0), 9, "send");
	is(recvmsg(s[1], &m, MSG_PEEK), 7, "a look, in parts");
	is(memcmp(big + 100, "defg", 4), 0, "of them");
	is(m.msg_flags, 0, "whole");
	is(recvmsg(s[1], &m, 0), 7, "taken");
	is(recvmsg(s[1], &m, 0), 7, "the next");
	is(m.msg_flags, MSG_TRUNC, "is cut");
	is(sendmmsg(s[0], many, 3, 0), 3, "three at a time");
	is(many[2].msg_len, 7, "with their lengths");
	is(recvmmsg(s[1], many, 3, MSG_WAITFORONE, NULL), 3, "and back");
	close(s[0]);
	close(s[1]);
}

void test_datagrams(void)
{
	test_flow();
	test_addresses();
	test_sizes();
}
