// SPDX-License-Identifier: BSD-2-Clause
/* signalfd. */
#define _GNU_SOURCE
#include "events.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *send_later(void *arg)
{
	(void)arg;
	usleep(20000);
	kill(getpid(), SIGUSR2);
	return NULL;
}

static void test_queue(int fd)
{
	struct signalfd_siginfo got[3];
	union sigval value = { .sival_int = 42 };

	is(sigqueue(getpid(), SIGRTMIN, value), 0, "sigqueue");
	value.sival_int = 43;
	is(sigqueue(getpid(), SIGRTMIN, value), 0, "again");
	is(kill(getpid(), SIGUSR1), 0, "kill");
	is(read(fd, got, sizeof(got)), sizeof(got), "three records");
	is(got[0].ssi_signo, SIGUSR1, "the lowest number");
	is(got[0].ssi_code, SI_USER, "from kill");
	is(got[0].ssi_pid, (uint32_t)getpid(), "by this program");
	is(got[1].ssi_signo, SIGRTMIN, "then the others");
	is(got[1].ssi_int, 42, "in their order");
	is(got[2].ssi_int, 43, "with what they tell");
	is(got[2].ssi_code, SI_QUEUE, "from sigqueue");
	fails(read(fd, got, sizeof(got)), EAGAIN, "no more");
}

static void test_waiting(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct epoll_event e = { .events = EPOLLIN };
	struct signalfd_siginfo got;
	int ep = epoll_create1(0);
	pthread_t thread;

	is(poll(&p, 1, 0), 0, "nothing yet");
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	pthread_create(&thread, NULL, send_later, NULL);
	is(epoll_wait(ep, &e, 1, 5000), 1, "a signal is an event");
	pthread_join(thread, NULL);
	is(poll(&p, 1, 0), 1, "for poll too");
	is(read(fd, &got, sizeof(got)), sizeof(got), "read");
	is(got.ssi_signo, SIGUSR2, "which it was");
	is(epoll_wait(ep, &e, 1, 0), 0, "it is gone");
	close(ep);
}

void test_signalfd(void)
{
	struct signalfd_siginfo got;
	pthread_t thread;
	sigset_t set, old;
	int fd, other;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	ok(fd >= 0, "signalfd");
	test_queue(fd);
	test_waiting(fd);
	fails(read(fd, &got, 127), EINVAL, "too small");
	fails(syscall(SYS_signalfd4, -1, BAD, 8, 0), EFAULT, "no set");
	fails(syscall(SYS_signalfd4, -1, &set, 4, 0), EINVAL, "half a set");
	fails(syscall(SYS_signalfd4, 0, &set, 8, 0), EINVAL, "another file");
	fails(syscall(SYS_signalfd4, 99, &set, 8, 0), EBADF, "no file");
	is(kill(getpid(), SIGUSR1), 0, "kill");
	fails(read(fd, BAD, 128), EFAULT, "read to nowhere");
	sigdelset(&set, SIGUSR2);
	is(signalfd(fd, &set, 0), fd, "another set");
	is(kill(getpid(), SIGUSR2), 0, "kill");
	fails(read(fd, &got, sizeof(got)), EAGAIN, "is not in it");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	other = signalfd(-1, &set, 0);
	is(read(other, &got, sizeof(got)), sizeof(got), "but in this one");
	pthread_create(&thread, NULL, send_later, NULL);
	is(read(other, &got, sizeof(got)), sizeof(got), "a read waits");
	pthread_join(thread, NULL);
	close(fd);
	close(other);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}
