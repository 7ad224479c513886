// SPDX-License-Identifier: BSD-2-Clause
/* epoll: what is watched, errors, waiting, one epoll file in another. */
#define _GNU_SOURCE
#include "events.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int control(int ep, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	return epoll_ctl(ep, op, fd, &e);
}

static void test_errors(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC), p[2],
		file = open("/tmp/regular", O_RDWR | O_CREAT, 0600);

	is(pipe(p), 0, "pipe");
	ok(ep >= 0, "epoll_create1");
	fails(epoll_create1(1), EINVAL, "unknown flag");
	fails(syscall(SYS_epoll_create, 0), EINVAL, "no size");
	fails(epoll_ctl(ep, EPOLL_CTL_ADD, 99, &e), EBADF, "no such descriptor");
	fails(epoll_ctl(99, EPOLL_CTL_ADD, p[0], &e), EBADF, "no such epoll descriptor");
	fails(epoll_ctl(p[1], EPOLL_CTL_ADD, p[0], &e), EINVAL, "not an epoll file");
	fails(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &e), EINVAL, "not itself");
	fails(epoll_ctl(ep, EPOLL_CTL_ADD, file, &e), EPERM, "not a regular file");
	fails(epoll_ctl(ep, 17, p[0], &e), EINVAL, "no such operation");
	fails(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], BAD), EFAULT, "no event");
	fails(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &e), ENOENT, "not there to change");
	fails(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL), ENOENT, "not there to remove");
	is(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e), 0, "add");
	fails(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e), EEXIST, "not twice");
	fails(epoll_wait(ep, &e, 0, 0), EINVAL, "no room for events");
	fails(epoll_wait(p[0], &e, 1, 0), EINVAL, "waiting for a pipe");
	is(write(p[1], "x", 1), 1, "write");
	fails(epoll_wait(ep, BAD, 1, 0), EFAULT, "events to nowhere");
	is(epoll_wait(ep, &e, 1, 0), 1, "are not lost");
	is(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL), 0, "remove");
	is(epoll_wait(ep, &e, 1, 0), 0, "nothing any more");
	fails(control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE, 0), EINVAL,
	      "exclusive and one-shot");
	is(control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLEXCLUSIVE, 7), 0, "exclusive");
	fails(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN, 7), EINVAL, "cannot be changed");
	is(epoll_wait(ep, &e, 1, 0), 1, "is told");
	is(e.data.u64, 7, "with its data");
	close(p[0]);
	close(p[1]);
	close(ep);
	close(file);
	unlink("/tmp/regular");
}

static void test_closing(void)
{
	struct epoll_event e[4];
	int ep = epoll_create1(0), p[2], copy;

	is(pipe(p), 0, "pipe");
	copy = dup(p[0]);
	is(control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 1), 0, "add");
	is(control(ep, EPOLL_CTL_ADD, copy, EPOLLIN, 2), 0, "add its copy");
	is(control(ep, EPOLL_CTL_ADD, p[1], 0, 3), 0, "add the other end");
	is(write(p[1], "x", 1), 1, "write");
	is(epoll_wait(ep, e, 4, 0), 2, "both are told");
	close(copy);
	is(epoll_wait(ep, e, 4, 0), 2, "as long as one of them is open");
	close(p[0]);
	is(epoll_wait(ep, e, 4, 0), 1, "the readers are gone");
	ok(e[0].data.u64 == 3 && e[0].events == EPOLLERR, "which nobody had to ask for");
	close(p[1]);
	is(epoll_wait(ep, e, 4, 0), 0, "all are gone");
	close(ep);
}

static int later_fd;

static void *later(void *arg)
{
	usleep(20000);
	if (arg)
		pthread_kill(*(pthread_t *)arg, SIGUSR1);
	else
		eventfd_write(later_fd, 1);
	return NULL;
}

static void handler(int number)
{
	(void)number;
}

static void test_waiting(void)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	int ep = epoll_create1(0);
	pthread_t self = pthread_self(), thread;
	struct timespec ts = { .tv_nsec = 20000000 };
	struct epoll_event e;
	int64_t start;
	sigset_t set;

	later_fd = eventfd(0, EFD_NONBLOCK);
	control(ep, EPOLL_CTL_ADD, later_fd, EPOLLIN, 1);
	start = now_ms();
	is(epoll_wait(ep, &e, 1, 30), 0, "nothing within 30 ms");
	ok(now_ms() - start >= 29, "which pass");
	pthread_create(&thread, NULL, later, NULL);
	is(epoll_wait(ep, &e, 1, -1), 1, "an event");
	pthread_join(thread, NULL);
	eventfd_read(later_fd, &(eventfd_t){ 0 });

	sigaction(SIGUSR1, &action, NULL);
	pthread_create(&thread, NULL, later, &self);
	fails(epoll_wait(ep, &e, 1, 5000), EINTR, "a handler ends it, even with SA_RESTART");
	pthread_join(thread, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_create(&thread, NULL, later, &self);
	is(epoll_pwait(ep, &e, 1, 50, &set), 0, "epoll_pwait blocks the signal");
	pthread_join(thread, NULL);
	fails(syscall(SYS_epoll_pwait, ep, &e, 1, 0, BAD, 8), EFAULT, "no mask");
	fails(syscall(SYS_epoll_pwait, ep, &e, 1, 0, &set, 4), EINVAL, "a mask of half the size");
	start = now_ms();
	is(syscall(SYS_epoll_pwait2, ep, &e, 1, &ts, NULL, 0), 0, "epoll_pwait2: nothing in 20 ms");
	ok(now_ms() - start >= 19, "which pass");
	fails(syscall(SYS_epoll_pwait2, ep, &e, 1, BAD, NULL, 0), EFAULT, "no timeout");
	ts.tv_nsec = -1;
	fails(syscall(SYS_epoll_pwait2, ep, &e, 1, &ts, NULL, 0), EINVAL, "a timeout that is none");
	close(ep);
	close(later_fd);
}

static void test_nesting(void)
{
	int inner = epoll_create1(0), middle = epoll_create1(0), outer = epoll_create1(0);
	int fd = eventfd(0, EFD_NONBLOCK);
	struct pollfd p = { .fd = outer, .events = POLLIN };
	struct epoll_event e;

	is(control(inner, EPOLL_CTL_ADD, fd, EPOLLIN, 1), 0, "a file");
	is(control(middle, EPOLL_CTL_ADD, inner, EPOLLIN, 2), 0, "in an epoll file in another");
	is(control(outer, EPOLL_CTL_ADD, middle, EPOLLIN, 3), 0, "in a third");
	fails(control(inner, EPOLL_CTL_ADD, outer, EPOLLIN, 4), ELOOP, "but not in a circle");
	is(poll(&p, 1, 0), 0, "nothing yet");
	eventfd_write(fd, 1);
	is(poll(&p, 1, 0), 1, "an event comes through");
	is(epoll_wait(outer, &e, 1, 0), 1, "to the outermost");
	is(e.data.u64, 3, "as what it watches");
	eventfd_read(fd, &(eventfd_t){ 0 });
	is(poll(&p, 1, 0), 0, "and is over for all of them");
	is(epoll_wait(outer, &e, 1, 0), 0, "at once");
	close(inner);
	eventfd_write(fd, 1);
	is(epoll_wait(outer, &e, 1, 0), 0, "the link is closed");
	close(middle);
	close(outer);
	close(fd);
}

void test_epoll(void)
{
	test_errors();
	test_closing();
	test_waiting();
	test_nesting();
}
