/* SPDX-License-Identifier: BSD-2-Clause */
/* The Test Anything Protocol for programs that run inside a guest: one line per check, the plan at
 * the end, and an exit status that says whether all passed. Only the first thread may report. */
#ifndef TESTS_GUEST_TAP_H
#define TESTS_GUEST_TAP_H

#include <stdarg.h>
#include <stdio.h>

struct tap {
	unsigned count;
	unsigned failed;
};

/* One program has one of these, whatever number of files it is made of. */
extern struct tap tap_state;

#define TAP_STATE struct tap tap_state

__attribute__((unused, format(printf, 4, 5))) static int tap_check(int good, const char *file,
                                                                   int line, const char *what, ...)
{
	va_list args;

	tap_state.count++;
	printf("%sok %u - ", good ? "" : "not ", tap_state.count);
	va_start(args, what);
	vprintf(what, args);
	va_end(args);
	putchar('\n');
	if (!good) {
		tap_state.failed++;
		printf("#   at %s:%d\n", file, line);
	}
	return good;
}

/* Checks a condition; the rest is printf's. Returns whether it held. */
#define ok(condition, ...) tap_check(!!(condition), __FILE__, __LINE__, __VA_ARGS__)

/* Checks two integers for equality and shows both where they differ. */
#define is(got, expected, ...)                                                                     \
	({                                                                                             \
		long long got_ = (long long)(got), expected_ = (long long)(expected);                      \
		int good_ = tap_check(got_ == expected_, __FILE__, __LINE__, __VA_ARGS__);                 \
		if (!good_)                                                                                \
			printf("#   got %lld (%#llx), expected %lld (%#llx)\n", got_, got_, expected_,         \
			       expected_);                                                                     \
		good_;                                                                                     \
	})

/* The same for strings. */
#define is_string(got, expected, ...)                                                              \
	({                                                                                             \
		const char *got_ = (got), *expected_ = (expected);                                         \
		int good_ =                                                                                \
			tap_check(got_ && strcmp(got_, expected_) == 0, __FILE__, __LINE__, __VA_ARGS__);      \
		if (!good_)                                                                                \
			printf("#   got '%s', expected '%s'\n", got_ ? got_ : "(null)", expected_);            \
		good_;                                                                                     \
	})

/* Says why a check was left out; it counts as passed, as TAP has it. */
#define skip(...)                                                                                  \
	do {                                                                                           \
		printf("ok %u # SKIP ", ++tap_state.count);                                                \
		printf(__VA_ARGS__);                                                                       \
		putchar('\n');                                                                             \
	} while (0)

/* Prints the plan. Returns the program's exit status. */
__attribute__((unused)) static int tap_done(void)
{
	printf("1..%u\n", tap_state.count);
	if (tap_state.failed)
		printf("# %u of %u FAILED\n", tap_state.failed, tap_state.count);
	fflush(stdout);
	return tap_state.failed ? 1 : 0;
}

#endif
