/* SPDX-License-Identifier: BSD-2-Clause */
/* String and memory functions, at every alignment: musl's are partly assembly. */
#define _GNU_SOURCE
#include "libc.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../tap.h"

enum {
	ROOM = 600,
	GUARD = 32
};

static void fill(unsigned char *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(seed + i * 7 + (i >> 3));
}

/* Copies with every combination of alignments and a range of sizes; the bytes around must stay. */
static int copies_right(int moving)
{
	static unsigned char from[ROOM], to[ROOM];

	for (size_t n = 0; n < 300; n += n < 40 ? 1 : 37)
		for (size_t i = 0; i < 16; i++)
			for (size_t j = 0; j < 16; j += 3) {
				fill(from, ROOM, (unsigned)(n + i));
				memset(to, 0xee, ROOM);
				if (moving)
					memmove(to + GUARD + i, from + j, n);
				else
					memcpy(to + GUARD + i, from + j, n);
				for (size_t k = 0; k < GUARD + i; k++)
					if (to[k] != 0xee)
						return 0;
				for (size_t k = 0; k < n; k++)
					if (to[GUARD + i + k] != from[j + k])
						return 0;
				if (to[GUARD + i + n] != 0xee)
					return 0;
			}
	return 1;
}

static int overlaps_right(void)
{
	unsigned char expected[ROOM], buffer[ROOM];

	for (size_t shift = 1; shift < 80; shift += 3) {
		fill(buffer, ROOM, 1);
		memcpy(expected, buffer, ROOM);
		for (size_t i = 400; i-- > 0;)
			expected[shift + i] = expected[i];
		memmove(buffer + shift, buffer, 400);
		if (memcmp(buffer, expected, ROOM) != 0)
			return 0;
		fill(buffer, ROOM, 1);
		memcpy(expected, buffer, ROOM);
		for (size_t i = 0; i < 400; i++)
			expected[i] = expected[shift + i];
		memmove(buffer, buffer + shift, 400);
		if (memcmp(buffer, expected, ROOM) != 0)
			return 0;
	}
	return 1;
}

static int sets_right(void)
{
	static unsigned char buffer[ROOM];

	for (size_t n = 0; n < 200; n++)
		for (size_t i = 0; i < 16; i++) {
			memset(buffer, 1, ROOM);
			memset(buffer + GUARD + i, 0xab, n);
			for (size_t k = 0; k < ROOM; k++)
				if (buffer[k] != (k >= GUARD + i && k < GUARD + i + n ? 0xab : 1))
					return 0;
		}
	return 1;
}

static void test_strings(void)
{
	char buffer[64] = "";
	char list[] = "a,b;;c";
	char *rest = list;

	is(strlen("four"), 4, "strlen");
	is_string(strcpy(buffer, "abc"), "abc", "strcpy");
	is_string(strcat(buffer, "def"), "abcdef", "strcat");
	ok(strcmp("abc", "abd") < 0 && strcmp("b", "a") > 0 && strcmp("x", "x") == 0, "strcmp");
	ok(strncmp("abcX", "abcY", 3) == 0, "strncmp");
	is_string(strstr("a needle in hay", "needle"), "needle in hay", "strstr");
	ok(!strstr("hay", "needle"), "strstr finds nothing");
	is_string(strrchr("/usr/bin/x", '/'), "/x", "strrchr");
	is(strcspn("hello, world", " ,"), 5, "strcspn");
	is_string(strtok_r(rest, ",;", &rest), "a", "strtok_r, first word");
	is_string(strtok_r(NULL, ",;", &rest), "b", "strtok_r, second");
	is_string(strtok_r(NULL, ",;", &rest), "c", "strtok_r, third");
	ok(!strtok_r(NULL, ",;", &rest), "strtok_r, end");
	is(strcasecmp("HeLLo", "hEllO"), 0, "strcasecmp");
	char *copy = strdup("copied");

	is_string(copy, "copied", "strdup");
	free(copy);
	ok(memchr("abc", 'c', 2) == NULL && memchr("abc", 'c', 3), "memchr minds its length");
	ok(memmem("abcdef", 6, "cd", 2) != NULL, "memmem");
	ok(isalpha('x') && !isalpha('1') && toupper('q') == 'Q', "ctype");
}

void test_text(void)
{
	test_strings();
	ok(copies_right(0), "memcpy at all alignments");
	ok(copies_right(1), "memmove at all alignments");
	ok(overlaps_right(), "memmove where source and destination overlap");
	ok(sets_right(), "memset at all alignments");
}
