/* SPDX-License-Identifier: BSD-2-Clause */
/* vdso: the functions that a C library finds by AT_SYSINFO_EHDR say what the system calls say. With
 * the argument "cost" it prints what they take, in TSC ticks. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "lookup.h"

TAP_STATE;

#define COARSE_NS 20000000 /* how far Linux's coarse clocks may lag */

static int (*get_time)(clockid_t, struct timespec *);
static int (*get_resolution)(clockid_t, struct timespec *);
static int (*get_timeofday)(struct timeval *, void *);
static time_t (*get_seconds)(time_t *);
static long (*get_cpu)(unsigned *, unsigned *, void *);

static int64_t ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static int64_t by_system_call(clockid_t id)
{
	struct timespec t;

	return syscall(SYS_clock_gettime, id, &t) == 0 ? ns(&t) : -1;
}

static void test_clock(clockid_t id, const char *name, int64_t lag)
{
	struct timespec t = { 0 };
	int64_t before = by_system_call(id), after;
	int result = get_time(id, &t);

	after = by_system_call(id);
	ok(result == 0 && t.tv_nsec >= 0 && t.tv_nsec < 1000000000 && ns(&t) >= before - lag &&
	       ns(&t) <= after + lag,
	   "%s is what the system call says", name);
}

static void test_clocks(void)
{
	struct timespec t = { 0 };

	test_clock(CLOCK_REALTIME, "CLOCK_REALTIME", 0);
	test_clock(CLOCK_MONOTONIC, "CLOCK_MONOTONIC", 0);
	test_clock(CLOCK_MONOTONIC_RAW, "CLOCK_MONOTONIC_RAW", 0);
	test_clock(CLOCK_BOOTTIME, "CLOCK_BOOTTIME", 0);
	test_clock(CLOCK_TAI, "CLOCK_TAI", 0);
	test_clock(CLOCK_REALTIME_COARSE, "CLOCK_REALTIME_COARSE", COARSE_NS);
	test_clock(CLOCK_MONOTONIC_COARSE, "CLOCK_MONOTONIC_COARSE", COARSE_NS);
	test_clock(CLOCK_PROCESS_CPUTIME_ID, "CLOCK_PROCESS_CPUTIME_ID", 0);
	is(get_time(99, &t), -EINVAL, "no such clock: -EINVAL");
	is(get_time(8, &t) == 0, syscall(SYS_clock_gettime, 8, &t) == 0, "clock 8 as the system call");
	is(get_resolution(CLOCK_MONOTONIC, &t), 0, "clock_getres");
	ok(t.tv_sec == 0 && t.tv_nsec == 1, "1 ns");
	is(get_resolution(CLOCK_REALTIME, NULL), 0, "clock_getres without a place for it");
	is(get_resolution(99, &t), -EINVAL, "of no such clock: -EINVAL");
}

static void test_day(void)
{
	struct timeval tv;
	struct timezone tz = { 1, 1 };
	time_t seconds = 0, returned;
	int64_t before = by_system_call(CLOCK_REALTIME) / 1000, after, us;
	int result = get_timeofday(&tv, NULL);

	us = (int64_t)tv.tv_sec * 1000000 + tv.tv_usec;
	after = by_system_call(CLOCK_REALTIME) / 1000;
	ok(result == 0 && us >= before && us <= after, "gettimeofday");
	is(get_timeofday(NULL, &tz), 0, "gettimeofday, time zone alone");
	is(tz.tz_minuteswest, 0, "is UTC");
	before = by_system_call(CLOCK_REALTIME) / 1000000000 - 1; /* time() may be coarse */
	returned = get_seconds(&seconds);
	after = by_system_call(CLOCK_REALTIME) / 1000000000;
	ok(returned == seconds && returned >= before && returned <= after, "time");
	ok(get_seconds(NULL) >= returned, "time without a place for it");
}

static void test_cpu(void)
{
	unsigned cpu = 999, node = 999;

	is(get_cpu(&cpu, &node, NULL), 0, "getcpu");
	ok(cpu < 1024 && node < 1024, "a CPU (%u) and a node (%u)", cpu, node);
	is(get_cpu(NULL, NULL, NULL), 0, "getcpu without places for it");
}

static volatile int ticks;

static void tick(int signal)
{
	(void)signal;
	ticks++;
}

/* Also while interrupts change what the clock is made of. */
static void test_order(void)
{
	const struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { 0 };
	struct timespec t;
	int64_t last = 0, back = 0, count = 0, end = by_system_call(CLOCK_MONOTONIC) + 300000000;

	signal(SIGALRM, tick);
	setitimer(ITIMER_REAL, &often, NULL);
	while (last < end) {
		int64_t now;

		if (++count % 64 == 0) {
			now = by_system_call(CLOCK_MONOTONIC);
		} else {
			get_time(CLOCK_MONOTONIC, &t);
			now = ns(&t);
		}
		back += now < last;
		last = now;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	is(back, 0, "time never goes back, from one way of asking to the other (%ld times)", (long)count);
	ok(ticks > 0, "in spite of %d interrupts", ticks);
}

static sigjmp_buf out;

static void escape(int signal)
{
	siglongjmp(out, signal);
}

static void test_protection(char *image)
{
	signal(SIGSEGV, escape);
	if (sigsetjmp(out, 1) == 0) {
		*(volatile char *)image = 0;
		ok(0, "the vDSO can be written to");
	} else {
		ok(1, "the vDSO cannot be written to");
	}
	signal(SIGSEGV, SIG_DFL);
}

static uint64_t tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static int __attribute__((noinline)) nothing(clockid_t id, struct timespec *t)
{
	__asm__ volatile("" : : "r"(id), "r"(t));
	return 0;
}

static uint64_t ticks_of(int (*volatile function)(clockid_t, struct timespec *), clockid_t id)
{
	uint64_t best = UINT64_MAX;
	struct timespec t;

	for (int i = 0; i < 1000; i++) {
		uint64_t start = tsc(), end;

		function(id, &t);
		end = tsc();
		if (end - start < best)
			best = end - start;
	}
	return best;
}

static void print_cost(const char *name, clockid_t id)
{
	uint64_t call = ticks_of(nothing, id);

	printf("cost of %s: %lu, through the C library: %lu\n", name,
	       (unsigned long)(ticks_of(get_time, id) - call),
	       (unsigned long)(ticks_of(clock_gettime, id) - call));
}

static int find(const void *image)
{
	*(void **)&get_time = lookup(image, "__vdso_clock_gettime", "LINUX_2.6");
	*(void **)&get_resolution = lookup(image, "__vdso_clock_getres", "LINUX_2.6");
	*(void **)&get_timeofday = lookup(image, "__vdso_gettimeofday", "LINUX_2.6");
	*(void **)&get_seconds = lookup(image, "__vdso_time", "LINUX_2.6");
	*(void **)&get_cpu = lookup(image, "__vdso_getcpu", "LINUX_2.6");
	return get_time && get_resolution && get_timeofday && get_seconds && get_cpu;
}

int main(int argc, char **argv)
{
	char *image = (char *)getauxval(AT_SYSINFO_EHDR);

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
#ifdef __pagurus__
	if (!image) {
		skip("programs in the image have plain calls instead");
		return tap_done();
	}
#endif
	ok(image && memcmp(image, ELFMAG, SELFMAG) == 0, "there is an ELF file at AT_SYSINFO_EHDR");
	ok(((uintptr_t)image & 4095) == 0, "on a page");
	if (!image || !ok(find(image), "it has the functions of vdso(7), version LINUX_2.6"))
		return tap_done();
	ok(!lookup(image, "__vdso_clock_gettime", "LINUX_2.5"), "and no other version of them");
	ok(lookup(image, "clock_gettime", "LINUX_2.6") == (void *)get_time, "also under the plain name");
	if (argc > 1 && strcmp(argv[1], "cost") == 0) {
		print_cost("CLOCK_MONOTONIC", CLOCK_MONOTONIC);
		print_cost("CLOCK_REALTIME", CLOCK_REALTIME);
	}
	test_clocks();
	test_day();
	test_cpu();
	test_order();
	test_protection(image);
	return tap_done();
}
