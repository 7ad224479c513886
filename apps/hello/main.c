/* SPDX-License-Identifier: BSD-2-Clause */
/* hello: says in one line how long the boot took, from the first instruction of the boot stub to
 * main. "hello --steps" adds a table of what each step of it took. On Linux, which does not tell
 * its steps, the line gives the time since boot instead. */
#include <stdint.h>
#include <string.h>

#include "../common/tsc.h"
#include "text.h"

#ifdef __pagurus__
#include <pagurus.h>

#define STEPS_MAX 32

static uint64_t microseconds(uint64_t cycles, uint64_t hz)
{
	return hz ? cycles * 1000000 / hz : 0;
}

static int print_steps(const struct pagurus_boot_step *steps, unsigned count, uint64_t hz)
{
	struct text text = { 0 };
	int error = 0;

	text_left(&text, "step", 28);
	text_right(&text, "took us", 11);
	text_right(&text, "at us", 11);
	text_right(&text, "took cycles\n", 16);
	error |= text_flush(&text, STDOUT_FILENO);
	for (unsigned i = 1; i < count; i++) {
		uint64_t took = steps[i].tsc - steps[i - 1].tsc;

		text_left(&text, steps[i].name, 28);
		text_number(&text, microseconds(took, hz), 11);
		text_number(&text, microseconds(steps[i].tsc - steps[0].tsc, hz), 11);
		text_number(&text, took, 15);
		text_string(&text, "\n");
		error |= text_flush(&text, STDOUT_FILENO);
	}
	return error;
}

static int say_hello(uint64_t tsc_main, int want_steps)
{
	static struct pagurus_boot_step steps[STEPS_MAX + 1];
	unsigned count = pagurus_boot_steps(steps, STEPS_MAX);
	struct pagurus_info info;
	struct text text = { 0 };
	int error;

	pagurus_info(&info);
	if (count > STEPS_MAX)
		count = STEPS_MAX;
	if (!count)
		steps[count++] = (struct pagurus_boot_step){ "unknown", tsc_main };
	text_string(&text, "Hello from Pagurus ");
	text_string(&text, info.version);
	text_string(&text, " (");
	text_string(&text, info.platform);
	text_string(&text, ", ");
	text_string(&text, info.boot);
	text_string(&text, info.tsc_stated ? "): " : "): about ");
	text_number(&text, microseconds(tsc_main - steps[0].tsc, info.tsc_hz), 0);
	text_string(&text, " us, ");
	text_number(&text, tsc_main - steps[0].tsc, 0);
	text_string(&text, " cycles from the first instruction to main\n");
	error = text_flush(&text, STDOUT_FILENO);
	if (want_steps) {
		steps[count++] = (struct pagurus_boot_step){ "main", tsc_main };
		error |= print_steps(steps, count, info.tsc_hz);
	}
	return error;
}

#else
#include <sys/utsname.h>
#include <time.h>

static int say_hello(uint64_t tsc_main, int want_steps)
{
	struct timespec boot = { 0 };
	struct utsname system = { 0 };
	struct text text = { 0 };

	clock_gettime(CLOCK_BOOTTIME, &boot);
	uname(&system);
	text_string(&text, "Hello from ");
	text_string(&text, system.sysname);
	text_string(&text, " ");
	text_string(&text, system.release);
	text_string(&text, ": ");
	text_number(&text, (uint64_t)boot.tv_sec * 1000000 + (uint64_t)boot.tv_nsec / 1000, 0);
	text_string(&text, " us since boot, TSC ");
	text_number(&text, tsc_main, 0);
	text_string(&text, " in main\n");
	if (want_steps) {
		text_string(&text, system.sysname);
		text_string(&text, " does not tell the steps of its boot.\n");
	}
	return text_flush(&text, STDOUT_FILENO);
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
			struct text text = { 0 };

			text_string(&text, "hello: unknown argument ");
			text_string(&text, argv[i]);
			text_string(&text, "\nusage: hello [--steps]\n");
			text_flush(&text, STDERR_FILENO);
			return 2;
		}
	}
	return say_hello(tsc_main, want_steps) ? 1 : 0;
}
