/* sources: xen/memory_map.c boot/memmap.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Xen's memory map into the boot information's: real ones and hostile ones. */
#include "tests/unit/host_stubs.h"

#include <string.h>

#include "boot/memmap.h"
#include "xen/memory_map.h"

static struct boot_info bi;

static void take(const struct e820_entry *map, unsigned nr)
{
	memset(&bi, 0, sizeof(bi));
	xen_map_take(&bi, map, nr);
}

/* Xen 4.17's map of a PVH guest with 64 MiB, as `xl create` makes it. */
static void test_pvh_guest(void **state)
{
	const struct e820_entry map[] = {
		{ 0xfeff8000, 0x8000, 2 },
		{ 0xfc000000, 0x9000, 4 },
		{ 0, 0x4000000, 1 },
	};

	(void)state;
	take(map, ARRAY_SIZE(map));
	assert_int_equal(bi.nr_ram, 1);
	assert_int_equal(bi.ram[0].start, 0);
	assert_int_equal(bi.ram[0].end, 0x4000000);
	assert_int_equal(bi.warnings, 0);
}

static void test_reserved_wins_in_any_order(void **state)
{
	const struct e820_entry first[] = { { 0x1000, 0x1000, 2 }, { 0, 0x4000, 1 } };
	const struct e820_entry last[] = { { 0, 0x4000, 1 }, { 0x1000, 0x1000, 2 } };

	(void)state;
	for (int i = 0; i < 2; i++) {
		take(i ? first : last, 2);
		assert_int_equal(bi.nr_ram, 2);
		assert_int_equal(bi.ram[0].end, 0x1000);
		assert_int_equal(bi.ram[1].start, 0x2000);
		assert_true(bi.warnings & BOOT_WARN_RAM_OVERLAP);
	}
}

static void test_nonsense(void **state)
{
	const struct e820_entry map[] = {
		{ 0x100000, 0x100000, 1 }, { 0xffffffffffff0000, 0x20000, 1 },
		{ 0x5000, 0, 1 },          { 0x100000, 0x100000, 1 },
		{ 0, 0x1000, 0 },
	};

	(void)state;
	take(NULL, 0);
	assert_int_equal(bi.nr_ram, 0);
	take(map, ARRAY_SIZE(map));
	assert_int_equal(bi.nr_ram, 1);
	assert_int_equal(bi.ram[0].start, 0x100000);
	assert_int_equal(bi.ram[0].end, 0x200000);
	assert_true(bi.warnings & BOOT_WARN_RAM_INVALID);
}

static void test_random_is_sorted_and_without_reserved(void **state)
{
	struct e820_entry map[XEN_MAP_ENTRIES_MAX];

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		for (unsigned i = 0; i < ARRAY_SIZE(map); i++) {
			map[i].addr = host_random_below(1 << 20) << 12;
			map[i].size = host_random_below(64) << 12;
			map[i].type = (uint32_t)host_random_below(4);
		}
		take(map, ARRAY_SIZE(map));
		for (unsigned r = 0; r < bi.nr_ram; r++) {
			assert_true(bi.ram[r].start < bi.ram[r].end);
			assert_true(r == 0 || bi.ram[r - 1].end < bi.ram[r].start);
			for (unsigned i = 0; i < ARRAY_SIZE(map); i++)
				assert_true(map[i].type == 1 || map[i].addr >= bi.ram[r].end ||
				            map[i].addr + map[i].size <= bi.ram[r].start);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pvh_guest),
		cmocka_unit_test(test_reserved_wins_in_any_order),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_random_is_sorted_and_without_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
