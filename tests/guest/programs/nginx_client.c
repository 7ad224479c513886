// SPDX-License-Identifier: BSD-2-Clause
/* Loaded into nginx (LD_PRELOAD): threads that are its clients. They get files through its AF_UNIX
 * socket, some over one connection, and check what comes; then nginx gets SIGQUIT. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS 4
#define REQUESTS 50
#define TRIES 1000
#define LARGE 300000 /* what the test made /site/large of: 'x' */

static void fail(const char *what)
{
	fprintf(stderr, "client: %s: %m\n", what);
	_exit(99);
}

static int connected(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/tmp/nginx.sock" };
	const struct timespec pause = { 0, 10000000 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (int i = 0; i < TRIES; i++) {
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
			return fd;
		nanosleep(&pause, NULL);
	}
	fail("connect");
	return -1;
}

/* Reads one answer; returns its status and puts its body's length and its sum of bytes. */
static int answer(FILE *from, long *length, unsigned long *sum)
{
	char line[512];
	int status = 0;

	*length = -1;
	*sum = 0;
	while (fgets(line, sizeof(line), from) && strcmp(line, "\r\n") != 0) {
		sscanf(line, "HTTP/1.1 %d", &status);
		sscanf(line, "Content-Length: %ld", length);
	}
	for (long i = 0; i < *length; i++)
		*sum += (unsigned)getc(from);
	return status;
}

static void check(FILE *from, FILE *to, const char *name, int status, long length)
{
	unsigned long sum;
	long got;

	fprintf(to, "GET /%s HTTP/1.1\r\nHost: guest\r\n\r\n", name);
	fflush(to);
	if (answer(from, &got, &sum) != status)
		fail("another status than expected");
	if (status == 200 && (got != length || sum != (unsigned long)length * 'x'))
		fail("another body than expected");
}

static void *client(void *arg)
{
	int fd = connected();
	FILE *from = fdopen(fd, "r"), *to = fdopen(dup(fd), "w");

	for (int i = 0; i < REQUESTS; i++) {
		check(from, to, "small", 200, 5);
		check(from, to, "large", 200, LARGE);
		check(from, to, "none", 404, 0);
	}
	fclose(from);
	fclose(to);
	return arg;
}

static void *drive(void *arg)
{
	pthread_t clients[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		if (pthread_create(&clients[i], NULL, client, NULL))
			fail("pthread_create");
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(clients[i], NULL);
	printf("client: %d requests answered right\n", CLIENTS * REQUESTS * 3);
	fflush(stdout);
	kill(getpid(), SIGQUIT);
	return arg;
}

__attribute__((constructor)) static void start(void)
{
	sigset_t all, before;
	pthread_t driver;

	unsetenv("LD_PRELOAD");
	/* nginx's own thread is to get its signals. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&driver, NULL, drive, NULL))
		fail("pthread_create");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
