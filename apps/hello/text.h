/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of text put together and written by one write(): hello does without printf, so that the
 * smallest image is the kernel's size and not the C library's. What does not fit is cut. */
#ifndef HELLO_TEXT_H
#define HELLO_TEXT_H

#include <stdint.h>
#include <string.h>
#include <unistd.h>

struct text {
	size_t length;
	char buf[256];
};

static inline void text_string(struct text *text, const char *s)
{
	size_t n = strlen(s);

	if (n > sizeof(text->buf) - text->length)
		n = sizeof(text->buf) - text->length;
	memcpy(text->buf + text->length, s, n);
	text->length += n;
}

static inline void text_spaces(struct text *text, size_t n)
{
	while (n-- && text->length < sizeof(text->buf))
		text->buf[text->length++] = ' ';
}

/* s, then blanks up to width characters. */
static inline void text_left(struct text *text, const char *s, size_t width)
{
	text_string(text, s);
	text_spaces(text, strlen(s) < width ? width - strlen(s) : 0);
}

/* s behind blanks, width characters in all. */
static inline void text_right(struct text *text, const char *s, size_t width)
{
	text_spaces(text, strlen(s) < width ? width - strlen(s) : 0);
	text_string(text, s);
}

/* A decimal number, at least width characters wide. */
static inline void text_number(struct text *text, uint64_t value, size_t width)
{
	char digits[21];
	char *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	text_right(text, p, width);
}

/* Writes what is there to file descriptor fd and starts afresh. Returns 0 or -1. */
static inline int text_flush(struct text *text, int fd)
{
	ssize_t written = write(fd, text->buf, text->length);

	text->length = 0;
	return written < 0 ? -1 : 0;
}

#endif
