// SPDX-License-Identifier: BSD-2-Clause
/* epoll: level, edge and one-shot; many files; many threads. */
#include "events.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define FILES 200
#define THREADS 4
#define ROUNDS 500

static int control(int ep, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	return epoll_ctl(ep, op, fd, &e);
}

static void test_triggers(void)
{
	int ep = epoll_create1(0), p[2];
	struct epoll_event e;
	char c;

	is(pipe(p), 0, "pipe");
	is(control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 1), 0, "level");
	is(write(p[1], "ab", 2), 2, "write");
	is(epoll_wait(ep, &e, 1, 0), 1, "told");
	is(epoll_wait(ep, &e, 1, 0), 1, "and told again");
	is(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 2), 0, "edge");
	is(epoll_wait(ep, &e, 1, 0), 1, "told what is there");
	is(e.data.u64, 2, "with the new data");
	is(epoll_wait(ep, &e, 1, 0), 0, "once");
	is(read(p[0], &c, 1), 1, "a read");
	is(epoll_wait(ep, &e, 1, 0), 0, "is no event");
	is(write(p[1], "c", 1), 1, "another write");
	is(epoll_wait(ep, &e, 1, 0), 1, "is");
	is(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 3), 0, "one shot");
	is(epoll_wait(ep, &e, 1, 0), 1, "told");
	is(write(p[1], "d", 1), 1, "another write");
	is(epoll_wait(ep, &e, 1, 0), 0, "not told again");
	close(p[1]);
	is(epoll_wait(ep, &e, 1, 0), 0, "nor that the other end is closed");
	is(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 4), 0, "armed again");
	is(epoll_wait(ep, &e, 1, 0), 1, "told");
	is(e.events, EPOLLIN | EPOLLHUP, "both");
	close(p[0]);
	close(ep);
}

static void test_many(void)
{
	static struct epoll_event e[FILES];
	static char seen[FILES];
	int ep = epoll_create1(0), fd[FILES], left = 0;

	for (int i = 0; i < FILES; i++) {
		fd[i] = eventfd(i % 2, EFD_NONBLOCK);
		control(ep, EPOLL_CTL_ADD, fd[i], EPOLLIN, (uint64_t)i);
	}
	is(epoll_wait(ep, e, FILES, 0), FILES / 2, "as many events as files that are ready");
	for (int i = 0; i < 10; i++) {
		int n = epoll_wait(ep, e, FILES / 20, 0);

		for (int k = 0; k < n; k++)
			seen[e[k].data.u64] = 1;
	}
	for (int i = 0; i < FILES; i++)
		left += seen[i] != i % 2;
	is(left, 0, "in small portions, each has its turn");
	for (int i = 0; i < FILES; i++)
		close(fd[i]);
	is(epoll_wait(ep, e, FILES, 0), 0, "closed files are not there");
	close(ep);
}

static int shared_ep, counter_fd, stop_fd;
static unsigned taken;

/* Each event is taken by one thread: armed again only after that. */
static void *worker(void *arg)
{
	struct epoll_event e;
	eventfd_t value;

	(void)arg;
	while (epoll_wait(shared_ep, &e, 1, -1) == 1 && e.data.u64 == 1) {
		if (eventfd_read(counter_fd, &value) == 0)
			__atomic_add_fetch(&taken, (unsigned)value, __ATOMIC_RELAXED);
		control(shared_ep, EPOLL_CTL_MOD, counter_fd, EPOLLIN | EPOLLONESHOT, 1);
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t thread[THREADS];

	shared_ep = epoll_create1(0);
	counter_fd = eventfd(0, EFD_NONBLOCK);
	stop_fd = eventfd(0, EFD_NONBLOCK);
	control(shared_ep, EPOLL_CTL_ADD, counter_fd, EPOLLIN | EPOLLONESHOT, 1);
	control(shared_ep, EPOLL_CTL_ADD, stop_fd, EPOLLIN, 2);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, worker, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		eventfd_write(counter_fd, 1);
		if (i % 50 == 0)
			usleep(1000);
	}
	while (__atomic_load_n(&taken, __ATOMIC_RELAXED) < ROUNDS)
		usleep(1000);
	eventfd_write(stop_fd, 1);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	is(taken, ROUNDS, "threads share the events, and all end");
	close(shared_ep);
	close(counter_fd);
	close(stop_fd);
}

static int pipe_fds[2];

static void *adder(void *arg)
{
	int ep = *(int *)arg;

	for (int i = 0; i < ROUNDS; i++) {
		int fd = eventfd(1, 0);

		control(ep, EPOLL_CTL_ADD, fd, EPOLLIN, 5);
		if (i & 1)
			control(ep, EPOLL_CTL_DEL, fd, 0, 0);
		close(fd);
	}
	close(pipe_fds[1]);
	return NULL;
}

/* Files that come and go while others wait for them. */
static void test_churn(void)
{
	int ep = epoll_create1(0), done = 0;
	struct epoll_event e[8];
	pthread_t thread;

	is(pipe(pipe_fds), 0, "pipe");
	control(ep, EPOLL_CTL_ADD, pipe_fds[0], EPOLLIN, 9);
	pthread_create(&thread, NULL, adder, &ep);
	while (!done) {
		int n = epoll_wait(ep, e, 8, 1000);

		for (int i = 0; i < n; i++)
			done |= e[i].data.u64 == 9;
		if (n <= 0)
			break;
	}
	pthread_join(thread, NULL);
	ok(done, "files that come and go");
	is(epoll_wait(ep, e, 8, 0), 1, "leave nothing behind");
	close(pipe_fds[0]);
	close(ep);
}

void test_epoll_modes(void)
{
	test_triggers();
	test_many();
	test_threads();
	test_churn();
}
