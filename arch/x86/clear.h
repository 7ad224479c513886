/* SPDX-License-Identifier: BSD-2-Clause */
/* Zeroing memory with the best instructions that the processor has. The kernel is compiled without
 * vector registers: the routines (arch/x86/clear.S) borrow one and give it back as it was. */
#ifndef PAGURUS_X86_CLEAR_H
#define PAGURUS_X86_CLEAR_H

#include "include/types.h"

/* dst: aligned to 64 bytes. bytes: a multiple of CLEAR_UNIT, not 0. Interrupts off, where an
 * interrupt could switch threads: a kernel thread's vector state is not saved. */
typedef void clear_fn(void *dst, size_t bytes);

#define CLEAR_UNIT 512

/* The choices; by what CPUs have them and what each is good for see docs/memory.md. */
clear_fn clear_stosb, clear_sse, clear_sse_stream, clear_avx, clear_avx_stream;

/* What clear_avx() does about the upper halves: arch/x86/clear.S. Set before its first use. */
extern bool clear_saves_zmm;

/* Chooses; called on the first CPU once its features are known. */
void clear_init(void);

/* The routine in use for single frames and for large pages, for reports: "AVX". */
const char *clear_name(void);

#ifdef PAGURUS_HOST
static inline void clear_pages(void *dst, size_t bytes)
{
	__builtin_memset(dst, 0, bytes);
}

static inline void clear_pages_stream(void *dst, size_t bytes)
{
	__builtin_memset(dst, 0, bytes);
}
#else
/* Zeroes whole pages. Any context. Interrupts that were on stay off for 64 KiB at most. */
void clear_pages(void *dst, size_t bytes);

/* The same for what will not be used soon, past the caches. */
void clear_pages_stream(void *dst, size_t bytes);
#endif

#endif
