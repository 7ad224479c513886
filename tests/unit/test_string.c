/* sources: lib/string.c lib/number.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The kernel's memory and string functions against the host's C library. Every buffer is exactly as
 * long as it has to be, so that AddressSanitizer sees one byte too many. */
#include "tests/unit/host_stubs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *k_memcpy(void *dst, const void *src, size_t n);
void *k_memmove(void *dst, const void *src, size_t n);
void *k_memset(void *dst, int c, size_t n);
int k_memcmp(const void *a, const void *b, size_t n);
void *k_memchr(const void *s, int c, size_t n);
size_t k_strlen(const char *s);
size_t k_strnlen(const char *s, size_t max);
int k_strcmp(const char *a, const char *b);
int k_strncmp(const char *a, const char *b, size_t n);
char *k_strchr(const char *s, int c);
size_t strlcpy(char *dst, const char *src, size_t size);
int parse_u64(const char *s, uint64_t *value);

static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)host_random();
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void test_memcpy(void **state)
{
	(void)state;
	for (size_t n = 0; n < 600; n++) {
		uint8_t *src = malloc(n + 1), *dst = malloc(n + 1);

		/* Right-aligned copies: the byte behind the last is outside both buffers. */
		for (size_t skew = 0; skew <= 1; skew++) {
			fill(src, n + 1);
			fill(dst, n + 1);
			uint8_t before = dst[0];

			assert_ptr_equal(k_memcpy(dst + skew, src + skew, n + 1 - skew), dst + skew);
			assert_memory_equal(dst + skew, src + skew, n + 1 - skew);
			if (skew)
				assert_int_equal(dst[0], before);
		}
		free(src);
		free(dst);
	}
}

static void test_memmove(void **state)
{
	uint8_t *buf = malloc(2048), *model = malloc(2048);

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		size_t n = host_random_below(i % 4 ? 80 : 1024);
		size_t from = host_random_below(1024), to;

		/* Often overlapping closely, in both directions. */
		to = i & 1 ? host_random_below(1024) : (from + host_random_below(33) + 1008) % 1024;
		if (i % 64 == 0)
			fill(buf, 2048);
		memcpy(model, buf, 2048);
		assert_ptr_equal(k_memmove(buf + to, buf + from, n), buf + to);
		memmove(model + to, model + from, n);
		assert_memory_equal(buf, model, 2048);
	}
	free(buf);
	free(model);
}

static void test_memset(void **state)
{
	(void)state;
	for (size_t n = 0; n < 600; n++) {
		uint8_t *buf = malloc(n + 1), *model = malloc(n + 1);
		int c = (int)host_random();

		fill(buf, n + 1);
		memcpy(model, buf, n + 1);
		assert_ptr_equal(k_memset(buf + 1, c, n), buf + 1);
		memset(model + 1, c, n);
		assert_memory_equal(buf, model, n + 1);
		free(buf);
		free(model);
	}
}

static void test_memcmp_memchr(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		size_t n = host_random_below(64);
		uint8_t *a = malloc(n + 1), *b = malloc(n + 1);
		int c = (int)host_random_below(256);

		fill(a, n + 1);
		memcpy(b, a, n + 1);
		if (n && i & 1)
			b[host_random_below(n)] = (uint8_t)host_random();
		assert_int_equal(sign(k_memcmp(a + 1, b + 1, n)), sign(memcmp(a + 1, b + 1, n)));
		assert_ptr_equal(k_memchr(a, c, n), memchr(a, c, n));
		free(a);
		free(b);
	}
	/* It stops at the first match, as C11 has it: what lies behind may be out of bounds. */
	char *one = malloc(1);

	*one = 'x';
	assert_ptr_equal(k_memchr(one, 'x' + 256, 1), one);
	free(one);
}

/* Few different characters, bytes above 127 among them, so that prefixes and matches are common. */
static char *random_string(size_t max)
{
	static const char letters[] = { 'a', 'b', (char)0xe9, (char)0x80 };
	size_t n = host_random_below(max + 1);
	char *s = malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		s[i] = letters[host_random_below(sizeof(letters))];
	s[n] = '\0';
	return s;
}

static void test_strings(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		char *a = random_string(6), *b = random_string(6);
		size_t n = host_random_below(8);

		assert_int_equal(k_strlen(a), strlen(a));
		assert_int_equal(k_strnlen(a, n), strnlen(a, n));
		assert_int_equal(sign(k_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(sign(k_strncmp(a, b, n)), sign(strncmp(a, b, n)));
		assert_ptr_equal(k_strchr(a, 'b'), strchr(a, 'b'));
		assert_ptr_equal(k_strchr(a, 0xe9), strchr(a, 0xe9));
		assert_ptr_equal(k_strchr(a, 0), strchr(a, 0));
		free(a);
		free(b);
	}
	/* strnlen() and strncmp() do not look behind n. */
	char *open = malloc(3);

	memcpy(open, "abc", 3);
	assert_int_equal(k_strnlen(open, 3), 3);
	assert_int_equal(k_strncmp(open, "abcd", 3), 0);
	free(open);
}

static void test_strlcpy(void **state)
{
	char buf[4];

	(void)state;
	assert_int_equal(strlcpy(buf, "abc", sizeof(buf)), 3);
	assert_string_equal(buf, "abc");
	assert_int_equal(strlcpy(buf, "abcdef", sizeof(buf)), 6);
	assert_string_equal(buf, "abc");
	assert_int_equal(strlcpy(buf, "", sizeof(buf)), 0);
	assert_string_equal(buf, "");
	buf[1] = 'x';
	assert_int_equal(strlcpy(buf, "ab", 1), 2);
	assert_string_equal(buf, "");
	assert_int_equal(buf[1], 'x');
}

static void check_number(const char *text, int error, uint64_t value)
{
	uint64_t v = 12345;

	if (parse_u64(text, &v) != error)
		fail_msg("parse_u64(\"%s\") does not return %d", text, error);
	if (v != (error ? 12345 : value))
		fail_msg("parse_u64(\"%s\") gives %lu", text, v);
}

static void test_parse_u64(void **state)
{
	(void)state;
	check_number("0", 0, 0);
	check_number("1", 0, 1);
	check_number("007", 0, 7);
	check_number("010", 0, 8);
	check_number("0x1f", 0, 31);
	check_number("0XaBcDeF", 0, 0xabcdef);
	check_number("18446744073709551615", 0, UINT64_MAX);
	check_number("0xffffffffffffffff", 0, UINT64_MAX);
	check_number("01777777777777777777777", 0, UINT64_MAX);
	check_number("4k", 0, 4096);
	check_number("0x10M", 0, 16ull << 20);
	check_number("3g", 0, 3ull << 30);
	check_number("2T", 0, 2ull << 40);
	check_number("0K", 0, 0);
	check_number("16777215T", 0, 16777215ull << 40);
	check_number("18446744073709551616", -ERANGE, 0);
	check_number("184467440737095516150", -ERANGE, 0);
	check_number("99999999999999999999999999", -ERANGE, 0);
	check_number("0x10000000000000000", -ERANGE, 0);
	check_number("16777216T", -ERANGE, 0);
	check_number("18446744073709551615K", -ERANGE, 0);
	check_number("", -EINVAL, 0);
	check_number("x", -EINVAL, 0);
	check_number("0x", -EINVAL, 0);
	check_number("0xg", -EINVAL, 0);
	check_number("K", -EINVAL, 0);
	check_number("-1", -EINVAL, 0);
	check_number("+1", -EINVAL, 0);
	check_number(" 1", -EINVAL, 0);
	check_number("1 ", -EINVAL, 0);
	check_number("08", -EINVAL, 0);
	check_number("12a", -EINVAL, 0);
	check_number("1KB", -EINVAL, 0);
	check_number("1E", -EINVAL, 0);
	check_number("1.5", -EINVAL, 0);
}

static void test_parse_u64_random(void **state)
{
	static const char *const formats[] = { "%lu", "0x%lx", "0X%lX", "0%lo" };
	char text[32];
	uint64_t value;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t n = host_random() >> host_random_below(64);

		snprintf(text, sizeof(text), formats[i % 4], n);
		assert_int_equal(parse_u64(text, &value), 0);
		assert_true(value == n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy),    cmocka_unit_test(test_memmove),
		cmocka_unit_test(test_memset),    cmocka_unit_test(test_memcmp_memchr),
		cmocka_unit_test(test_strings),   cmocka_unit_test(test_strlcpy),
		cmocka_unit_test(test_parse_u64), cmocka_unit_test(test_parse_u64_random),
	};

	return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}
