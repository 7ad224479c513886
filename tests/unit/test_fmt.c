/* sources: lib/fmt.c */
/* flags: -Wno-format -Wno-format-zero-length -Wno-format-overflow -Wno-format-truncation */
// SPDX-License-Identifier: BSD-2-Clause
/* The kernel's formatted text against the host's snprintf(): by hand for what is easy to get wrong,
 * at random for every combination of flags, width, precision and length. */
#include "tests/unit/host_stubs.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fmt.h"

#define SAME(...)                                                                                  \
	do {                                                                                           \
		char ours_[256], theirs_[256];                                                             \
		int n_ = fmt_snprintf(ours_, sizeof(ours_), __VA_ARGS__);                                  \
		int m_ = snprintf(theirs_, sizeof(theirs_), __VA_ARGS__);                                  \
		assert_string_equal(ours_, theirs_);                                                       \
		assert_int_equal(n_, m_);                                                                  \
	} while (0)

static void test_by_hand(void **state)
{
	(void)state;
	SAME("");
	SAME("plain text");
	SAME("%%");
	SAME("a%db%sc%cd", 1, "two", '3');
	SAME("%d %d %d", INT_MIN, INT_MAX, 0);
	SAME("%ld %lld", LONG_MIN, LLONG_MIN);
	SAME("%lu %zu %ju %tx", ULONG_MAX, SIZE_MAX, (uintmax_t)UINT64_MAX, (ptrdiff_t)-1);
	SAME("%hhd %hhu %hd %hu", 0x1ff, 0x1ff, 0x1ffff, 0x1ffff);
	SAME("%x %X %#x %#X %#x", 0xbeefu, 0xbeefu, 0xbeefu, 0xbeefu, 0u);
	SAME("[%5d] [%-5d] [%05d] [%+5d] [% 5d]", 42, 42, 42, 42, 42);
	SAME("[%+d] [% d] [%+ d]", -7, 7, 7);
	SAME("[%.0d] [%.0x] [%5.0d] [%+.0d] [%#.0x]", 0, 0u, 0, 0, 0u);
	SAME("[%08.3d] [%-08.3d] [%08d] [%#08x] [%#-8x]", 7, 7, -7, 0x1fu, 0x1fu);
	SAME("[%s] [%10s] [%-10s] [%.2s] [%10.2s] [%-10.2s] [%.0s]", "abc", "abc", "abc", "abc", "abc",
	     "abc", "abc");
	SAME("[%c] [%3c] [%-3c]", 'x', 'y', 'z');
	SAME("[%*d] [%*d] [%-*d]", 6, 1, -6, 2, 6, 3);
	SAME("[%.*d] [%.*d] [%.*s] [%*.*s]", 4, 1, -4, 2, 2, "abc", 6, 2, "abc");
	SAME("[%.d] [%.s] [%5.x]", 0, "abc", 0u);
	SAME("[%060d] [%-60d] [%60s]", 5, 5, "right");
	SAME("%p", (void *)0x1234);
	SAME("%p", (void *)UINTPTR_MAX);
	SAME("[%20p] [%-20p]", (void *)0x1234, (void *)0x1234);
	SAME("%s", (char *)NULL);
}

static void test_null_byte(void **state)
{
	char out[8];

	(void)state;
	memset(out, 'x', sizeof(out));
	assert_int_equal(fmt_snprintf(out, sizeof(out), "a%cb", 0), 3);
	assert_memory_equal(out, "a\0b\0", 4);
}

static void test_string_without_end(void **state)
{
	char *open = malloc(3), out[8];

	(void)state;
	memcpy(open, "abc", 3);
	assert_int_equal(fmt_snprintf(out, sizeof(out), "%.3s", open), 3);
	assert_string_equal(out, "abc");
	free(open);
}

static void test_truncation(void **state)
{
	(void)state;
	for (size_t size = 1; size <= 16; size++) {
		char *out = malloc(size), theirs[16];

		assert_int_equal(fmt_snprintf(out, size, "%s-%05d", "abcde", 42), 11);
		snprintf(theirs, size, "%s-%05d", "abcde", 42);
		assert_string_equal(out, theirs);
		free(out);
	}
	assert_int_equal(fmt_snprintf(NULL, 0, "%d", 12345), 5);
}

static void test_unknown_conversions_show(void **state)
{
	char out[32];

	(void)state;
	fmt_snprintf(out, sizeof(out), "[%k] [%5q]");
	assert_string_equal(out, "[%k] [%5q]");
	fmt_snprintf(out, sizeof(out), "end %");
	assert_string_equal(out, "end %");
	fmt_snprintf(out, sizeof(out), "end %-08l");
	assert_string_equal(out, "end %-08l");
	fmt_snprintf(out, sizeof(out), "%f|%d", 7);
	assert_string_equal(out, "%f|7");
}

/* A random conversion in which no flag is undefined by C. */
static void random_spec(char *spec, const char *length, char conversion)
{
	char *p = spec;

	*p++ = '[';
	*p++ = '%';
	for (unsigned i = host_random_below(4); i > 0; i--) {
		char flag = "-0+ #"[host_random_below(5)];

		if (flag == '#' && conversion != 'x' && conversion != 'X')
			continue;
		*p++ = flag;
	}
	if (host_random_below(2))
		p += sprintf(p, "%u", (unsigned)host_random_below(40) + 1);
	if (host_random_below(2))
		p += sprintf(p, ".%u", (unsigned)host_random_below(30));
	p += sprintf(p, "%s%c]", length, conversion);
}

static void test_random(void **state)
{
	static const char *const lengths[] = { "hh", "h", "", "l", "ll", "z", "j", "t" };

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		char spec[32];
		char conversion = "diuxX"[host_random_below(5)];
		uint64_t value = host_random() >> host_random_below(64);

		if (host_random_below(4) == 0)
			value = -value;
		if (host_random_below(8) == 0)
			value = 0;
		random_spec(spec, lengths[host_random_below(8)], conversion);
		if (strpbrk(spec, "lzjt"))
			SAME(spec, value);
		else
			SAME(spec, (unsigned)value);
	}
}

static void test_random_strings(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		char spec[32], text[24];
		size_t n = host_random_below(sizeof(text));

		memset(text, 'a' + (int)(i % 26), n);
		text[n] = '\0';
		do
			random_spec(spec, "", 's');
		while (strpbrk(spec, "0+ ") && strcspn(spec, "0+ ") < strcspn(spec, "123456789.s"));
		SAME(spec, text);
	}
}

static int symbolize(char *buf, size_t size, uintptr_t address)
{
	if (address < 0x1000)
		return 0;
	return snprintf(buf, size, "function+%#lx/0x40", (unsigned long)address - 0x1000);
}

static int symbolize_long(char *buf, size_t size, uintptr_t address)
{
	(void)address;
	memset(buf, 'n', size - 1);
	buf[size - 1] = '\0';
	return 100000;
}

static void test_symbols(void **state)
{
	char out[256];

	(void)state;
	fmt_snprintf(out, sizeof(out), "at %pS.", (void *)0x1012);
	assert_string_equal(out, "at 0x1012.");
	fmt_set_symbolizer(symbolize);
	fmt_snprintf(out, sizeof(out), "at %pS.", (void *)0x1012);
	assert_string_equal(out, "at function+0x12/0x40.");
	fmt_snprintf(out, sizeof(out), "[%20pS]", (void *)0x1001);
	assert_string_equal(out, "[   function+0x1/0x40]");
	fmt_snprintf(out, sizeof(out), "%pS %p %p", (void *)0x10, (void *)0x1012, NULL);
	assert_string_equal(out, "0x10 0x1012 0x0");
	fmt_set_symbolizer(symbolize_long);
	assert_int_equal(fmt_snprintf(out, sizeof(out), "%pS", (void *)0x1012), 127);
	fmt_set_symbolizer(NULL);
}

struct pieces {
	char text[64];
	size_t len;
};

static void collect(void *ctx, const char *text, size_t len)
{
	struct pieces *pieces = ctx;

	assert_true(len > 0);
	assert_true(pieces->len + len <= sizeof(pieces->text));
	memcpy(pieces->text + pieces->len, text, len);
	pieces->len += len;
}

static int print(struct pieces *pieces, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = fmt_vprint(collect, pieces, fmt, args);
	va_end(args);
	return len;
}

static void test_vprint(void **state)
{
	struct pieces pieces = { .len = 0 };

	(void)state;
	assert_int_equal(print(&pieces, "%s=%-6d|%#lx", "key", 42, 0xfUL), 14);
	assert_int_equal(pieces.len, 14);
	assert_memory_equal(pieces.text, "key=42    |0xf", 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_null_byte),
		cmocka_unit_test(test_string_without_end),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_unknown_conversions_show),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_strings),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_vprint),
	};

	return cmocka_run_group_tests_name("fmt", tests, NULL, NULL);
}
