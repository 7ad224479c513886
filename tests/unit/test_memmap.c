/* sources: boot/memmap.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The set of RAM ranges: cases by hand, then random maps against a map of bytes as a model. */
#include "tests/unit/host_stubs.h"

#include <string.h>

#include "boot/memmap.h"

static struct boot_info bi;

static void reset(void)
{
	bi.nr_ram = 0;
	bi.warnings = 0;
}

static void check_ranges(const struct mem_range *expected, unsigned n)
{
	assert_int_equal(bi.nr_ram, n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(bi.ram[i].start, expected[i].start);
		assert_int_equal(bi.ram[i].end, expected[i].end);
	}
}

#define CHECK(...)                                                                                 \
	do {                                                                                           \
		const struct mem_range expected_[] = { __VA_ARGS__ };                                      \
		check_ranges(expected_, ARRAY_SIZE(expected_));                                            \
	} while (0)

static void test_merge(void **state)
{
	(void)state;
	reset();
	memmap_add(&bi, 0x5000, 0x1000);
	memmap_add(&bi, 0x1000, 0x1000);
	CHECK({ 0x1000, 0x2000 }, { 0x5000, 0x6000 });
	memmap_add(&bi, 0x3000, 0x1000);
	CHECK({ 0x1000, 0x2000 }, { 0x3000, 0x4000 }, { 0x5000, 0x6000 });
	memmap_add(&bi, 0x2000, 0x1000); /* touches on both sides */
	CHECK({ 0x1000, 0x4000 }, { 0x5000, 0x6000 });
	memmap_add(&bi, 0x1000, 0x1000); /* duplicate */
	memmap_add(&bi, 0x1800, 0x100);
	CHECK({ 0x1000, 0x4000 }, { 0x5000, 0x6000 });
	memmap_add(&bi, 0x3fff, 0x1002); /* overlaps by one byte on both sides */
	CHECK({ 0x1000, 0x6000 });
	memmap_add(&bi, 0, 0x10000);
	CHECK({ 0, 0x10000 });
	assert_int_equal(bi.warnings, 0);
}

static void test_invalid_ram(void **state)
{
	(void)state;
	reset();
	memmap_add(&bi, 0x1000, 0); /* harmless, and QEMU's microvm has one */
	assert_int_equal(bi.warnings, 0);
	assert_int_equal(bi.nr_ram, 0);
	reset();
	memmap_add(&bi, 0x1000, UINT64_MAX);
	assert_int_equal(bi.warnings, BOOT_WARN_RAM_INVALID);
	reset();
	memmap_add(&bi, UINT64_MAX, 1); /* ends exactly at 2^64 */
	assert_int_equal(bi.warnings, BOOT_WARN_RAM_INVALID);
	reset();
	memmap_add(&bi, BOOT_PHYS_MAX, 0x1000);
	assert_int_equal(bi.warnings, BOOT_WARN_RAM_INVALID);
	assert_int_equal(bi.nr_ram, 0);
	reset();
	memmap_add(&bi, BOOT_PHYS_MAX - 0x1000, 0x2000);
	assert_int_equal(bi.warnings, BOOT_WARN_RAM_INVALID);
	CHECK({ BOOT_PHYS_MAX - 0x1000, BOOT_PHYS_MAX });
	reset();
	memmap_add(&bi, BOOT_PHYS_MAX - 0x1000, 0x1000);
	assert_int_equal(bi.warnings, 0);
	CHECK({ BOOT_PHYS_MAX - 0x1000, BOOT_PHYS_MAX });
}

static void test_reserve(void **state)
{
	(void)state;
	reset();
	memmap_add(&bi, 0x1000, 0x9000);
	memmap_reserve(&bi, 0xb000, 0x1000);
	memmap_reserve(&bi, 0, 0x1000);
	assert_int_equal(bi.warnings, 0);
	CHECK({ 0x1000, 0xa000 });
	memmap_reserve(&bi, 0x4000, 0x1000);
	assert_int_equal(bi.warnings, BOOT_WARN_RAM_OVERLAP);
	CHECK({ 0x1000, 0x4000 }, { 0x5000, 0xa000 });
	memmap_reserve(&bi, 0x3fff, 0x1002);
	CHECK({ 0x1000, 0x3fff }, { 0x5001, 0xa000 });
	memmap_reserve(&bi, 0x800, 0x1000);
	CHECK({ 0x1800, 0x3fff }, { 0x5001, 0xa000 });
	memmap_reserve(&bi, 0x9000, 0x2000);
	CHECK({ 0x1800, 0x3fff }, { 0x5001, 0x9000 });
	memmap_finish(&bi);
	CHECK({ 0x2000, 0x3000 }, { 0x6000, 0x9000 });
	memmap_reserve(&bi, 0x2000, 0x10000);
	assert_int_equal(bi.nr_ram, 0);
}

static void test_reserved_that_wraps(void **state)
{
	(void)state;
	reset();
	memmap_add(&bi, 0x1000, 0x9000);
	memmap_reserve(&bi, 0x5000, UINT64_MAX);
	assert_int_equal(bi.warnings, BOOT_WARN_RAM_INVALID | BOOT_WARN_RAM_OVERLAP);
	CHECK({ 0x1000, 0x5000 });
	reset();
	memmap_add(&bi, 0x1000, 0x9000);
	memmap_reserve(&bi, 0xfffffffffffff000, 0x1000); /* up to 2^64: in order */
	assert_int_equal(bi.warnings, 0);
	memmap_reserve(&bi, 0x2000, 0);
	assert_int_equal(bi.warnings, 0);
	CHECK({ 0x1000, 0xa000 });
}

static void test_exclude_and_contains(void **state)
{
	(void)state;
	reset();
	memmap_add(&bi, 0x1000, 0x9000);
	assert_false(memmap_exclude(&bi, (struct mem_range){ 0x3000, 0x3000 }));
	assert_false(memmap_exclude(&bi, (struct mem_range){ 0xa000, 0xb000 }));
	assert_true(memmap_contains(&bi, (struct mem_range){ 0x1000, 0xa000 }));
	assert_false(memmap_contains(&bi, (struct mem_range){ 0xfff, 0x2000 }));
	assert_false(memmap_contains(&bi, (struct mem_range){ 0x1000, 0xa001 }));
	assert_true(memmap_exclude(&bi, (struct mem_range){ 0x3000, 0x3001 }));
	assert_false(memmap_contains(&bi, (struct mem_range){ 0x2000, 0x4000 }));
	assert_int_equal(bi.warnings, 0);
}

static void test_too_many_drops_the_smallest(void **state)
{
	(void)state;
	reset();
	/* Range i has i + 1 frames; they come in a scrambled order. */
	for (uint64_t k = 0; k < BOOT_RAM_MAX + 10; k++) {
		uint64_t i = k * 29 % (BOOT_RAM_MAX + 10);

		memmap_add(&bi, MIB(i + 1), (i + 1) * FRAME_SIZE);
	}
	assert_int_equal(bi.warnings, BOOT_WARN_RAM_DROPPED);
	assert_int_equal(bi.nr_ram, BOOT_RAM_MAX);
	for (uint64_t i = 0; i < BOOT_RAM_MAX; i++)
		assert_int_equal(bi.ram[i].start, MIB(i + 11));
	/* A hole makes one more: of the 75 candidates the smallest goes, which is half of range 0. */
	memmap_exclude(&bi, (struct mem_range){ MIB(11) + FRAME_SIZE, MIB(11) + 2 * FRAME_SIZE });
	assert_int_equal(bi.nr_ram, BOOT_RAM_MAX);
	assert_int_equal(bi.ram[0].start, MIB(11) + 2 * FRAME_SIZE);
	/* The new piece itself may be the smallest. */
	memmap_exclude(&bi, (struct mem_range){ MIB(12) + FRAME_SIZE, MIB(12) + 12 * FRAME_SIZE - 1 });
	assert_int_equal(bi.nr_ram, BOOT_RAM_MAX);
	assert_int_equal(bi.ram[1].start, MIB(12));
	assert_int_equal(bi.ram[1].end, MIB(12) + FRAME_SIZE);
}

#define MODEL (32 * FRAME_SIZE)

/* Is [start, start + size) a random range, often with ends at or near frame borders? */
static void random_range(uint64_t *start, uint64_t *size)
{
	*start = host_random_below(MODEL);
	*size = host_random_below(MODEL / 4) + 1;
	if (host_random_below(2))
		*start = ALIGN_DOWN(*start, FRAME_SIZE);
	if (host_random_below(2))
		*size = ALIGN_UP(*size, FRAME_SIZE);
	*size = MIN(*size, MODEL - *start);
}

static void test_against_model(void **state)
{
	static bool ram[MODEL];

	(void)state;
	for (unsigned run = 0; run < 1500; run++) {
		unsigned adds = 1 + host_random_below(10), cuts = host_random_below(10);
		uint64_t start, size;
		bool overlap = false;

		reset();
		memset(ram, 0, sizeof(ram));
		for (unsigned i = 0; i < adds; i++) {
			random_range(&start, &size);
			memmap_add(&bi, start, size);
			memset(ram + start, 1, size);
		}
		for (unsigned i = 0; i < cuts; i++) {
			random_range(&start, &size);
			memmap_reserve(&bi, start, size);
			overlap |= memchr(ram + start, 1, size) != NULL;
			memset(ram + start, 0, size);
		}
		assert_int_equal(bi.warnings, overlap ? BOOT_WARN_RAM_OVERLAP : 0);
		memmap_finish(&bi);

		/* A frame is there if and only if all its bytes are. */
		for (uint64_t f = 0; f < MODEL; f += FRAME_SIZE) {
			bool whole = memchr(ram + f, 0, FRAME_SIZE) == NULL;

			assert_int_equal(memmap_contains(&bi, (struct mem_range){ f, f + FRAME_SIZE }), whole);
		}
		for (uint32_t i = 0; i < bi.nr_ram; i++) {
			assert_true(bi.ram[i].start < bi.ram[i].end && bi.ram[i].end <= MODEL);
			assert_true(IS_ALIGNED(bi.ram[i].start | bi.ram[i].end, FRAME_SIZE));
			assert_true(i == 0 || bi.ram[i - 1].end <= bi.ram[i].start);
		}
	}
}

/* Thousands of scattered frames: what remains is RAM, disjoint, and full. */
static void test_thousands(void **state)
{
	static bool ram[MODEL / 8];
	unsigned frames = 0;

	(void)state;
	reset();
	memset(ram, 0, sizeof(ram));
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t f = host_random_below(ARRAY_SIZE(ram));

		memmap_add(&bi, f * FRAME_SIZE, FRAME_SIZE);
		ram[f] = true;
		if (i % 4 == 0) {
			f = host_random_below(ARRAY_SIZE(ram));
			memmap_reserve(&bi, f * FRAME_SIZE, FRAME_SIZE);
			ram[f] = false;
		}
	}
	memmap_finish(&bi);
	assert_int_equal(bi.nr_ram, BOOT_RAM_MAX);
	assert_true(bi.warnings & BOOT_WARN_RAM_DROPPED);
	for (uint32_t i = 0; i < bi.nr_ram; i++) {
		assert_true(i == 0 || bi.ram[i - 1].end < bi.ram[i].start);
		for (uint64_t p = bi.ram[i].start; p < bi.ram[i].end; p += FRAME_SIZE, frames++)
			assert_true(ram[p / FRAME_SIZE]);
	}
	assert_true(frames > BOOT_RAM_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_invalid_ram),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_reserved_that_wraps),
		cmocka_unit_test(test_exclude_and_contains),
		cmocka_unit_test(test_too_many_drops_the_smallest),
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_thousands),
	};

	return cmocka_run_group_tests_name("memmap", tests, NULL, NULL);
}
