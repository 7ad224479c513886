/* sources: boot/pvh.c boot/boot.c boot/memmap.c lib/fmt.c */
// SPDX-License-Identifier: BSD-2-Clause
/* PVH start info: what Xen and QEMU hand over, and what nobody should. */
#include "tests/unit/pvh_fixture.h"

static void test_typical(void **state)
{
	(void)state;
	assert_int_equal(run(), 0);
	assert_null(bi->error);
	assert_int_equal(bi->warnings, 0);
	assert_int_equal(bi->protocol, BOOT_PROTOCOL_PVH);
	assert_int_equal(bi->version, 1);
	assert_int_equal(bi->tsc_entry, 1234);
	assert_int_equal(bi->rsdp, 0xfc001000);
	assert_string_equal(bi->cmdline, "hello world");
	assert_string_equal(bi->loader, "");
	assert_int_equal(bi->nr_modules, 0);
	check_ram();
}

static void test_newer_version(void **state)
{
	(void)state;
	info.version = 7;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->version, 7);
	check_ram();
}

static void test_version_0_has_no_map(void **state)
{
	(void)state;
	info.version = 0;
	/* What lies behind version 0 is no part of it, and may not even be readable. */
	memory.size = INFO + 40 - BASE;
	info.cmdline_paddr = 0;
	assert_int_equal(run(), PVH_NO_MEMORY_MAP);
	memory.size = SIZE;
	assert_null(bi->error);
	assert_int_equal(bi->nr_ram, 0);
	assert_string_equal(bi->cmdline, "");

	/* Its caller gets the map elsewhere, and goes on. */
	memmap_add(bi, 0, MIB(64));
	boot_finish(&parse);
	assert_true(boot_info_sane(bi, image));
	assert_int_equal(bi->ram[bi->nr_ram - 1].end, MIB(64));
}

static void test_no_map_entries(void **state)
{
	(void)state;
	info.memmap_entries = 0;
	assert_int_equal(run(), PVH_NO_MEMORY_MAP);
}

static void test_bad_magic(void **state)
{
	(void)state;
	info.magic ^= 1;
	assert_int_equal(run(), -EINVAL);
	assert_non_null(strstr(bi->error, "0x1010"));
	assert_non_null(strstr(bi->error, "0x336ec579"));
}

static void test_unreadable_info(void **state)
{
	static const phys_t places[] = {
		0,           1,      BASE - 1,       BASE + SIZE - 39, BASE + SIZE - 55,
		BASE + SIZE, GIB(4), UINT64_MAX - 3, UINT64_MAX
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		parse = (struct boot_parse){ .memory = &accessor, .image = image };
		boot_begin(&parse, bi, BOOT_PROTOCOL_PVH, 0);
		if (places[i] == BASE + SIZE - 55)
			fake_write(&memory, places[i], &info, 55);
		assert_int_equal(pvh_parse(&parse, places[i]), -EINVAL);
		boot_finish(&parse);
		assert_non_null(bi->error);
		assert_true(boot_info_sane(bi, image));
	}
}

static void test_lying_count(void **state)
{
	(void)state;
	info.memmap_entries = UINT32_MAX;
	/* Zeros behind the four: "reserved, empty". */
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_INFO_TRUNCATED);
	check_ram();

	/* The same, with readable memory that ends inside the fifth entry. */
	memory.size = MAP + 4 * 24 + 23 - BASE;
	info.cmdline_paddr = 0;
	assert_int_equal(run(), 0);
	memory.size = SIZE;
	assert_int_equal(bi->warnings, BOOT_WARN_INFO_TRUNCATED);
	check_ram();
}

/* More entries than anybody looks at, all readable: those behind are not there. */
static void test_endless_map(void **state)
{
	struct hvm_memmap_table_entry entry = { 0, MIB(64), XEN_HVM_MEMMAP_TYPE_RAM, 0 };
	const uint64_t size = 0x40000;

	(void)state;
	memory.bytes = realloc(memory.bytes, size);
	memory.size = size;
	info.memmap_entries = BOOT_MAP_ENTRIES_MAX + 1;
	for (uint64_t i = 0; i < BOOT_MAP_ENTRIES_MAX; i++)
		fake_write(&memory, MAP + i * sizeof(entry), &entry, sizeof(entry));
	entry.addr = GIB(4);
	fake_write(&memory, MAP + BOOT_MAP_ENTRIES_MAX * sizeof(entry), &entry, sizeof(entry));
	info.cmdline_paddr = 0;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_INFO_TRUNCATED);
	assert_int_equal(bi->ram[bi->nr_ram - 1].end, MIB(64));
}

static void test_map_unreadable(void **state)
{
	static const phys_t places[] = { 0, BASE + SIZE - 23, GIB(1), UINT64_MAX - 23, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		info.memmap_paddr = places[i];
		assert_int_equal(run(), 0);
		assert_non_null(strstr(bi->error, "no RAM"));
		assert_true(bi->warnings & BOOT_WARN_INFO_TRUNCATED);
	}
}

static void test_reserved_wins(void **state)
{
	static const struct hvm_memmap_table_entry map[] = {
		{ 0x200000, 0x1000, 77, 0 }, /* before the RAM that it lies in */
		{ 0, MIB(4), XEN_HVM_MEMMAP_TYPE_RAM, 0 },
		{ 0, MIB(4), XEN_HVM_MEMMAP_TYPE_RAM, 0 },
		{ 0x300800, 1, XEN_HVM_MEMMAP_TYPE_ACPI, 0 },
	};

	(void)state;
	fake_write(&memory, MAP, map, sizeof(map));
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_RAM_OVERLAP);
	assert_int_equal(bi->nr_ram, 4);
	assert_int_equal(bi->ram[0].start, 0x10000);
	assert_int_equal(bi->ram[0].end, MIB(1));
	assert_int_equal(bi->ram[1].end, 0x200000);
	assert_int_equal(bi->ram[2].start, 0x201000);
	assert_int_equal(bi->ram[2].end, 0x300000);
	assert_int_equal(bi->ram[3].start, 0x301000);
}

static void test_no_ram_beside_the_image(void **state)
{
	static const struct hvm_memmap_table_entry map[] = {
		{ 0, KIB(64) + 4095, XEN_HVM_MEMMAP_TYPE_RAM, 0 },
		{ MIB(1), 0x5fff, XEN_HVM_MEMMAP_TYPE_RAM, 0 },
	};

	(void)state;
	fake_write(&memory, MAP, map, sizeof(map));
	info.memmap_entries = 2;
	assert_int_equal(run(), 0);
	assert_non_null(strstr(bi->error, "no RAM beside the image at 0x100000..0x105800"));
	/* What it was told is still there for the message. */
	assert_string_equal(bi->cmdline, "hello world");
}

static void test_command_lines(void **state)
{
	char *text = malloc(BOOT_CMDLINE_MAX + 1);

	(void)state;
	memset(text, 'x', BOOT_CMDLINE_MAX);
	text[BOOT_CMDLINE_MAX] = '\0';

	/* The longest that fits, placed so that it crosses page borders. */
	info.cmdline_paddr = fake_string(&memory, CMDLINE + 100, text + 1);
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, 0);
	assert_string_equal(bi->cmdline, text + 1);

	/* One more is cut. */
	info.cmdline_paddr = fake_string(&memory, CMDLINE + 100, text);
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_CMDLINE_TRUNCATED);
	assert_string_equal(bi->cmdline, text + 1);

	/* Without an end before readable memory ends (which is inside a page). */
	memory.size = SIZE - 9;
	info.cmdline_paddr = fake_write(&memory, BASE + SIZE - 9 - 20, text, 20);
	assert_int_equal(run(), 0);
	memory.size = SIZE;
	assert_int_equal(bi->warnings, BOOT_WARN_CMDLINE_TRUNCATED);
	assert_int_equal(strlen(bi->cmdline), 20);

	/* Ending with the last readable byte. */
	info.cmdline_paddr = fake_string(&memory, BASE + SIZE - 6, "fence");
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, 0);
	assert_string_equal(bi->cmdline, "fence");

	info.cmdline_paddr = GIB(5);
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_CMDLINE_UNREADABLE);
	assert_string_equal(bi->cmdline, "");
	info.cmdline_paddr = UINT64_MAX;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_CMDLINE_UNREADABLE);
	info.cmdline_paddr = 0;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, 0);
	assert_string_equal(bi->cmdline, "");
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_typical),
		TEST(test_newer_version),
		TEST(test_version_0_has_no_map),
		TEST(test_no_map_entries),
		TEST(test_bad_magic),
		TEST(test_unreadable_info),
		TEST(test_lying_count),
		TEST(test_endless_map),
		TEST(test_map_unreadable),
		TEST(test_reserved_wins),
		TEST(test_no_ram_beside_the_image),
		TEST(test_command_lines),
	};

	return cmocka_run_group_tests_name("pvh", tests, NULL, NULL);
}
