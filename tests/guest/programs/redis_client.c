// SPDX-License-Identifier: BSD-2-Clause
/* Loaded into redis-server (LD_PRELOAD): threads that are its clients. Each sends pipelined requests
 * through the server's AF_UNIX socket and checks every answer; then the server is told to end. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS 8
#define PIPELINE 16
#define ROUNDS 125
#define TRIES 1000

static const char path[] = "/tmp/redis.sock";

static void fail(const char *what)
{
	fprintf(stderr, "client: %s: %m\n", what);
	_exit(99);
}

static int connected(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct timespec pause = { 0, 10000000 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(to.sun_path, path);
	for (int i = 0; i < TRIES; i++) {
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
			return fd;
		nanosleep(&pause, NULL);
	}
	fail("connect");
	return -1;
}

static void ask(int fd, const char *requests, const char *answers)
{
	size_t left = strlen(requests), want = strlen(answers), have = 0;
	static __thread char got[65536];

	while (left) {
		ssize_t n = write(fd, requests, left);

		if (n <= 0)
			fail("write");
		requests += n;
		left -= (size_t)n;
	}
	while (have < want) {
		ssize_t n = read(fd, got + have, sizeof(got) - have);

		if (n <= 0)
			fail("read");
		have += (size_t)n;
	}
	if (have != want || memcmp(got, answers, want) != 0)
		fail("another answer than expected");
}

static void *client(void *arg)
{
	long id = (long)arg;
	int fd = connected();
	static __thread char requests[65536], answers[65536];

	for (int round = 0; round < ROUNDS; round++) {
		char *r = requests, *a = answers;

		for (int i = 0; i < PIPELINE; i++) {
			r += sprintf(r, "SET key:%02ld:%04d value:%06d\r\n", id, i, round * PIPELINE + i);
			r += sprintf(r, "GET key:%02ld:%04d\r\nINCR n:%ld\r\n", id, i, id);
			a += sprintf(a, "+OK\r\n$12\r\nvalue:%06d\r\n", round * PIPELINE + i);
			a += sprintf(a, ":%d\r\n", round * PIPELINE + i + 1);
		}
		ask(fd, requests, answers);
	}
	close(fd);
	return NULL;
}

static void *drive(void *arg)
{
	pthread_t clients[CLIENTS];
	struct timespec start, end;
	const int requests = CLIENTS * ROUNDS * PIPELINE * 3;
	double took;
	int fd = connected();

	ask(fd, "PING\r\n", "+PONG\r\n");
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (long i = 0; i < CLIENTS; i++)
		if (pthread_create(&clients[i], NULL, client, (void *)i))
			fail("pthread_create");
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(clients[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	took = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	ask(fd, "DBSIZE\r\n", ":136\r\n");
	printf("client: %d requests answered right, %.0f a second\n", requests, requests / took);
	fflush(stdout);
	if (write(fd, "SHUTDOWN NOSAVE\r\n", 17) != 17)
		fail("shutdown");
	return arg;
}

__attribute__((constructor)) static void start(void)
{
	pthread_t driver;

	unsetenv("LD_PRELOAD");
	if (pthread_create(&driver, NULL, drive, NULL))
		fail("pthread_create");
}
