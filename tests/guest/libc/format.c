/* SPDX-License-Identifier: BSD-2-Clause */
/* Formatted output and input, and conversions from text. */
#include "libc.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "../tap.h"

#define FORMAT(expected, ...)                                                                      \
	do {                                                                                           \
		char text_[256];                                                                           \
		int length_ = snprintf(text_, sizeof(text_), __VA_ARGS__);                                 \
		is_string(text_, expected, "printf(%s)", #__VA_ARGS__);                                    \
		if (length_ != (int)strlen(expected))                                                      \
			is(length_, strlen(expected), "and its length");                                       \
	} while (0)

static void test_integers(void)
{
	FORMAT("-42|42|2a|52|0x2a", "%d|%u|%x|%o|%#x", -42, 42U, 42U, 42U, 42U);
	FORMAT("   42|42   |00042|+42", "%5d|%-5d|%05d|%+d", 42, 42, 42, 42);
	FORMAT("-9223372036854775808", "%lld", LLONG_MIN);
	FORMAT("18446744073709551615", "%zu", SIZE_MAX);
	FORMAT("abc|ab|  abc", "%s|%.2s|%5s", "abc", "abc", "abc");
	FORMAT("x%y", "%c%%%c", 'x', 'y');
	FORMAT("0x1234", "%p", (void *)0x1234);
	FORMAT("   7", "%*d", 4, 7);
}

static void test_floats(void)
{
	FORMAT("3.141593", "%f", 3.14159265358979);
	FORMAT("3.14", "%.2f", 3.14159265358979);
	FORMAT("0.1000000000000000055511151231257827021181583404541015625", "%.55f", 0.1);
	FORMAT("1e+100", "%g", 1e100);
	FORMAT("1.797693e+308", "%e", 1.7976931348623157e308);
	FORMAT("-0.0", "%.1f", -0.0);
	FORMAT("inf -inf nan", "%f %f %f", __builtin_inf(), -__builtin_inf(), __builtin_nan(""));
	FORMAT("0x1.8p+1", "%a", 3.0);
	FORMAT("1.25", "%.2Lf", 1.25L);
	FORMAT("2", "%.0f", 2.5);
}

static void test_numbers_read(void)
{
	char *end;

	is(strtol("  -123abc", &end, 10), -123, "strtol reads a number");
	is_string(end, "abc", "and stops behind it");
	is(strtol("0x7f", NULL, 0), 127, "strtol with base 0");
	errno = 0;
	is(strtol("99999999999999999999", NULL, 10), LONG_MAX, "strtol clips");
	is(errno, ERANGE, "and says so");
	ok(strtoull("18446744073709551615", NULL, 10) == UINT64_MAX, "strtoull");
	ok(strtod("1e-3xyz", &end) == 1e-3 && strcmp(end, "xyz") == 0, "strtod");
	ok(strtod("0x1.8p3", NULL) == 12.0, "strtod of hexadecimal");
	ok(strtod("2.2250738585072014e-308", NULL) == 2.2250738585072014e-308,
	   "strtod, smallest normal");
	ok(strtod("4.9e-324", NULL) > 0, "strtod of a denormal");
	is(atoi("77"), 77, "atoi");
}

static void test_scanf(void)
{
	int a = 0, n = 0;
	double d = 0;
	char word[16] = "";

	n = sscanf("12 3.5 hello", "%d %lf %15s", &a, &d, word);
	is(n, 3, "sscanf reads three things");
	ok(a == 12 && d == 3.5 && strcmp(word, "hello") == 0, "the right ones");
	is(sscanf("x", "%d", &a), 0, "sscanf refuses what is no number");
}

void test_format(void)
{
	char small[4];

	test_integers();
	test_floats();
	is(snprintf(small, sizeof(small), "%s", "longer"), 6, "snprintf tells the whole length");
	is_string(small, "lon", "snprintf cuts");
	setlocale(LC_CTYPE, "C.UTF-8");
	FORMAT("\xc3\xa9", "%ls", L"\u00e9");
	test_numbers_read();
	test_scanf();
}
