/* SPDX-License-Identifier: BSD-2-Clause */
/* Formatted text for the kernel. Conversions: d i u x X c s p %, flags - 0 # + space, width,
 * precision, *, length hh h l ll z j t. %pS prints an address as symbol+0x12/0x40 where the image
 * carries symbols (the caller of fmt_set_symbolizer provides them). No floating point. */
#ifndef PAGURUS_LIB_FMT_H
#define PAGURUS_LIB_FMT_H

#include <stdarg.h>

#include "include/types.h"

/* Writes at most size bytes, NUL included. Returns the length that the whole text has. */
int fmt_vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int fmt_snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/* Hands each piece of the text to sink(ctx, text, len). Returns the length of the whole. */
int fmt_vprint(void (*sink)(void *ctx, const char *text, size_t len), void *ctx, const char *fmt,
               va_list args) __printf(3, 0);

/* Function that writes the name of address as for snprintf, for %pS; NULL: plain numbers. */
void fmt_set_symbolizer(int (*symbolize)(char *buf, size_t size, uintptr_t address));

#endif
