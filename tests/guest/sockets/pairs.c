// SPDX-License-Identifier: BSD-2-Clause
/* Connected pairs of streams: data, ends, waiting. */
#define _GNU_SOURCE
#include "sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MUCH 3000000

static char big[MUCH], back[MUCH];

static void test_data(void)
{
	int s[2], n = 0;
	struct stat st;

	is(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0, "socketpair");
	is(fcntl(s[1], F_GETFD), FD_CLOEXEC, "close-on-exec");
	is(poll_now(s[0]), POLLOUT, "room");
	is(write(s[0], "hello", 5), 5, "write");
	is(send(s[0], ", world", 7, 0), 7, "send");
	is(poll_now(s[1]), POLLIN | POLLOUT, "there is something");
	is(ioctl(s[1], FIONREAD, &n), 0, "FIONREAD");
	is(n, 12, "tells how much");
	is(recv(s[1], back, 3, MSG_PEEK), 3, "a look");
	is(recv(s[1], back, 100, MSG_PEEK), 12, "another, at all of it");
	is(read(s[1], back, 3), 3, "read");
	is(read(s[1], back + 3, 100), 9, "the rest, whoever wrote it");
	is(memcmp(back, "hello, world", 12), 0, "in order");
	fails(recv(s[1], back, 1, MSG_DONTWAIT), EAGAIN, "no more");
	is(send(s[1], "back", 4, 0), 4, "the other way");
	is(read(s[0], back, 100), 4, "too");
	is(read(s[0], back, 0), 0, "nothing asked, nothing given");
	is(fstat(s[0], &st), 0, "fstat");
	ok(S_ISSOCK(st.st_mode), "says socket");
	fails(lseek(s[0], 0, SEEK_SET), ESPIPE, "no positions");
	close(s[0]);
	close(s[1]);
}

static void test_ends(void)
{
	char c;
	int s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	is(write(s[0], "last", 4), 4, "write");
	is(shutdown(s[0], SHUT_WR), 0, "and no more");
	fails(write(s[0], "x", 1), EPIPE, "says so");
	is(poll_now(s[1]), POLLIN | POLLOUT | POLLRDHUP, "poll: the end is in sight");
	is(read(s[1], back, 100), 4, "what was written is read");
	is(read(s[1], back, 100), 0, "then comes the end");
	is(write(s[1], "y", 1), 1, "the other way is open");
	is(read(s[0], &c, 1), 1, "read");
	close(s[1]);
	is(poll_now(s[0]), POLLIN | POLLOUT | POLLRDHUP | POLLHUP, "poll: the peer is gone");
	is(read(s[0], &c, 1), 0, "end");
	fails(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE, "nobody reads");
	close(s[0]);

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	is(write(s[0], "unread", 6), 6, "write");
	close(s[1]);
	fails(read(s[0], &c, 1), ECONNRESET, "the peer closed without reading");
	is(read(s[0], &c, 1), 0, "told once");
	close(s[0]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	is(shutdown(s[0], SHUT_RD), 0, "no reading");
	is(read(s[0], &c, 1), 0, "end");
	fails(write(s[1], "x", 1), EPIPE, "nobody reads");
	close(s[0]);
	close(s[1]);
}

static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
	(void)number;
	pipes++;
}

static void test_signal(void)
{
	int s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	close(s[1]);
	signal(SIGPIPE, on_pipe);
	fails(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE, "send without a signal");
	is(pipes, 0, "none");
	fails(send(s[0], "x", 1, 0), EPIPE, "send with one");
	is(pipes, 1, "SIGPIPE");
	fails(write(s[0], "x", 1), EPIPE, "write");
	is(pipes, 2, "SIGPIPE too");
	signal(SIGPIPE, SIG_IGN);
	close(s[0]);
}

static void *write_much(void *arg)
{
	int fd = *(int *)arg;
	static ssize_t n;

	n = write(fd, big, sizeof(big));
	close(fd);
	return &n;
}

static void test_much(void)
{
	size_t done = 0;
	pthread_t thread;
	void *result;
	ssize_t n;
	int s[2];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 31 >> 3);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	n = send(s[0], big, sizeof(big), MSG_DONTWAIT);
	ok(n >= 100000 && n < MUCH, "as much as there is room for");
	fails(send(s[0], big, 1, MSG_DONTWAIT), EAGAIN, "and no more");
	is(poll_now(s[0]), 0, "poll: no room");
	is(recv(s[1], back, (size_t)n, MSG_WAITALL), n, "all of it");
	is(memcmp(big, back, (size_t)n), 0, "in order");
	is(poll_now(s[0]), POLLOUT, "poll: room");
	pthread_create(&thread, NULL, write_much, &s[0]);
	while ((n = read(s[1], back + done,
	                 sizeof(back) - done > 100001 ? 100001 : sizeof(back) - done)) > 0)
		done += (size_t)n;
	pthread_join(thread, &result);
	is(*(ssize_t *)result, MUCH, "a write larger than the buffer");
	is(done, MUCH, "arrives");
	is(memcmp(big, back, sizeof(big)), 0, "whole");
	close(s[1]);
}

static void *answer(void *arg)
{
	int fd = *(int *)arg;
	char c;

	while (read(fd, &c, 1) == 1) {
		c++;
		if (write(fd, &c, 1) != 1)
			break;
	}
	return NULL;
}

static void test_waiting(void)
{
	struct timeval timeout = { .tv_usec = 20000 };
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	int s[2], ep = epoll_create1(0), good = 0;
	pthread_t thread;
	char c;

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	fails(read(s[0], &c, 1), EAGAIN, "nothing within 20 ms");
	pthread_create(&thread, NULL, answer, &s[1]);
	epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e);
	for (int i = 0; i < 200; i++) {
		c = (char)(i & 63);
		if (write(s[0], &c, 1) != 1 || epoll_wait(ep, &e, 1, 5000) != 1 ||
		    recv(s[0], &c, 1, MSG_DONTWAIT) != 1)
			break;
		good += c == (i & 63) + 1;
	}
	is(good, 200, "two threads talk by turns");
	shutdown(s[0], SHUT_RDWR);
	pthread_join(thread, NULL);
	is(poll_now(s[0]), POLLIN | POLLOUT | POLLRDHUP | POLLHUP, "shut both ways");
	close(s[0]);
	close(s[1]);
	close(ep);
}

void test_pairs(void)
{
	test_data();
	test_ends();
	test_signal();
	test_much();
	test_waiting();
}
