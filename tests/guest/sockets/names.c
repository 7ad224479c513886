// SPDX-License-Identifier: BSD-2-Clause
/* Names, listening, connecting, accepting. */
#define _GNU_SOURCE
#include "sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH "/tmp/sockets-test"

static void test_path(void)
{
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), s;
	struct sockaddr_un address;
	socklen_t len = sizeof(address);
	struct stat st;
	char c;

	unlink(PATH);
	fails(connect_to(client, PATH), ENOENT, "nobody has the name");
	fails(listen(listener, 1), EINVAL, "listening without a name");
	is(bind_to(listener, PATH), 0, "bind");
	fails(bind_to(listener, PATH "2"), EINVAL, "once only");
	fails(bind_to(client, PATH), EADDRINUSE, "taken");
	is(stat(PATH, &st), 0, "it is a file");
	ok(S_ISSOCK(st.st_mode), "of its kind");
	fails(open(PATH, O_RDWR), ENXIO, "that cannot be opened");
	fails(connect_to(client, PATH), ECONNREFUSED, "nobody listens");
	is(listen(listener, 1), 0, "listen");
	fails(syscall(SYS_accept4, listener, NULL, NULL, 1), EINVAL, "unknown flag");
	is(poll_now(listener), 0, "nobody has connected");
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	fails(connect_to(s, PATH), EPROTOTYPE, "not of this type");
	close(s);
	is(poll_now(client) & (POLLHUP | POLLOUT), POLLHUP | POLLOUT, "not connected");
	fails(read(client, &c, 1), EINVAL, "so nothing is read");
	fails(write(client, &c, 1), ENOTCONN, "or written");
	is(connect_to(client, PATH), 0, "connect");
	fails(connect_to(client, PATH), EISCONN, "once only");
	is(poll_now(listener), POLLIN, "somebody has connected");
	is(write(client, "a", 1), 1, "write before accept");
	s = accept4(listener, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ok(s >= 0, "accept4");
	is(len, 2, "the client has no name");
	is(fcntl(s, F_GETFL) & O_NONBLOCK, O_NONBLOCK, "SOCK_NONBLOCK");
	is(read(s, &c, 1), 1, "read");
	fails(read(s, &c, 1), EAGAIN, "nothing more");
	len = sizeof(address);
	is(getpeername(client, (struct sockaddr *)&address, &len), 0, "getpeername");
	is(len, sizeof(sa_family_t) + sizeof(PATH), "its length");
	is_string(address.sun_path, PATH, "whom the client talks to");
	len = sizeof(address);
	is(getsockname(s, (struct sockaddr *)&address, &len), 0, "getsockname");
	is_string(address.sun_path, PATH, "under the listener's name");
	len = 4;
	is(getsockname(s, (struct sockaddr *)&address, &len), 0, "with less room");
	is(len, sizeof(sa_family_t) + sizeof(PATH), "tells how much it takes");
	close(listener);
	fails(connect_to(listener, PATH), EBADF, "closed");
	is(write(client, "b", 1), 1, "the connection stays");
	is(read(s, &c, 1), 1, "without the listener");
	close(s);
	close(client);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	fails(connect_to(client, PATH), ECONNREFUSED, "the name is dead");
	fails(bind_to(client, PATH), EADDRINUSE, "but there");
	is(unlink(PATH), 0, "until it is removed");
	is(bind_to(client, PATH), 0, "bind again");
	close(client);
	unlink(PATH);
}

static void test_abstract(void)
{
	int a = socket(AF_UNIX, SOCK_SEQPACKET, 0), b = socket(AF_UNIX, SOCK_SEQPACKET, 0), s;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len;
	char buf[8];

	is(bind_to(a, "@name"), 0, "an abstract name");
	fails(bind_to(b, "@name"), EADDRINUSE, "taken");
	fails(connect_to(b, "@nam"), ECONNREFUSED, "another one");
	is(listen(a, 5), 0, "listen");
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	fails(connect_to(s, "@name"), ECONNREFUSED, "not of this type");
	is(bind_to(s, "@name"), 0, "whose names are others");
	close(s);
	is(connect_to(b, "@name"), 0, "connect");
	s = accept(a, NULL, NULL);
	is(send(b, "one", 3, 0), 3, "send");
	is(send(b, "three", 5, 0), 5, "send");
	is(recv(s, buf, 8, 0), 3, "packets keep their bounds");
	is(recv(s, buf, 2, MSG_TRUNC), 5, "also where they do not fit");
	close(b);
	is(recv(s, buf, 8, 0), 0, "end");
	fails(send(s, "x", 1, MSG_NOSIGNAL), EPIPE, "nobody reads");
	close(s);
	close(a);
	b = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	is(bind_to(b, "@name"), 0, "free again");
	close(b);

	a = socket(AF_UNIX, SOCK_STREAM, 0);
	is(bind(a, (struct sockaddr *)&address, sizeof(sa_family_t)), 0, "any free name");
	len = sizeof(address);
	is(getsockname(a, (struct sockaddr *)&address, &len), 0, "getsockname");
	is(len, sizeof(sa_family_t) + 6, "five digits behind a NUL");
	close(a);
}

static void *accept_one(void *arg)
{
	usleep(20000);
	return (void *)(long)accept(*(int *)arg, NULL, NULL);
}

static void *connect_later(void *arg)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	usleep(20000);
	connect_to(s, arg);
	return (void *)(long)s;
}

static void test_backlog(void)
{
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), s[3];
	pthread_t thread;
	void *result;
	char c;

	bind_to(listener, "@backlog");
	is(listen(listener, 0), 0, "listen for one");
	for (int i = 0; i < 3; i++)
		s[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	is(connect_to(s[0], "@backlog"), 0, "the first");
	fails(connect_to(s[1], "@backlog"), EAGAIN, "has to be accepted before the second");
	fcntl(s[1], F_SETFL, 0);
	pthread_create(&thread, NULL, accept_one, &listener);
	is(connect_to(s[1], "@backlog"), 0, "which waits");
	pthread_join(thread, &result);
	close((int)(long)result);
	is(write(s[1], "x", 1), 1, "it is connected");
	close(listener);
	fails(read(s[1], &c, 1), ECONNRESET, "but is never accepted");
	for (int i = 0; i < 3; i++)
		close(s[i]);

	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	bind_to(listener, "@backlog");
	listen(listener, 5);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	fails(accept(listener, NULL, NULL), EAGAIN, "nobody connects");
	fcntl(listener, F_SETFL, 0);
	pthread_create(&thread, NULL, connect_later, "@backlog");
	s[0] = accept(listener, NULL, NULL);
	ok(s[0] >= 0, "accept waits");
	pthread_join(thread, &result);
	close(s[0]);
	close((int)(long)result);
	close(listener);
}

void test_names(void)
{
	test_path();
	test_abstract();
	test_backlog();
}
