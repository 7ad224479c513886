/* SPDX-License-Identifier: BSD-2-Clause */
/* hello: says in one line how long the boot took, from the first instruction of the boot stub to
 * main. "hello --steps" adds a table of what each step of it took. On Linux, which does not tell
 * its steps, the line gives the time since boot instead. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../common/tsc.h"

#ifdef __pagurus__
#include <pagurus.h>

#define STEPS_MAX 32

static uint64_t microseconds(uint64_t cycles, uint64_t hz)
{
	return hz ? cycles * 1000000 / hz : 0;
}

static void print_steps(const struct pagurus_boot_step *steps, unsigned count, uint64_t hz)
{
	printf("%-24s %10s %10s %14s\n", "step", "took us", "at us", "took cycles");
	for (unsigned i = 1; i < count; i++) {
		uint64_t took = steps[i].tsc - steps[i - 1].tsc;

		printf("%-24s %10" PRIu64 " %10" PRIu64 " %14" PRIu64 "\n", steps[i].name,
		       microseconds(took, hz), microseconds(steps[i].tsc - steps[0].tsc, hz), took);
	}
}

static void say_hello(uint64_t tsc_main, int want_steps)
{
	static struct pagurus_boot_step steps[STEPS_MAX + 1];
	unsigned count = pagurus_boot_steps(steps, STEPS_MAX);
	struct pagurus_info info;

	pagurus_info(&info);
	if (count > STEPS_MAX)
		count = STEPS_MAX;
	if (!count)
		steps[count++] = (struct pagurus_boot_step){ "unknown", tsc_main };
	printf("Hello from Pagurus %s (%s, %s): %s%" PRIu64 " us, %" PRIu64
	       " cycles from the first instruction to main\n",
	       info.version, info.platform, info.boot, info.tsc_stated ? "" : "about ",
	       microseconds(tsc_main - steps[0].tsc, info.tsc_hz), tsc_main - steps[0].tsc);
	if (want_steps) {
		steps[count++] = (struct pagurus_boot_step){ "main", tsc_main };
		print_steps(steps, count, info.tsc_hz);
	}
}

#else
#include <sys/utsname.h>
#include <time.h>

static void say_hello(uint64_t tsc_main, int want_steps)
{
	struct timespec boot = { 0 };
	struct utsname system = { 0 };

	clock_gettime(CLOCK_BOOTTIME, &boot);
	uname(&system);
	printf("Hello from %s %s: %" PRId64 " us since boot, TSC %" PRIu64 " in main\n", system.sysname,
	       system.release, (int64_t)boot.tv_sec * 1000000 + boot.tv_nsec / 1000, tsc_main);
	if (want_steps)
		printf("%s does not tell the steps of its boot.\n", system.sysname);
}

#endif

int main(int argc, char **argv)
{
	uint64_t tsc_main = tsc_read();
	int want_steps = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--steps") == 0) {
			want_steps = 1;
		} else {
			fprintf(stderr, "hello: unknown argument %s\nusage: hello [--steps]\n", argv[i]);
			return 2;
		}
	}
	say_hello(tsc_main, want_steps);
	return 0;
}
