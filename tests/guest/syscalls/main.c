/* SPDX-License-Identifier: BSD-2-Clause */
/* syscalls: both doors lead to the same table; the syscall instruction keeps what it must keep;
 * bad numbers and bad pointers give an error, never a crash. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "door.h"

TAP_STATE;

static void test_both_doors(void)
{
	struct utsname a, b;
	struct timespec t, u;

	is(DOOR(SYS_getpid), getpid(), "getpid: both doors agree");
	is(DOOR(SYS_getppid), getppid(), "getppid");
	is(DOOR(SYS_getuid), getuid(), "getuid");
	is(DOOR(SYS_gettid), syscall(SYS_gettid), "gettid");
	is(DOOR(SYS_sched_yield), sched_yield(), "sched_yield");
	is(DOOR(SYS_close, 999), -EBADF, "close of no file: -EBADF by the instruction");
	errno = 0;
	ok(close(999) == -1 && errno == EBADF, "-1 and errno by the C library");
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	is(DOOR(SYS_uname, &a), 0, "uname by the instruction");
	is(uname(&b), 0, "uname by the C library");
	ok(memcmp(&a, &b, sizeof(a)) == 0, "are the same: %s %s %s", a.sysname, a.release, a.machine);
	clock_gettime(CLOCK_MONOTONIC, &t);
	is(DOOR(SYS_clock_gettime, CLOCK_MONOTONIC, &u), 0, "clock_gettime");
	ok(u.tv_sec > t.tv_sec || (u.tv_sec == t.tv_sec && u.tv_nsec >= t.tv_nsec),
	   "goes on from one door to the other");
}

static void test_unknown(void)
{
	static const long numbers[] = { 394, 511, 512, 1023, 4095, 99999, -1, -4096, 0x7fffffff };
	int good = 1;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!is(DOOR(numbers[i], 1, 2, 3, 4, 5, 6), -ENOSYS, "system call %ld is ENOSYS",
		        numbers[i]))
			good = 0;
	for (long n = 470; n < 1000; n++)
		good &= DOOR(n) == -ENOSYS;
	ok(good, "so are all of 470 to 999");
}

static const char read_only[4096] __attribute__((aligned(4096))) = "constant";

/* One bad pointer through many calls. ENOSYS: the call is not in this configuration. */
static void test_pointer(void *p, const char *what, int for_reading_too)
{
	/* Not even made where the pointer can be read: that would be a sleep of many years. */
#define READ(call) (for_reading_too ? (call) : 0)
	struct iovec bad_piece = { p, 16 };
	const struct {
		const char *name;
		long result;
		int reads; /* the call reads from the pointer */
	} calls[] = {
		{ "clock_gettime", DOOR(SYS_clock_gettime, CLOCK_MONOTONIC, p), 0 },
		{ "clock_gettime, wall", DOOR(SYS_clock_gettime, CLOCK_REALTIME, p), 0 },
		{ "clock_getres", DOOR(SYS_clock_getres, CLOCK_MONOTONIC, p), 0 },
		{ "uname", DOOR(SYS_uname, p), 0 },
		{ "sysinfo", DOOR(SYS_sysinfo, p), 0 },
		{ "getrandom", DOOR(SYS_getrandom, p, 16, 0), 0 },
		{ "getrlimit", DOOR(SYS_prlimit64, 0, RLIMIT_STACK, NULL, p), 0 },
		{ "fstat", DOOR(SYS_fstat, 1, p), 0 },
		{ "rt_sigprocmask, old", DOOR(SYS_rt_sigprocmask, SIG_BLOCK, NULL, p, 8), 0 },
		{ "sched_getaffinity", DOOR(SYS_sched_getaffinity, 0, 128, p), 0 },
		{ "gettimeofday", DOOR(SYS_gettimeofday, p, NULL), 0 },
		{ "nanosleep", READ(DOOR(SYS_nanosleep, p, NULL)), 1 },
		{ "write", READ(DOOR(SYS_write, 1, p, 16)), 1 },
		{ "writev, list", READ(DOOR(SYS_writev, 1, p, 1)), 1 },
		{ "writev, piece", READ(DOOR(SYS_writev, 1, &bad_piece, 1)), 1 },
		{ "futex", READ(DOOR(SYS_futex, p, 0 /* FUTEX_WAIT */, 1, NULL)), 1 },
		{ "rt_sigprocmask, new", READ(DOOR(SYS_rt_sigprocmask, SIG_BLOCK, p, NULL, 8)), 1 },
		{ "open", READ(DOOR(SYS_open, p, O_RDONLY)), 1 },
	};

#undef READ
	/* A null pointer means "do not tell me" or "nothing to set" to some of these. */
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int optional =
			!p && (strstr(calls[i].name, "rt_sig") || strcmp(calls[i].name, "getrlimit") == 0 ||
		           strcmp(calls[i].name, "gettimeofday") == 0 ||
		           strcmp(calls[i].name, "clock_getres") == 0);

		if (optional || (calls[i].reads && !for_reading_too))
			continue;
		if (calls[i].result == -ENOSYS)
			skip("%s is not there", calls[i].name);
		else
			is(calls[i].result, -EFAULT, "%s of %s is EFAULT", calls[i].name, what);
	}
}

static void test_pointers(void)
{
	char *none = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	test_pointer(NULL, "NULL", 1);
	test_pointer((void *)8, "8", 1);
	test_pointer(none, "what has no access", 1);
	test_pointer((void *)0x8000000000000000UL, "no canonical address", 1);
	test_pointer((void *)0x7fffffffe000UL, "what is not mapped", 1);
	test_pointer((void *)(uintptr_t)read_only, "constant data", 0);
	test_pointer((void *)(uintptr_t)test_pointer, "code", 0);
	ok(strcmp(read_only, "constant") == 0, "nothing was written there");
	munmap(none, 8192);
}

/* A buffer whose second page is missing: what was readable may have been written, no more. */
static void test_half_pointer(void)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long result;

	if (!ok(p != MAP_FAILED, "two pages"))
		return;
	munmap(p + 4096, 4096);
	is(DOOR(SYS_uname, p + 4096 - 8), -EFAULT, "uname across the end is EFAULT");
	memcpy(p + 4096 - 8, "# half\n", 8);
	fflush(stdout);
	result = DOOR(SYS_write, 1, p + 4096 - 8, 16);
	ok(result == -EFAULT || (result >= 0 && result <= 8), "write across the end: %ld", result);
	munmap(p, 4096);
}

static void check_door(const char *name, long n, long a, long b, long expected)
{
	long result = 0x5555;
	int wrong = door_check(n, a, b, &result);

	is(result, expected, "%s by the instruction", name);
	ok(!(wrong & DOOR_REGISTERS), "%s keeps the registers", name);
	ok(!(wrong & DOOR_RED_ZONE), "%s keeps the red zone", name);
	ok(!(wrong & DOOR_STACK), "%s keeps the stack pointer", name);
	ok(!(wrong & DOOR_FLAGS), "%s keeps the carry flag", name);
	ok(!(wrong & DOOR_RETURN), "%s leaves the return address in rcx", name);
}

static void test_registers(void)
{
	struct timespec t = { 0, 2000000 };
	struct utsname name;
	uint32_t word = 1;

	check_door("getpid", SYS_getpid, 0, 0, getpid());
	check_door("sched_yield", SYS_sched_yield, 0, 0, 0);
	check_door("uname", SYS_uname, (long)&name, 0, 0);
	check_door("an unknown call", 777, 0, 0, -ENOSYS);
	check_door("a bad pointer", SYS_uname, 8, 0, -EFAULT);
	check_door("nanosleep", SYS_nanosleep, (long)&t, 0, 0);
	check_door("futex", SYS_futex, (long)&word, 1 /* FUTEX_WAKE */, 0);
}

static void *yield_on(void *arg)
{
	volatile int *stop = arg;

	while (!*stop)
		sched_yield();
	return NULL;
}

/* The same while other threads run in between. */
static void test_registers_switched(void)
{
	volatile int stop = 0;
	pthread_t thread;
	int wrong = 0;

	if (!is(pthread_create(&thread, NULL, yield_on, (void *)&stop), 0, "a second thread"))
		return;
	for (int i = 0; i < 1000; i++) {
		long result;

		wrong |= door_check(SYS_sched_yield, 0, 0, &result);
	}
	stop = 1;
	pthread_join(thread, NULL);
	is(wrong, 0, "1000 switches inside the instruction change nothing");
}

static void test_direction(void)
{
	struct utsname forwards = { 0 }, backwards = { 0 };
	int direction = -1;

	is(DOOR(SYS_uname, &forwards), 0, "uname");
	is(door_backwards(SYS_uname, (long)&backwards, &direction), 0,
	   "uname with the direction flag set");
	ok(memcmp(&forwards, &backwards, sizeof(forwards)) == 0, "gives the same");
	is(direction, 1, "the flag is as the program left it");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	test_both_doors();
	test_unknown();
	test_pointers();
	test_half_pointer();
	test_registers();
	test_registers_switched();
	test_direction();
	return tap_done();
}
