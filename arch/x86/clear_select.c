/* SPDX-License-Identifier: BSD-2-Clause */
/* Chooses the routine that zeroes pages, by features alone (make bench-clear shows why): AVX where
 * XGETBV tells which state is in use, then REP STOSB where it is fast, then SSE. */
#include "arch/x86/clear.h"

#include "arch/x86/cpu.h"

/* From this size on the caches would lose more than the program gains. */
#define STREAM_MIN MIB(2)

/* Bytes cleared with interrupts off in one go. */
#define CHUNK KIB(64)

#define XCR0_AVX BIT(2)
#define XCR0_ZMM_HI256 BIT(6)

bool clear_saves_zmm;

static struct clear_choice {
	clear_fn *small, *large;
	const char *name;
} choice = { clear_sse, clear_sse_stream, "SSE" };

void clear_init(void)
{
	if (cpu_features.erms)
		choice = (struct clear_choice){ clear_stosb, clear_stosb, "REP STOSB" };
#ifdef CONFIG_CLEAR_AVX
	clear_saves_zmm = cpu_features.xcr0 & XCR0_ZMM_HI256;
	if (cpu_features.xgetbv1 && (cpu_features.xcr0 & XCR0_AVX))
		choice = (struct clear_choice){ clear_avx, clear_avx_stream, "AVX" };
#endif
}

const char *clear_name(void)
{
	return choice.name;
}

static inline void clear_by(clear_fn *clear, void *dst, size_t bytes)
{
	while (bytes) {
		size_t n = MIN(bytes, CHUNK);
		uint64_t flags = irq_save();

		clear(dst, n);
		irq_restore(flags);
		dst = (char *)dst + n;
		bytes -= n;
	}
	/* Streaming stores are not ordered with what follows, such as the page-table entry. */
	__asm__ volatile("sfence" : : : "memory");
}

void clear_pages(void *dst, size_t bytes)
{
	clear_by(bytes < STREAM_MIN ? choice.small : choice.large, dst, bytes);
}

#ifdef CONFIG_ZERO_AHEAD
void clear_pages_stream(void *dst, size_t bytes)
{
	clear_by(choice.large, dst, bytes);
}
#endif
