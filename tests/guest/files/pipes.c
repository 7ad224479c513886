// SPDX-License-Identifier: BSD-2-Clause
/* Pipes, with and without a name, and waiting for them. */
#define _GNU_SOURCE
#include "files.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

static char big[200000], back[200000];

static void *write_big(void *arg)
{
	static ssize_t n;

	n = write(*(int *)arg, big, sizeof(big));
	close(*(int *)arg);
	return &n;
}

static void *write_later(void *arg)
{
	static ssize_t n;

	usleep(20000);
	n = write(*(int *)arg, "late", 4);
	return &n;
}

static void test_basic(void)
{
	int p[2], n = 0;
	struct stat st;

	is(pipe2(p, O_NONBLOCK), 0, "pipe2");
	fails(read(p[0], back, 1), EAGAIN, "nothing to read yet");
	is(write(p[1], "hello", 5), 5, "write");
	is(ioctl(p[0], FIONREAD, &n), 0, "FIONREAD");
	is(n, 5, "tells how much there is");
	is(read(p[0], back, 3), 3, "read");
	is(read(p[0], back + 3, 100), 2, "read the rest");
	is(memcmp(back, "hello", 5), 0, "in order");
	fails(lseek(p[0], 0, SEEK_SET), ESPIPE, "no positions");
	fails(write(p[0], "x", 1), EBADF, "each end in its direction");
	is(fstat(p[0], &st), 0, "fstat");
	ok(S_ISFIFO(st.st_mode), "says pipe");
	is(write(p[1], big, sizeof(big)), 65536, "as much as fits");
	fails(write(p[1], "x", 1), EAGAIN, "then no more");
	is(read(p[0], back, 4096), 4096, "some room");
	is(write(p[1], big, 5000), 4096, "a long write may be torn");
	close(p[1]);
	while (read(p[0], back, sizeof(back)) > 0)
		;
	is(read(p[0], back, 1), 0, "end of file");
	close(p[0]);
	is(pipe(p), 0, "pipe");
	close(p[0]);
	signal(SIGPIPE, SIG_IGN);
	fails(write(p[1], "x", 1), EPIPE, "nobody reads");
	close(p[1]);
}

static void test_blocking(void)
{
	struct pollfd fds[2];
	pthread_t thread;
	size_t done = 0;
	int p[2];
	ssize_t n;
	void *result;
	fd_set set;
	struct timeval none = { 0 };

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 31 >> 3);
	is(pipe(p), 0, "pipe");
	pthread_create(&thread, NULL, write_big, &p[1]);
	while ((n = read(p[0], back + done, sizeof(back) - done)) > 0)
		done += (size_t)n;
	pthread_join(thread, &result);
	is(*(ssize_t *)result, (long)sizeof(big), "a write larger than the pipe");
	is(done, (long)sizeof(big), "arrives");
	is(memcmp(big, back, sizeof(big)), 0, "whole");
	close(p[0]);

	is(pipe(p), 0, "pipe");
	fds[0] = (struct pollfd){ .fd = p[0], .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = p[1], .events = POLLOUT };
	is(poll(fds, 1, 10), 0, "poll: nothing within 10 ms");
	is(poll(fds, 2, -1), 1, "poll: room to write");
	ok(fds[0].revents == 0 && fds[1].revents == POLLOUT, "says so");
	pthread_create(&thread, NULL, write_later, &p[1]);
	is(poll(fds, 1, 5000), 1, "poll waits");
	is(fds[0].revents, POLLIN, "for the writer");
	pthread_join(thread, NULL);
	FD_ZERO(&set);
	FD_SET(p[0], &set);
	is(select(p[0] + 1, &set, NULL, NULL, &none), 1, "select");
	ok(FD_ISSET(p[0], &set), "says so too");
	is(read(p[0], back, 10), 4, "read");
	close(p[1]);
	is(poll(fds, 1, -1), 1, "poll: the writer has gone");
	is(fds[0].revents, POLLHUP, "POLLHUP");
	close(p[0]);
	fds[0].fd = 999;
	is(poll(fds, 1, -1), 1, "poll of no descriptor");
	is(fds[0].revents, POLLNVAL, "POLLNVAL");
}

static void *open_fifo(void *arg)
{
	static int fd;

	(void)arg;
	fd = open("fifo", O_WRONLY);
	if (write(fd, "named", 5) != 5)
		fd = -1;
	return &fd;
}

static void test_fifo(void)
{
	pthread_t thread;
	void *result;
	int fd;

	is(mkfifo("fifo", 0600), 0, "mkfifo");
	fails(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO, "nobody reads it");
	pthread_create(&thread, NULL, open_fifo, NULL);
	fd = open("fifo", O_RDONLY);
	ok(fd >= 0, "open waits for the writer");
	is(read(fd, back, 10), 5, "read");
	pthread_join(thread, &result);
	close(*(int *)result);
	is(read(fd, back, 10), 0, "end of file");
	close(fd);
	is(unlink("fifo"), 0, "clean");
}

void test_pipes(void)
{
	test_basic();
	test_blocking();
	test_fifo();
}
