// SPDX-License-Identifier: BSD-2-Clause
/* execve while other threads run, sleep, start others, map memory and call execve themselves. */
#define _GNU_SOURCE
#include "exec.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define TIMES 40
#define MIB (1UL << 20)
#define TOUCHED (16 * MIB)

static int pipe_ends[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int generation;

static void *spin(void *arg)
{
	for (;;)
		__asm__ volatile("");
	return arg;
}

static void *wait_mutex(void *arg)
{
	pthread_mutex_lock(&mutex);
	return arg;
}

static void *read_pipe(void *arg)
{
	char c;

	while (read(pipe_ends[0], &c, 1) < 1)
		;
	return arg;
}

static void *nothing(void *arg)
{
	return arg;
}

static void *make_threads(void *arg)
{
	pthread_t thread;

	for (;;)
		if (!pthread_create(&thread, NULL, nothing, NULL))
			pthread_join(thread, NULL);
	return arg;
}

static void *map_memory(void *arg)
{
	for (;;) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			continue;
		memset(p, 1, MIB / 4);
		munmap(p, MIB);
	}
	return arg;
}

static void *replace(void *arg)
{
	go_on("busy", generation - 1);
	return arg;
}

void start_busy(void)
{
	go_on("busy", TIMES);
	ok(0, "execve");
}

void test_busy(int left)
{
	static void *(*const work[])(void *) = { spin,       wait_mutex, read_pipe, make_threads,
		                                     map_memory, spin,       replace,   replace };
	const struct timespec moment = { .tv_nsec = 2000000 };
	pthread_t thread;

	if (!left) {
		ok(1, "replaced %d times by one of many threads", TIMES);
		go_on("memory", TIMES);
		ok(0, "execve");
		return;
	}
	generation = left;
	pthread_mutex_lock(&mutex);
	if (pipe(pipe_ends))
		ok(0, "pipe");
	/* Descriptors stay: they would fill the table. */
	for (int fd = 3; fd < pipe_ends[0]; fd++)
		close(fd);
	for (size_t i = 0; i < sizeof(work) / sizeof(*work); i++)
		if (pthread_create(&thread, NULL, work[i], NULL))
			ok(0, "pthread_create");
	nanosleep(&moment, NULL);
	replace(NULL);
	for (;;)
		pause(); /* another one is faster */
}

/* Each program uses memory and gives none back: it must be there again for the next. */
void test_memory(int left)
{
	char *p = mmap(NULL, TOUCHED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sysinfo info;

	if (p == MAP_FAILED)
		ok(0, "mmap");
	memset(p, 1, TOUCHED);
	sysinfo(&info);
	if (left) {
		go_on("memory", left - 1);
		ok(0, "execve");
	}
	ok(info.freeram * info.mem_unit > 4 * MIB, "%d programs of %lu MiB, one after the other", TIMES,
	   TOUCHED / MIB);
}
