/* sources: arch/x86/clear.S */
/* SPDX-License-Identifier: BSD-2-Clause */
/* The routines that zero pages, on this machine's processor: they write what they should and nothing
 * else, and no vector register changes, whichever upper halves are in use. */
#include <cpuid.h>
#include <string.h>

#include "arch/x86/clear.h"
#include "tests/unit/host_stubs.h"

#define SIZE KIB(16)
#define EDGE 256

bool clear_saves_zmm;

static uint8_t memory[EDGE + SIZE + EDGE] __aligned(64);

static uint64_t xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

static bool has_avx(void)
{
	uint32_t a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX))
		return false;
	clear_saves_zmm = xcr0() & BIT(6);
	return __get_cpuid_count(0xd, 1, &a, &b, &c, &d) && (a & BIT(2));
}

static void check_range(clear_fn *clear)
{
	for (size_t n = CLEAR_UNIT; n <= SIZE; n += CLEAR_UNIT) {
		memset(memory, 0xa5, sizeof(memory));
		clear(memory + EDGE, n);
		for (size_t i = 0; i < sizeof(memory); i++)
			assert_int_equal(memory[i], i >= EDGE && i < EDGE + n ? 0 : 0xa5);
	}
}

/* Register 0 of the kind that load and store name, and what came back after clear(). */
#define KEEPS(clear, prepare, load, store, reg, bytes)                                             \
	do {                                                                                           \
		uint8_t in_[64] __aligned(64), out_[64] __aligned(64) = { 0 };                             \
		for (size_t i_ = 0; i_ < sizeof(in_); i_++)                                                \
			in_[i_] = (uint8_t)(i_ * 7 + 1);                                                       \
		void *to_ = memory + EDGE;                                                                 \
		size_t n_ = SIZE;                                                                          \
		__asm__ volatile(prepare "\n\t" load " %[in], %%" reg "0\n\t"                              \
		                         "call *%[fn]\n\t" store " %%" reg "0, %[out]\n\t" prepare         \
		                 : [out] "=m"(out_), "+D"(to_), "+S"(n_)                                   \
		                 : [in] "m"(in_), [fn] "r"(clear)                                          \
		                 : "rax", "rcx", "rdx", "cc", "memory", "xmm0");                           \
		assert_memory_equal(in_, out_, bytes);                                                     \
	} while (0)

/* Only SSE is in use: XINUSE is clear, and the upper half is zero afterwards as it was before. */
static void check_sse_state(clear_fn *clear)
{
	KEEPS(clear, "", "movups", "movups", "xmm", 16);
}

static void check_avx_state(clear_fn *clear)
{
	uint8_t upper[32] = { 0 };

	KEEPS(clear, "vzeroupper", "vmovdqu", "vmovdqu", "ymm", 32);
	KEEPS(clear, "vzeroupper", "movups", "movups", "xmm", 16);
	__asm__ volatile("vzeroupper; call *%[fn]; vmovdqu %%ymm0, %[out]; vzeroupper"
	                 : [out] "=m"(upper)
	                 : [fn] "r"(clear), "D"(memory + EDGE), "S"((size_t)SIZE)
	                 : "rax", "rcx", "rdx", "cc", "memory", "xmm0");
	for (size_t i = 16; i < sizeof(upper); i++)
		assert_int_equal(upper[i], 0);
	if (xcr0() & BIT(6))
		KEEPS(clear, "vzeroupper", "vmovdqu64", "vmovdqu64", "zmm", 64);
}

static void test_stosb(void **state)
{
	(void)state;
	check_range(clear_stosb);
	check_sse_state(clear_stosb);
}

static void test_sse(void **state)
{
	(void)state;
	check_range(clear_sse);
	check_range(clear_sse_stream);
	check_sse_state(clear_sse);
	check_sse_state(clear_sse_stream);
	if (has_avx()) {
		check_avx_state(clear_sse);
		check_avx_state(clear_sse_stream);
	}
}

static void test_avx(void **state)
{
	(void)state;
	if (!has_avx())
		skip();
	check_range(clear_avx);
	check_range(clear_avx_stream);
	check_sse_state(clear_avx);
	check_sse_state(clear_avx_stream);
	check_avx_state(clear_avx);
	check_avx_state(clear_avx_stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stosb),
		cmocka_unit_test(test_sse),
		cmocka_unit_test(test_avx),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
