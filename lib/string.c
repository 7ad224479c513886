// SPDX-License-Identifier: BSD-2-Clause
/* Memory and strings (lib/string.h). Copies and fills go by 8 bytes (the kernel uses no vector
 * registers): overlapping words up to 32 bytes, a loop up to REP_MIN, string instructions above,
 * whose start-up pays only there. */
#include "lib/string.h"

#define REP_MIN 256

typedef uint64_t __attribute__((may_alias, aligned(1))) word;
typedef uint32_t __attribute__((may_alias, aligned(1))) half;
typedef uint16_t __attribute__((may_alias, aligned(1))) quarter;

/* Keeps gcc from compiling the loop in memcpy() to a call of memcpy(). */
#ifndef __clang__
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

/* At most 32 bytes; everything is loaded before anything is stored, so overlap does not matter. */
static inline void move_small(uint8_t *d, const uint8_t *s, size_t n)
{
	if (n > 16) {
		uint64_t a = *(const word *)s, b = *(const word *)(s + 8);
		uint64_t c = *(const word *)(s + n - 16), e = *(const word *)(s + n - 8);

		*(word *)d = a;
		*(word *)(d + 8) = b;
		*(word *)(d + n - 16) = c;
		*(word *)(d + n - 8) = e;
	} else if (n >= 8) {
		uint64_t a = *(const word *)s, b = *(const word *)(s + n - 8);

		*(word *)d = a;
		*(word *)(d + n - 8) = b;
	} else if (n >= 4) {
		uint32_t a = *(const half *)s, b = *(const half *)(s + n - 4);

		*(half *)d = a;
		*(half *)(d + n - 4) = b;
	} else if (n >= 2) {
		uint16_t a = *(const quarter *)s, b = *(const quarter *)(s + n - 2);

		*(quarter *)d = a;
		*(quarter *)(d + n - 2) = b;
	} else if (n) {
		*d = *s;
	}
}

/* More than 32 bytes, ascending; right for overlap where d lies below s. The last word is read
 * before the loop can overwrite it. */
static void move_up(uint8_t *d, const uint8_t *s, size_t n)
{
	uint8_t *last = d + n - 8;
	uint64_t tail = *(const word *)(s + n - 8);

	if (n >= REP_MIN) {
		size_t words = n / 8;

		__asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
	} else {
		for (; d < last; d += 8, s += 8)
			*(word *)d = *(const word *)s;
	}
	*(word *)last = tail;
}

/* More than 32 bytes, descending. */
static void move_down(uint8_t *d, const uint8_t *s, size_t n)
{
	uint64_t head = *(const word *)s;
	size_t i;

	for (i = n; i > 8; i -= 8)
		*(word *)(d + i - 8) = *(const word *)(s + i - 8);
	*(word *)d = head;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	if (n <= 32)
		move_small(dst, src, n);
	else
		move_up(dst, src, n);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	if (n <= 32)
		move_small(dst, src, n);
	else if ((uintptr_t)dst - (uintptr_t)src >= n)
		move_up(dst, src, n);
	else
		move_down(dst, src, n);
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	uint64_t fill = 0x0101010101010101UL * (uint8_t)c;
	uint8_t *d = dst, *last;

	if (n < 8) {
		for (; n; n--)
			*d++ = (uint8_t)c;
		return dst;
	}
	last = d + n - 8;
	if (n >= REP_MIN) {
		size_t words = n / 8;

		__asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(fill) : "memory");
	} else {
		for (; d < last; d += 8)
			*(word *)d = fill;
	}
	*(word *)last = fill;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (; n >= 8 && *(const word *)x == *(const word *)y; n -= 8) {
		x += 8;
		y += 8;
	}
	if (n < 8 && x != a && *(const word *)(x + n - 8) == *(const word *)(y + n - 8))
		return 0;
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const uint8_t *p = s;

	for (; n; n--, p++)
		if (*p == (uint8_t)c)
			return (void *)p;
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; n--, a++)
		b++;
	return n ? (uint8_t)*a - (uint8_t)*b : 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

size_t strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	size_t len = strlen(src), n = MIN(len, size - 1);

	memcpy(dst, src, n);
	dst[n] = '\0';
	return len;
}
