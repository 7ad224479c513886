// SPDX-License-Identifier: BSD-2-Clause
/* Locks: on whole files (flock) and on ranges of them (fcntl). */
#define _GNU_SOURCE
#include "files.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/file.h>
#include <unistd.h>

#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif

static int lock(int fd, int command, short type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_start = start, .l_len = len };

	return fcntl(fd, command, &l);
}

static int own(int fd, short type, off_t start, off_t len)
{
	return lock(fd, F_OFD_SETLK, type, start, len);
}

static void test_flock(int a, int b)
{
	is(flock(a, LOCK_SH), 0, "flock");
	is(flock(b, LOCK_SH | LOCK_NB), 0, "shared");
	fails(flock(a, LOCK_EX | LOCK_NB), EAGAIN, "not for one alone");
	is(flock(b, LOCK_UN), 0, "given back");
	is(flock(a, LOCK_EX | LOCK_NB), 0, "for one alone");
	fails(flock(b, LOCK_SH | LOCK_NB), EAGAIN, "and for no other");
	is(flock(a, LOCK_UN), 0, "given back");
}

static void test_process(int a, int b)
{
	struct flock l = { .l_type = F_WRLCK };

	is(lock(a, F_SETLK, F_WRLCK, 0, 100), 0, "the process locks");
	is(lock(b, F_SETLK, F_WRLCK, 0, 100), 0, "and is not in its own way");
	is(fcntl(b, F_GETLK, &l), 0, "F_GETLK");
	is(l.l_type, F_UNLCK, "nobody is");
	fails(own(b, F_WRLCK, 50, 10), EAGAIN, "an open file cannot");
	is(own(b, F_WRLCK, 100, 10), 0, "but behind it");
	close(dup(a));
	is(own(b, F_WRLCK, 0, 100), 0, "any closing ends the process's lock");
	is(own(b, F_UNLCK, 0, 0), 0, "given back");
	fails(fcntl(a, F_SETLK, BAD), EFAULT, "no lock");
	fails(lock(a, F_SETLK, 77, 0, 1), EINVAL, "no type");
	fails(lock(a, F_SETLK, F_RDLCK, -1, 1), EINVAL, "before the file");
	fails(lock(a, F_SETLK, F_RDLCK, INT64_MAX, 2), EOVERFLOW, "behind every file");
}

static void test_ranges(int a, int b)
{
	struct flock l = { .l_type = F_RDLCK };

	is(own(a, F_RDLCK, 0, 100), 0, "an open file locks");
	is(own(b, F_RDLCK, 50, 100), 0, "another shares");
	fails(own(b, F_WRLCK, 99, 1), EAGAIN, "not for writing");
	is(own(a, F_UNLCK, 40, 20), 0, "a hole in the middle");
	is(own(b, F_WRLCK, 40, 20), 0, "is free");
	fails(own(b, F_WRLCK, 39, 1), EAGAIN, "below it is not");
	fails(own(b, F_WRLCK, 60, 1), EAGAIN, "nor above");
	is(fcntl(a, F_OFD_GETLK, &l), 0, "F_OFD_GETLK");
	ok(l.l_type == F_WRLCK && l.l_start == 40 && l.l_len == 20 && l.l_pid == -1, "tells whose");
	is(own(a, F_RDLCK, 200, 0), 0, "to the end of all");
	fails(own(b, F_WRLCK, 1L << 40, 1), EAGAIN, "wherever that is");
	l = (struct flock){ .l_type = F_RDLCK, .l_pid = 5 };
	fails(fcntl(a, F_OFD_SETLK, &l), EINVAL, "of no process");
	is(own(a, F_UNLCK, 0, 0), 0, "all given back");
	is(own(b, F_UNLCK, 0, 0), 0, "by both");
}

static void *wait_for_it(void *arg)
{
	return (void *)(long)lock(*(int *)arg, F_OFD_SETLKW, F_WRLCK, 0, 10);
}

static void test_waiting(int a, int b)
{
	pthread_t thread;
	void *result;

	is(own(a, F_WRLCK, 0, 10), 0, "locked");
	pthread_create(&thread, NULL, wait_for_it, &b);
	usleep(20000);
	is(own(a, F_UNLCK, 0, 10), 0, "given back");
	pthread_join(thread, &result);
	is((long)result, 0, "to who waited");
	fails(own(a, F_RDLCK, 5, 1), EAGAIN, "who has it");
	close(b);
	is(own(a, F_RDLCK, 5, 1), 0, "until the file is closed");
}

void test_locks(void)
{
	int a = open("locks", O_RDWR | O_CREAT, 0600), b = open("locks", O_RDWR);
	int ro = open("locks", O_RDONLY);

	test_flock(a, b);
	test_process(a, b);
	test_ranges(a, b);
	fails(own(ro, F_WRLCK, 0, 1), EBADF, "only for who may write");
	test_waiting(a, b);
	close(a);
	close(ro);
	is(unlink("locks"), 0, "clean");
}
