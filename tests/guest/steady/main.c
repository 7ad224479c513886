/* SPDX-License-Identifier: BSD-2-Clause */
/* steady: goes on while somebody outside pauses, moves or resizes the guest. Without arguments it
 * checks that clocks do not run back; "clock" prints both clocks ten times a second; "spin" says so and
 * then computes for ever, without any system call; "deaf" ignores SIGTERM; "orderly" handles it and
 * returns 5; "keep MIB" fills so much memory and checks it again and again; "crowd COUNT" has as many
 * threads count and look at the clock, and says whether all of them go on. */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"

TAP_STATE;

static uint64_t now(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts))
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void nap(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static int check(void)
{
	uint64_t last = now(CLOCK_MONOTONIC), offset = now(CLOCK_REALTIME) - last;
	unsigned back = 0;

	for (int i = 0; i < 20000; i++) {
		uint64_t next = now(CLOCK_MONOTONIC);

		back += next < last;
		last = next;
	}
	is(back, 0, "the monotonic clock never runs back");
	nap(200);
	ok(now(CLOCK_MONOTONIC) - last >= 200000000, "it goes on during a sleep");
	ok(now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC) - offset + 1000000000 < 2000000000,
	   "the wall clock goes with it");
	return tap_done();
}

static __attribute__((noreturn)) int print_clocks(void)
{
	for (;;) {
		printf("clock %llu %llu\n", (unsigned long long)now(CLOCK_MONOTONIC),
		       (unsigned long long)now(CLOCK_REALTIME));
		nap(100);
	}
}

static __attribute__((noreturn)) int spin(void)
{
	volatile unsigned long count = 0;

	printf("spinning\n");
	for (;;)
		count++;
}

static __attribute__((noreturn)) int deaf(void)
{
	signal(SIGTERM, SIG_IGN);
	printf("ready\n");
	for (;;)
		nap(1000);
}

static volatile sig_atomic_t asked;

static void on_term(int signal)
{
	asked = signal;
}

static int orderly(void)
{
	signal(SIGTERM, on_term);
	printf("ready\n");
	while (!asked)
		nap(20);
	printf("ending in order\n");
	return 5;
}

static uint64_t word(size_t i)
{
	return i * 0x9e3779b97f4a7c15;
}

static int keep(size_t mib)
{
	size_t words = mib << 17;
	uint64_t *memory = malloc(mib << 20);

	if (!memory)
		return 1;
	for (size_t i = 0; i < words; i++)
		memory[i] = word(i);
	for (unsigned round = 1;; round++) {
		for (size_t i = 0; i < words; i++) {
			if (memory[i] != word(i)) {
				printf("word %zu has changed\n", i);
				return 2;
			}
		}
		printf("round %u good\n", round);
		nap(200);
	}
}

#define CROWD_MAX 16

static unsigned counts[CROWD_MAX];
static uint64_t latest; /* what any of them has seen of the clock */
static unsigned back;   /* how often one saw less than another had before */

static void *count(void *arg)
{
	unsigned *mine = arg;

	for (;;) {
		uint64_t seen = __atomic_load_n(&latest, __ATOMIC_ACQUIRE);
		uint64_t time = now(CLOCK_MONOTONIC);

		if (time < seen)
			__atomic_fetch_add(&back, 1, __ATOMIC_RELAXED);
		while (time > seen && !__atomic_compare_exchange_n(&latest, &seen, time, 1,
		                                                   __ATOMIC_RELEASE, __ATOMIC_RELAXED))
			;
		if (__atomic_add_fetch(mine, 1, __ATOMIC_RELAXED) % 256 == 0)
			nap(1);
	}
	return NULL;
}

static int crowd(unsigned threads)
{
	unsigned before[CROWD_MAX] = { 0 };
	pthread_t thread;

	if (!threads || threads > CROWD_MAX)
		return 1;
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&thread, NULL, count, &counts[i]))
			return 1;
	for (unsigned round = 1;; round++) {
		unsigned standing = threads;

		/* However busy the host is: half a minute is long enough for everybody. */
		for (unsigned tries = 0; standing && tries < 60; tries++) {
			nap(500);
			standing = 0;
			for (unsigned i = 0; i < threads; i++)
				standing += __atomic_load_n(&counts[i], __ATOMIC_RELAXED) == before[i];
		}
		for (unsigned i = 0; i < threads; i++)
			before[i] = __atomic_load_n(&counts[i], __ATOMIC_RELAXED);
		printf("crowd %u: %u stand still, the clock ran back %u times\n", round, standing,
		       __atomic_load_n(&back, __ATOMIC_RELAXED));
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (argc > 1 && !strcmp(argv[1], "clock"))
		return print_clocks();
	if (argc > 1 && !strcmp(argv[1], "spin"))
		return spin();
	if (argc > 1 && !strcmp(argv[1], "deaf"))
		return deaf();
	if (argc > 1 && !strcmp(argv[1], "orderly"))
		return orderly();
	if (argc > 2 && !strcmp(argv[1], "keep"))
		return keep((size_t)atol(argv[2]));
	if (argc > 2 && !strcmp(argv[1], "crowd"))
		return crowd((unsigned)atoi(argv[2]));
	return check();
}
