/* SPDX-License-Identifier: BSD-2-Clause */
/* Times the kernel's routines for zeroing pages on the machine that this runs on, as cycles per
 * 4 KiB. "cold" walks 256 MiB, as first touches do; "then used" adds one write to each cache line of
 * what was cleared, as a program does that uses its memory. */
#include <cpuid.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "apps/common/tsc.h"
#include "arch/x86/clear.h"

#define POOL MIB(256)
#define PAGE KIB(4)
#define LARGE MIB(2)
#define SAMPLES (POOL / PAGE)

bool clear_saves_zmm;

static char *pool;
static uint64_t samples[SAMPLES];

static uint64_t xgetbv(uint32_t which)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(which));
	return (uint64_t)high << 32 | low;
}

/* AVX that the kernel would use: enabled, and XGETBV tells what is in use. */
static bool has_avx(void)
{
	uint32_t a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX))
		return false;
	clear_saves_zmm = xgetbv(0) & BIT(6);
	return __get_cpuid_count(0xd, 1, &a, &b, &c, &d) && (a & BIT(2));
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The median, per 4 KiB. */
static double measure(clear_fn *clear, size_t size, bool cold, bool use)
{
	size_t blocks = POOL / size, n = cold ? blocks : blocks / 4;

	for (size_t i = 0; i < n; i++) {
		char *block = pool + (cold ? i * 7919 % blocks * size : 0);
		uint64_t start = tsc_start();

		clear(block, size);
		for (size_t k = 0; use && k < size; k += 64)
			*(volatile char *)(block + k) = 1;
		samples[i] = tsc_end() - start;
	}
	qsort(samples, n, sizeof(*samples), compare);
	return (double)samples[n / 2] / (double)(size / PAGE);
}

static void row(const char *name, clear_fn *clear)
{
	static const size_t sizes[] = { PAGE, LARGE };

	printf("%-18s", name);
	for (size_t i = 0; i < 2; i++)
		printf(" %9.0f %9.0f %9.0f", measure(clear, sizes[i], false, false),
		       measure(clear, sizes[i], true, false), measure(clear, sizes[i], true, true));
	putchar('\n');
}

int main(void)
{
	pool = mmap(NULL, POOL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pool == MAP_FAILED) {
		perror("host_clear: 256 MiB");
		return 1;
	}
	madvise(pool, POOL, MADV_HUGEPAGE);
	for (size_t i = 0; i < POOL; i += PAGE)
		pool[i] = 1;
	printf("zeroing, TSC cycles per 4 KiB (median)\n%-18s %29s %29s\n%-18s", "", "4 KiB at a time",
	       "2 MiB at a time", "");
	for (int i = 0; i < 2; i++)
		printf(" %9s %9s %9s", "hot", "cold", "then used");
	putchar('\n');
	row("REP STOSB", clear_stosb);
	row("SSE", clear_sse);
	row("SSE, streaming", clear_sse_stream);
	if (has_avx()) {
		row("AVX", clear_avx);
		row("AVX, streaming", clear_avx_stream);
	}
	return 0;
}
