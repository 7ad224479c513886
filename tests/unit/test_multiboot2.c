/* sources: boot/multiboot2.c boot/boot.c boot/memmap.c lib/fmt.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Multiboot2 boot information: tags in any order, of any size, true or not. */
#include "tests/unit/multiboot2_fixture.h"

static void test_typical(void **state)
{
	phys_t rsdp;
	uint32_t unknown[5] = { 1, 2, 3, 4, 5 };

	(void)state;
	tag_string(MULTIBOOT2_TAG_TYPE_CMDLINE, "one two");
	tag(21, unknown, 4); /* image load base */
	tag_string(MULTIBOOT2_TAG_TYPE_BOOT_LOADER_NAME, "GRUB 2.06-13+deb12u1");
	tag_module(0x200000, 0x201000, "initrd");
	tag(8, unknown, sizeof(unknown)); /* framebuffer */
	tag_map(map, ARRAY_SIZE(map), 24);
	rsdp = tag(MULTIBOOT2_TAG_TYPE_ACPI_OLD, "RSD PTR ............", 20);
	end_tag();
	assert_int_equal(run(), 0);
	assert_null(bi->error);
	assert_int_equal(bi->warnings, BOOT_WARN_RAM_OVERLAP); /* the ACPI entry lies in the RAM one */
	assert_int_equal(bi->protocol, BOOT_PROTOCOL_MULTIBOOT2);
	assert_int_equal(bi->version, 2);
	assert_int_equal(bi->tsc_entry, 5);
	assert_string_equal(bi->cmdline, "one two");
	assert_string_equal(bi->loader, "GRUB 2.06-13+deb12u1");
	assert_int_equal(bi->nr_modules, 1);
	assert_int_equal(bi->modules[0].range.start, 0x200000);
	assert_string_equal(bi->modules[0].name, "initrd");
	/* The copy of the RSDP stays what it is: its frame is nobody's RAM. */
	assert_int_equal(bi->rsdp, rsdp + 8);
	assert_int_equal(bi->nr_ram, 4);
	assert_int_equal(bi->ram[1].end, ALIGN_DOWN(rsdp, FRAME_SIZE));
	assert_int_equal(bi->ram[2].start, ALIGN_DOWN(rsdp, FRAME_SIZE) + FRAME_SIZE);
	assert_int_equal(bi->ram[2].end, 0x200000);
}

static void test_new_rsdp_wins(void **state)
{
	phys_t new_one;

	(void)state;
	for (int order = 0; order < 2; order++) {
		next = INFO + 8;
		if (order)
			tag(MULTIBOOT2_TAG_TYPE_ACPI_OLD, "RSD PTR ............", 20);
		new_one = tag(MULTIBOOT2_TAG_TYPE_ACPI_NEW, "RSD PTR ............................", 36);
		if (!order)
			tag(MULTIBOOT2_TAG_TYPE_ACPI_OLD, "RSD PTR ............", 20);
		tag_map(map, ARRAY_SIZE(map), 24);
		end_tag();
		assert_int_equal(run(), 0);
		assert_int_equal(bi->rsdp, new_one + 8);
	}
}

static void test_modules_before_the_map(void **state)
{
	(void)state;
	tag_module(0x300000, 0x301000, "");
	tag_module(0x105fff, 0x107000, "over the image");
	tag_module(0xf0000000, 0xf0000001, "not in RAM");
	tag_module(0x400000, 0x3ff000, "end below start");
	tag_module(0x300800, 0x302000, "over the first");
	tag_map(map, ARRAY_SIZE(map), 24);
	end_tag();
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_RAM_OVERLAP | BOOT_WARN_MODULE_INVALID);
	assert_int_equal(bi->nr_modules, 1);
	assert_string_equal(bi->modules[0].name, "");
}

static void test_longer_entries(void **state)
{
	(void)state;
	tag_map(map, ARRAY_SIZE(map), 40);
	end_tag();
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_RAM_OVERLAP);
	check_ram();
}

static void test_map_wins_over_meminfo(void **state)
{
	uint32_t meminfo[2] = { 640, 0x100000 };

	(void)state;
	tag(MULTIBOOT2_TAG_TYPE_BASIC_MEMINFO, meminfo, sizeof(meminfo));
	tag_map(map, ARRAY_SIZE(map), 24);
	end_tag();
	assert_int_equal(run(), 0);
	check_ram();
}

static void test_too_many_modules(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < BOOT_MODULES_MAX + 2; i++)
		tag_module((uint32_t)MIB(2 + i), (uint32_t)MIB(2 + i) + 1, "m");
	tag_map(map, ARRAY_SIZE(map), 24);
	end_tag();
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_RAM_OVERLAP | BOOT_WARN_MODULE_DROPPED);
	assert_int_equal(bi->nr_modules, BOOT_MODULES_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_typical),
		TEST(test_new_rsdp_wins),
		TEST(test_modules_before_the_map),
		TEST(test_longer_entries),
		TEST(test_map_wins_over_meminfo),
		TEST(test_too_many_modules),
	};

	return cmocka_run_group_tests_name("multiboot2", tests, NULL, NULL);
}
