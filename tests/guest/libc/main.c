/* SPDX-License-Identifier: BSD-2-Clause */
/* libc: does the C library work when it stands on this kernel: formatting, strings, the heap,
 * sorting, jumps, the environment, streams in memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "libc.h"

TAP_STATE;

static int compare_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void test_sort(void)
{
	enum {
		N = 10000
	};
	static int values[N];
	uint32_t seed = 12345;
	int sorted = 1, found = 1;

	for (int i = 0; i < N; i++) {
		seed = seed * 1664525 + 1013904223;
		values[i] = (int)(seed >> 8);
	}
	int some = values[4321];

	qsort(values, N, sizeof(values[0]), compare_int);
	for (int i = 1; i < N; i++)
		sorted &= values[i - 1] <= values[i];
	ok(sorted, "qsort sorts %d integers", N);
	int *hit = bsearch(&some, values, N, sizeof(values[0]), compare_int);

	found = hit && *hit == some;
	ok(found, "bsearch finds one of them");
	some = -1;
	ok(!bsearch(&some, values, N, sizeof(values[0]), compare_int), "bsearch finds no other");
}

static jmp_buf jump;

static void __attribute__((noinline)) leap(int depth)
{
	volatile char frame[64];

	frame[0] = (char)depth;
	if (frame[0] == 0)
		longjmp(jump, 42);
	if (depth > 0)
		leap(depth - 1);
	frame[1] = frame[0];
}

static void test_jump(void)
{
	volatile int before = 7;
	int value = setjmp(jump);

	if (value == 0) {
		before = 8;
		leap(20);
	}
	is(value, 42, "longjmp brings its value to setjmp");
	is(before, 8, "a volatile local keeps what was written before longjmp");
}

static void test_environment(void)
{
	is(setenv("PAGURUS_TEST", "one", 1), 0, "setenv");
	is_string(getenv("PAGURUS_TEST"), "one", "getenv finds it");
	setenv("PAGURUS_TEST", "two", 0);
	is_string(getenv("PAGURUS_TEST"), "one", "setenv without overwrite leaves it");
	is(unsetenv("PAGURUS_TEST"), 0, "unsetenv");
	ok(!getenv("PAGURUS_TEST"), "getenv no longer finds it");
}

static void test_streams(void)
{
	char *buffer = NULL, line[32];
	size_t size = 0;
	FILE *out = open_memstream(&buffer, &size);

	ok(out != NULL, "open_memstream");
	if (out) {
		fprintf(out, "%d and %s", 17, "more");
		fclose(out);
		is_string(buffer, "17 and more", "what was printed to it");
		is(size, 11, "and its length");
	}
	free(buffer);

	char text[] = "first\nsecond\n";
	FILE *in = fmemopen(text, strlen(text), "r");

	ok(in != NULL, "fmemopen");
	if (in) {
		ok(fgets(line, sizeof(line), in) && strcmp(line, "first\n") == 0, "fgets reads a line");
		ok(fgets(line, sizeof(line), in) && strcmp(line, "second\n") == 0, "and the next");
		ok(!fgets(line, sizeof(line), in) && feof(in), "and then the end");
		fclose(in);
	}
	errno = 0;
	ok(!fopen("/no/such/file", "r") && errno != 0, "fopen of a missing file fails with an errno");
}

static void test_math(void)
{
	ok(fabs(sqrt(2.0) - 1.4142135623730951) < 1e-15, "sqrt");
	ok(fabs(sin(1.0) - 0.8414709848078965) < 1e-15, "sin");
	ok(fabs(exp(1.0) - 2.718281828459045) < 1e-15, "exp");
	ok(fabs(pow(2.0, 0.5) - sqrt(2.0)) < 1e-15, "pow");
	ok(fabsl(sqrtl(2.0L) * sqrtl(2.0L) - 2.0L) < 1e-18L, "long double arithmetic (x87)");
	ok(isnan(strtod("nan", NULL)) && isinf(1.0 / (double)(volatile int){ 0 }), "NaN and infinity");
}

static void test_rest(void)
{
	struct tm tm = { .tm_year = 126, .tm_mon = 10, .tm_mday = 22, .tm_hour = 12 };
	char date[64];
	time_t then = timegm(&tm);

	is(then, 1795348800, "timegm");
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S %a", &tm);
	is_string(date, "2026-11-22 12:00:00 Sun", "strftime");
	ok(getpid() > 0, "getpid is positive (%d)", (int)getpid());
	is(sysconf(_SC_PAGESIZE), 4096, "sysconf(_SC_PAGESIZE)");
	ok(setlocale(LC_ALL, "C") != NULL, "setlocale");
	is_string(strerror(ENOMEM), "Out of memory", "strerror");
	srand(1);
	int first = rand();

	srand(1);
	is(rand(), first, "srand repeats rand");
}

int main(void)
{
	test_format();
	test_text();
	test_heap();
	test_sort();
	test_jump();
	test_environment();
	test_streams();
	test_math();
	test_rest();
	return tap_done();
}
