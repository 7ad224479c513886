// SPDX-License-Identifier: BSD-2-Clause
/* Numbers from text, for the command line (parse_u64() of lib/string.h). */
#include "include/errno.h"
#include "lib/string.h"

/* Value of c as a digit, or 99. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 99;
}

/* Shift that a suffix stands for, or -1. */
static int suffix_shift(const char *s)
{
	if (!*s)
		return 0;
	if (s[1])
		return -1;
	switch (*s) {
	case 'K':
	case 'k':
		return 10;
	case 'M':
	case 'm':
		return 20;
	case 'G':
	case 'g':
		return 30;
	case 'T':
	case 't':
		return 40;
	default:
		return -1;
	}
}

int parse_u64(const char *s, uint64_t *value)
{
	unsigned base = 10, digit;
	bool overflow = false;
	uint64_t v = 0;
	int shift;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0') {
		base = 8; /* the 0 itself is a digit: "0" and "0K" are numbers */
	}
	if (digit_value(*s) >= base)
		return -EINVAL;
	for (; (digit = digit_value(*s)) < base; s++) {
		overflow |= __builtin_mul_overflow(v, base, &v);
		overflow |= __builtin_add_overflow(v, digit, &v);
	}

	shift = suffix_shift(s);
	if (shift < 0)
		return -EINVAL;
	if (overflow || v > UINT64_MAX >> shift)
		return -ERANGE;
	*value = v << shift;
	return 0;
}
