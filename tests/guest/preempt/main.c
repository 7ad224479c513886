/* SPDX-License-Identifier: BSD-2-Clause */
/* preempt: a thread that never calls the kernel must not keep others from running, and must not
 * notice that it was interrupted: general registers, vector registers, flags and red zone stay.
 * The same through the syscall instruction, which a program may use with all of them live. */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "hold.h"

TAP_STATE;

static volatile int stop;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *spin(void *arg)
{
	volatile uint64_t *turns = arg;

	while (!stop)
		(*turns)++;
	return NULL;
}

static void test_spinners(void)
{
	static volatile uint64_t turns[3];
	pthread_t threads[3];
	uint64_t seen[3];
	int64_t start;

	for (int i = 0; i < 3; i++)
		if (!is(pthread_create(&threads[i], NULL, spin, (void *)&turns[i]), 0, "spinner %d", i))
			return;
	start = now_ms();
	usleep(200000);
	ok(now_ms() - start < 3000, "a sleeper wakes while three threads spin (after %d ms for 200)",
	   (int)(now_ms() - start));
	for (int i = 0; i < 3; i++)
		seen[i] = turns[i];
	usleep(300000);
	for (int i = 0; i < 3; i++)
		ok(turns[i] > seen[i], "spinner %d goes on", i);
	start = now_ms();
	while (now_ms() - start < 100)
		;
	ok(1, "the first thread spins along");
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

/* A thread that holds its own pattern in registers and looks for changes. */
struct holder {
	int (*hold)(const struct pattern *pattern, long turns);
	long turns;
	uint8_t seed;
	volatile int rounds;
	volatile int broken;
};

static volatile int holders_stop;

static void *hold_on(void *arg)
{
	struct holder *holder = arg;
	struct pattern pattern;

	make_pattern(&pattern, holder->seed);
	while (!holders_stop) {
		holder->broken += !holder->hold(&pattern, holder->turns);
		holder->rounds++;
	}
	return NULL;
}

static void run_holders(const char *what, int (*hold)(const struct pattern *, long), long turns)
{
	enum {
		N = 4
	};
	struct holder holders[N];
	pthread_t threads[N];
	int created = 0, broken = 0, rounds = 0;

	holders_stop = 0;
	for (; created < N; created++) {
		holders[created] = (struct holder){ hold, turns, (uint8_t)(created * 50 + 1), 0, 0 };
		if (pthread_create(&threads[created], NULL, hold_on, &holders[created]) != 0)
			break;
	}
	usleep(400000);
	holders_stop = 1;
	for (int i = 0; i < created; i++) {
		pthread_join(threads[i], NULL);
		broken += holders[i].broken;
		rounds += holders[i].rounds > 0;
	}
	is(created, N, "threads that hold %s", what);
	is(rounds, created, "all of them ran");
	is(broken, 0, "none saw a change");
}

static int has_avx(void)
{
	uint32_t a = 1, b, c = 0, d, low, high;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if ((c & (3U << 27)) != 3U << 27)
		return 0;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & 6) == 6;
}

static void test_control_words(void)
{
	uint32_t mxcsr = 0x1f80 | 0x6000, got = 0; /* round towards zero */
	uint16_t fcw = 0x037f | 0x0c00, got_fcw = 0;
	uint32_t old;
	uint16_t old_fcw;

	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(old), "=m"(old_fcw));
	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(fcw));
	for (int i = 0; i < 20; i++)
		usleep(1000);
	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(got), "=m"(got_fcw));
	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(old), "m"(old_fcw));
	is(got & 0x6000, 0x6000, "the rounding mode (MXCSR) survives switches");
	is(got_fcw, fcw, "so does the x87 control word");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	test_spinners();
	run_holders("general registers and the red zone", hold_general, 200000);
	run_holders("xmm registers", hold_xmm, 200000);
	run_holders("xmm registers across the syscall instruction", hold_xmm_syscall, 20);
	run_holders("x87 registers", hold_x87, 200000);
	if (has_avx()) {
		run_holders("ymm registers", hold_ymm, 200000);
		run_holders("ymm registers across the syscall instruction", hold_ymm_syscall, 20);
	} else {
		skip("no AVX here");
	}
	run_holders("what calls preserve, across plain calls", hold_call, 20000);
	run_holders("the same, switching all the time", hold_call, 1);
	test_control_words();
	return tap_done();
}
