// SPDX-License-Identifier: BSD-2-Clause
/* The calls that bench-calls times. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"

#define PAGE 4096
#define TOUCHED 16 /* pages of the larger area */
#define FILES 100
#define POLLED 10
#define FUTEX_WAIT_PRIVATE 128 /* linux/futex.h, which musl has not */
#define FUTEX_WAKE_PRIVATE 129

static int pair[2], fd, events;
static char page[PAGE];
static struct pollfd polled[POLLED];
static pthread_t partner;
static int baton;

#define MUST(call)                                                                                 \
	do {                                                                                           \
		if (!(call))                                                                               \
			failed = #call;                                                                        \
	} while (0)

static void close_fd(void)
{
	close(fd);
}

static void close_pair(void)
{
	close(pair[0]);
	close(pair[1]);
}

static bool open_page(void)
{
	fd = open("/tmp/page", O_RDWR | O_CREAT, 0600);
	return fd >= 0 && write(fd, page, PAGE) == PAGE;
}

static void turn_getpid(void)
{
	MUST(syscall(SYS_getpid) > 0);
}

static void turn_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
}

static bool prepare_pipe(void)
{
	return pipe(pair) == 0;
}

static void turn_pipe(void)
{
	char byte = 0;

	MUST(write(pair[1], &byte, 1) == 1);
	MUST(read(pair[0], &byte, 1) == 1);
}

static bool prepare_sockets(void)
{
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0;
}

/* There and back. */
static void turn_sockets(void)
{
	char byte = 0;

	MUST(write(pair[1], &byte, 1) == 1);
	MUST(read(pair[0], &byte, 1) == 1);
	MUST(write(pair[0], &byte, 1) == 1);
	MUST(read(pair[1], &byte, 1) == 1);
}

static bool prepare_path(void)
{
	mkdir("/tmp/d", 0700);
	fd = open("/tmp/d/file", O_RDWR | O_CREAT, 0600);
	return fd >= 0;
}

static void turn_open(void)
{
	int opened = open("/tmp/d/file", O_RDONLY);

	MUST(opened >= 0);
	MUST(close(opened) == 0);
}

static void turn_stat(void)
{
	struct stat about;

	MUST(stat("/tmp/d/file", &about) == 0);
}

static void turn_fstat(void)
{
	struct stat about;

	MUST(fstat(fd, &about) == 0);
}

static void turn_access(void)
{
	MUST(access("/tmp/d/none", R_OK) == -1);
}

static void turn_lseek(void)
{
	MUST(lseek(fd, 100, SEEK_SET) == 100);
}

static void turn_dup(void)
{
	int copy = dup(fd);

	MUST(copy >= 0);
	MUST(close(copy) == 0);
}

static void turn_read(void)
{
	MUST(pread(fd, page, PAGE, 0) == PAGE);
}

static void turn_write(void)
{
	MUST(pwrite(fd, page, PAGE, 0) == PAGE);
}

static bool prepare_epoll(void)
{
	struct epoll_event wanted = { .events = EPOLLIN };

	events = eventfd(0, 0);
	fd = epoll_create1(0);
	return events >= 0 && fd >= 0 && epoll_ctl(fd, EPOLL_CTL_ADD, events, &wanted) == 0;
}

static void turn_epoll(void)
{
	struct epoll_event got;
	uint64_t value = 1;

	MUST(write(events, &value, sizeof(value)) == sizeof(value));
	MUST(epoll_wait(fd, &got, 1, -1) == 1);
	MUST(read(events, &value, sizeof(value)) == sizeof(value));
}

static void finish_epoll(void)
{
	close(fd);
	close(events);
}

static bool prepare_poll(void)
{
	for (int i = 0; i < POLLED; i++) {
		polled[i].fd = eventfd(i == POLLED - 1, 0);
		polled[i].events = POLLIN;
		if (polled[i].fd < 0)
			return false;
	}
	return true;
}

static void turn_poll(void)
{
	MUST(poll(polled, POLLED, -1) == 1);
}

static void finish_poll(void)
{
	for (int i = 0; i < POLLED; i++)
		close(polled[i].fd);
}

static void *idle(void *arg)
{
	return arg;
}

static void turn_thread(void)
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, idle, NULL) == 0);
	MUST(pthread_join(thread, NULL) == 0);
}

static void turn_map(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(p != MAP_FAILED);
	MUST(munmap(p, PAGE) == 0);
}

static void turn_touch(void)
{
	volatile char *p =
		mmap(NULL, TOUCHED * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(p != MAP_FAILED);
	for (int i = 0; i < TOUCHED; i++)
		p[(long)i * PAGE] = 1;
	MUST(munmap((void *)p, TOUCHED * PAGE) == 0);
}

static void pass_baton(int mine)
{
	__atomic_store_n(&baton, !mine, __ATOMIC_RELEASE);
	syscall(SYS_futex, &baton, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	while (__atomic_load_n(&baton, __ATOMIC_ACQUIRE) == !mine)
		syscall(SYS_futex, &baton, FUTEX_WAIT_PRIVATE, !mine, NULL, NULL, 0);
}

static void *other_runner(void *arg)
{
	while (__atomic_load_n(&baton, __ATOMIC_ACQUIRE) == 0)
		syscall(SYS_futex, &baton, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	while (baton != 2)
		pass_baton(1);
	return arg;
}

static bool prepare_futex(void)
{
	baton = 0;
	return pthread_create(&partner, NULL, other_runner, NULL) == 0;
}

/* Two hand-overs. */
static void turn_futex(void)
{
	pass_baton(0);
}

static void finish_futex(void)
{
	__atomic_store_n(&baton, 2, __ATOMIC_RELEASE);
	syscall(SYS_futex, &baton, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	pthread_join(partner, NULL);
}

static bool prepare_folder(void)
{
	char name[64];

	mkdir("/tmp/many", 0700);
	for (int i = 0; i < FILES; i++) {
		sprintf(name, "/tmp/many/file%d", i);
		close(open(name, O_WRONLY | O_CREAT, 0600));
	}
	fd = open("/tmp/many", O_RDONLY | O_DIRECTORY);
	return fd >= 0;
}

static void turn_folder(void)
{
	static char entries[8192];
	long total = 0, got;

	lseek(fd, 0, SEEK_SET);
	while ((got = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0)
		total += got;
	MUST(got == 0 && total >= FILES * 24);
}

const struct subject subjects[] = {
	{ "getpid", NULL, turn_getpid, NULL, 64 },
	{ "clock_gettime (vDSO)", NULL, turn_clock, NULL, 64 },
	{ "pipe: write and read 1 byte", prepare_pipe, turn_pipe, close_pair, 64 },
	{ "socketpair: 1 byte there and back", prepare_sockets, turn_sockets, close_pair, 32 },
	{ "open and close", prepare_path, turn_open, close_fd, 64 },
	{ "stat", prepare_path, turn_stat, close_fd, 64 },
	{ "access, no such file", prepare_path, turn_access, close_fd, 64 },
	{ "fstat", prepare_path, turn_fstat, close_fd, 64 },
	{ "lseek", open_page, turn_lseek, close_fd, 64 },
	{ "dup and close", open_page, turn_dup, close_fd, 64 },
	{ "pread of 4 KiB", open_page, turn_read, close_fd, 32 },
	{ "pwrite of 4 KiB", open_page, turn_write, close_fd, 32 },
	{ "epoll: eventfd written, waited for, read", prepare_epoll, turn_epoll, finish_epoll, 32 },
	{ "poll of 10 eventfds, one ready", prepare_poll, turn_poll, finish_poll, 32 },
	{ "getdents64 of 100 files", prepare_folder, turn_folder, close_fd, 4 },
	{ "thread created and joined", NULL, turn_thread, NULL, 8 },
	{ "mmap and munmap", NULL, turn_map, NULL, 64 },
	{ "mmap, 16 pages touched, munmap", NULL, turn_touch, NULL, 8 },
	{ "futex: two hand-overs", prepare_futex, turn_futex, finish_futex, 32 },
};

const int subject_count = sizeof(subjects) / sizeof(subjects[0]);
