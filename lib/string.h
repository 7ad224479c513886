/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory and strings, the few that the kernel needs. The names are C's, since compilers emit calls
 * to them; they are local to the kernel's object, so programs keep their C library's. */
#ifndef PAGURUS_LIB_STRING_H
#define PAGURUS_LIB_STRING_H

#include "include/types.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);

/* Copies src into dst[size], cut to fit and NUL-terminated (size > 0). Returns strlen(src), so a
 * result >= size means that it was cut. */
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);

/* Reads an unsigned number: decimal, 0x hexadecimal or 0 octal, with an optional suffix K, M, G, T
 * (powers of 1024). The whole string must be the number. Returns 0, -EINVAL or -ERANGE. */
int parse_u64(const char *s, uint64_t *value);

#endif
