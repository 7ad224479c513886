// SPDX-License-Identifier: BSD-2-Clause
/* Limits that are kept, and tee(). */
#define _GNU_SOURCE
#include "files.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB (1UL << 20)

static volatile sig_atomic_t too_large;

static void count(int signal)
{
	(void)signal;
	too_large++;
}

static void set(int resource, rlim_t value)
{
	struct rlimit limit = { 0 };

	getrlimit(resource, &limit);
	limit.rlim_cur = value;
	is(setrlimit(resource, &limit), 0, "a limit of %d", (int)value);
}

static void test_file_size(void)
{
	int fd = open("limited", O_CREAT | O_RDWR, 0600);

	signal(SIGXFSZ, count);
	set(RLIMIT_FSIZE, 10);
	is(write(fd, "12345678", 8), 8, "less than the limit");
	is(write(fd, "12345678", 8), 2, "up to the limit");
	is(too_large, 0, "no signal so far");
	fails(write(fd, "x", 1), EFBIG, "beyond it");
	is(too_large, 1, "SIGXFSZ");
	fails(ftruncate(fd, 11), EFBIG, "nor by ftruncate");
	is(ftruncate(fd, 5), 0, "which may make it smaller");
	is(pwrite(fd, "y", 1, 9), 1, "the last byte");
	fails(pwrite(fd, "y", 1, 10), EFBIG, "the first beyond");
	is(too_large, 3, "signals");
	set(RLIMIT_FSIZE, RLIM_INFINITY);
	is(write(fd, "12345678", 8), 8, "no limit");
	signal(SIGXFSZ, SIG_DFL);
	close(fd);
	unlink("limited");
}

static void *nothing(void *arg)
{
	return arg;
}

/* For anybody but root. */
static void test_threads_limited(void)
{
	struct rlimit before;
	pthread_t thread;

	getrlimit(RLIMIT_NPROC, &before);
	set(RLIMIT_NPROC, 1);
	is(pthread_create(&thread, NULL, nothing, NULL), 0,
	   "root may have as many threads as it likes");
	pthread_join(thread, NULL);
	is(setresuid(4242, 4242, 0), 0, "another user");
	is(pthread_create(&thread, NULL, nothing, NULL), EAGAIN, "who may not");
	is(setresuid(0, 0, 0), 0, "root again");
	is(setrlimit(RLIMIT_NPROC, &before), 0, "the limit as it was");
}

static void test_memory_limited(void)
{
	void *p;

	set(RLIMIT_AS, 1 * MIB);
	p = mmap(NULL, 64 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ok(p == MAP_FAILED && errno == ENOMEM, "too much memory");
	set(RLIMIT_AS, RLIM_INFINITY);
	p = mmap(NULL, 64 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ok(p != MAP_FAILED, "not too much");
	munmap(p, 64 * MIB);
}

static void test_tee(void)
{
	static char big[200000];
	char buf[16];
	int a[2], b[2];

	is(pipe(a) | pipe(b), 0, "two pipes");
	fails(tee(a[0], b[1], 5, SPLICE_F_NONBLOCK), EAGAIN, "nothing to read");
	is(write(a[1], "hello", 5), 5, "write");
	is(tee(a[0], b[1], 3, 0), 3, "some of it goes to both");
	is(tee(a[0], b[1], 100, 0), 5, "all of it");
	is(read(b[0], buf, 16), 8, "read there");
	ok(!memcmp(buf, "helhello", 8), "what went through");
	is(read(a[0], buf, 16), 5, "it is still here");
	fails(tee(a[0], a[1], 1, 0), EINVAL, "the same pipe");
	fails(tee(a[1], b[1], 1, 0), EBADF, "not to be read");
	fails(tee(0, b[1], 1, 0), EINVAL, "no pipe");
	fails(tee(77, b[1], 1, 0), EBADF, "no descriptor");
	fcntl(b[1], F_SETFL, O_NONBLOCK);
	while (write(b[1], big, sizeof(big)) > 0)
		;
	is(write(a[1], "x", 1), 1, "something to read");
	fails(tee(a[0], b[1], 1, SPLICE_F_NONBLOCK), EAGAIN, "no room");
	is(read(a[0], buf, 16), 1, "it stays");
	ok(read(b[0], big, sizeof(big)) > 4096, "room");
	close(a[1]);
	is(tee(a[0], b[1], 1, 0), 0, "nobody writes any more");
	close(a[0]);
	close(b[0]);
	close(b[1]);
}

void test_limits(void)
{
	test_file_size();
	test_threads_limited();
	test_memory_limited();
	test_tee();
}
