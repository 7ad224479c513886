/* sources: core/chacha.c core/random.c */
// SPDX-License-Identifier: BSD-2-Clause
/* ChaCha20's block function against RFC 8439's examples, and the generator on top of it. */
#include "tests/unit/host_stubs.h"

#include <string.h>

#include "arch/x86/cpu.h"
#include "core/chacha.h"
#include "core/random.h"

/* RFC 8439, 2.3.2. */
static void test_block_example(void **state)
{
	static const uint32_t expected[CHACHA_BLOCK_WORDS] = {
		0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033,
		0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
		0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2,
	};
	const uint32_t nonce[3] = { 0x09000000, 0x4a000000, 0 };
	uint32_t key[CHACHA_KEY_WORDS], out[CHACHA_BLOCK_WORDS];

	(void)state;
	for (uint32_t i = 0; i < CHACHA_KEY_WORDS; i++)
		key[i] = (4 * i) | (4 * i + 1) << 8 | (4 * i + 2) << 16 | (4 * i + 3) << 24;
	chacha20_block(out, key, 1, nonce);
	assert_memory_equal(out, expected, sizeof(out));
}

/* RFC 8439, A.1, first vector: all zero. */
static void test_block_of_zeros(void **state)
{
	static const uint32_t expected[4] = { 0xade0b876, 0x903df1a0, 0xe56a5d40, 0x28bd8653 };
	const uint32_t key[CHACHA_KEY_WORDS] = { 0 }, nonce[3] = { 0 };
	uint32_t out[CHACHA_BLOCK_WORDS];

	(void)state;
	chacha20_block(out, key, 0, nonce);
	assert_memory_equal(out, expected, sizeof(expected));
}

static void test_generator(void **state)
{
	static uint8_t bytes[1 << 16];
	unsigned counts[256] = { 0 };
	uint8_t guarded[3] = { 1, 0, 1 };

	(void)state;
	cpu_features.rdrand = false;
	random_get(bytes, sizeof(bytes));
	assert_true(random_is_weak());
	for (size_t i = 0; i < sizeof(bytes); i++)
		counts[bytes[i]]++;
	for (int i = 0; i < 256; i++)
		assert_in_range(counts[i], 128, 512); /* 256 expected, 16 the deviation */
	for (size_t i = 0; i + 32 < sizeof(bytes); i += 32)
		assert_memory_not_equal(bytes + i, bytes + i + 32, 32);
	random_get(guarded + 1, 1);
	random_get(guarded + 1, 0);
	assert_int_equal(guarded[0], 1);
	assert_int_equal(guarded[2], 1);
	assert_true(host_interrupts);
}

static void test_rdrand_ends_weakness(void **state)
{
	static uint8_t bytes[1 << 20];

	(void)state;
	if (!__builtin_cpu_supports("rdrnd"))
		skip();
	cpu_features.rdrand = true;
	random_get(bytes, sizeof(bytes)); /* as many as fetch a fresh seed */
	random_get(bytes, sizeof(bytes));
	assert_false(random_is_weak());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block_example),
		cmocka_unit_test(test_block_of_zeros),
		cmocka_unit_test(test_generator),
		cmocka_unit_test(test_rdrand_ends_weakness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
