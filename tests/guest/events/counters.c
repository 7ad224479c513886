// SPDX-License-Identifier: BSD-2-Clause
/* eventfd. */
#include "events.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

static void *add_later(void *arg)
{
	usleep(20000);
	eventfd_write(*(int *)arg, 5);
	return NULL;
}

static void *take_later(void *arg)
{
	eventfd_t value;

	usleep(20000);
	eventfd_read(*(int *)arg, &value);
	return NULL;
}

static void test_waiting(int fd)
{
	eventfd_t value = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, add_later, &fd);
	is(eventfd_read(fd, &value), 0, "a read waits");
	is(value, 5, "for what is written");
	pthread_join(thread, NULL);
	is(eventfd_write(fd, UINT64_MAX - 1), 0, "as much as there can be");
	pthread_create(&thread, NULL, take_later, &fd);
	is(eventfd_write(fd, 7), 0, "a write waits for room");
	pthread_join(thread, NULL);
	is(eventfd_read(fd, &value), 0, "read");
	is(value, 7, "the rest");
}

void test_eventfd(void)
{
	int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	uint64_t value = 0;
	struct stat st;

	ok(fd >= 0, "eventfd");
	is(fcntl(fd, F_GETFD), FD_CLOEXEC, "close-on-exec");
	is(read(fd, &value, 8), 8, "read");
	is(value, 3, "what it began with");
	fails(read(fd, &value, 8), EAGAIN, "then nothing");
	fails(read(fd, &value, 7), EINVAL, "too small to read");
	fails(write(fd, &value, 7), EINVAL, "too small to write");
	value = UINT64_MAX;
	fails(write(fd, &value, 8), EINVAL, "no number");
	is(poll(&p, 1, 0), 1, "poll");
	is(p.revents, POLLOUT, "room");
	is(eventfd_write(fd, 1), 0, "write");
	is(eventfd_write(fd, 2), 0, "write again");
	fails(eventfd_write(fd, UINT64_MAX - 1), EAGAIN, "too much");
	is(poll(&p, 1, 0), 1, "poll");
	is(p.revents, POLLIN | POLLOUT, "both ways");
	fails(read(fd, BAD, 8), EFAULT, "read to nowhere");
	fails(write(fd, BAD, 8), EFAULT, "write from nowhere");
	is(fstat(fd, &st), 0, "fstat");
	close(fd);
	fails(eventfd(0, 0x40), EINVAL, "unknown flag");

	fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	is(read(fd, &value, 8), 8, "semaphore");
	is(value, 1, "one at a time");
	is(read(fd, &value, 8), 8, "and another");
	fails(read(fd, &value, 8), EAGAIN, "and no more");
	close(fd);
	fd = eventfd(0, 0);
	test_waiting(fd);
	close(fd);
}
