/* sources: boot/multiboot2.c boot/boot.c boot/memmap.c lib/fmt.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Multiboot2 boot information that lies: sizes, ends and strings that are not what they say. */
#include "tests/unit/multiboot2_fixture.h"

static void test_bad_entry_size(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 23 };
	uint32_t meminfo[2] = { 640, 1024 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		phys_t at;

		next = INFO + 8;
		at = tag_map(map, ARRAY_SIZE(map), 24);
		fake_write(&memory, at + 8, &sizes[i], 4);
		end_tag();
		assert_int_equal(run(), -EINVAL);
		assert_non_null(strstr(bi->error, "describes no memory"));
		/* With the amount of memory told besides, that serves. */
		next -= 8;
		tag(MULTIBOOT2_TAG_TYPE_BASIC_MEMINFO, meminfo, sizeof(meminfo));
		end_tag();
		assert_int_equal(run(), 0);
		assert_int_equal(bi->warnings, BOOT_WARN_INFO_TRUNCATED);
		assert_int_equal(bi->ram[bi->nr_ram - 1].end, MIB(2));
	}
}

static void test_huge_entry_size(void **state)
{
	uint32_t huge = 0xfffffff8;
	phys_t at = tag_map(map, ARRAY_SIZE(map), 24);

	(void)state;
	fake_write(&memory, at + 8, &huge, 4);
	end_tag();
	assert_int_equal(run(), -EINVAL);
	assert_non_null(strstr(bi->error, "describes no memory"));
}

static void test_partial_entry(void **state)
{
	phys_t at = tag_map(map, ARRAY_SIZE(map), 24);
	uint32_t size = 16 + ARRAY_SIZE(map) * 24 - 8;

	(void)state;
	fake_write(&memory, at + 4, &size, 4);
	end_tag();
	assert_int_equal(run(), 0);
	assert_true(bi->warnings & BOOT_WARN_INFO_TRUNCATED);
	assert_int_equal(bi->ram[1].end, MIB(64)); /* the last entry is not there */
}

static void test_missing_end_tag(void **state)
{
	(void)state;
	tag_map(map, ARRAY_SIZE(map), 24);
	set_size((uint32_t)(next - INFO));
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_RAM_OVERLAP | BOOT_WARN_INFO_TRUNCATED);
	check_ram();
	/* Total size cuts the end tag in half. */
	end_tag();
	set_size((uint32_t)(next - INFO) - 1);
	assert_int_equal(run(), 0);
	assert_true(bi->warnings & BOOT_WARN_INFO_TRUNCATED);
}

static void test_total_size(void **state)
{
	static const uint32_t lies[] = { 0, 7, 8, 15 };

	(void)state;
	tag_map(map, ARRAY_SIZE(map), 24);
	end_tag();
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		set_size(lies[i]);
		assert_int_equal(run(), -EINVAL);
		assert_non_null(strstr(bi->error, "describes no memory"));
	}
	/* Too long does no harm: the end tag says where it ends. */
	set_size(UINT32_MAX);
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_RAM_OVERLAP);
	check_ram();
}

/* A tag that ends behind the total size is not taken, though it could be read. */
static void test_tag_beyond_total_size(void **state)
{
	(void)state;
	tag_map(map, ARRAY_SIZE(map), 24);
	tag_string(MULTIBOOT2_TAG_TYPE_CMDLINE, "beyond");
	set_size((uint32_t)(next - INFO) - 2);
	assert_int_equal(run(), 0);
	assert_true(bi->warnings & BOOT_WARN_INFO_TRUNCATED);
	assert_string_equal(bi->cmdline, "");
	check_ram();
}

static void test_bad_tag_sizes(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 7, 0x80000000, 0xfffffff8, UINT32_MAX };
	phys_t bad;

	(void)state;
	tag_map(map, ARRAY_SIZE(map), 24);
	bad = tag_string(MULTIBOOT2_TAG_TYPE_CMDLINE, "not seen");
	end_tag();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		fake_write(&memory, bad + 4, &sizes[i], 4);
		assert_int_equal(run(), 0);
		assert_true(bi->warnings & BOOT_WARN_INFO_TRUNCATED);
		assert_string_equal(bi->cmdline, "");
		check_ram();
	}
}

static void test_tags_too_short(void **state)
{
	static const uint32_t types[] = { 1, 2, 3, 4, 6, 14, 15 };

	(void)state;
	tag_map(map, ARRAY_SIZE(map), 24);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		tag(types[i], "", 0);
	end_tag();
	assert_int_equal(run(), 0);
	assert_true(bi->warnings & BOOT_WARN_INFO_TRUNCATED);
	assert_int_equal(bi->rsdp, 0);
	assert_int_equal(bi->nr_modules, 0);
	check_ram();
}

static void test_strings_without_end(void **state)
{
	(void)state;
	tag(MULTIBOOT2_TAG_TYPE_CMDLINE, "12345678", 8); /* the next tag follows at once */
	tag(MULTIBOOT2_TAG_TYPE_BOOT_LOADER_NAME, "abcdefgh", 8);
	tag(MULTIBOOT2_TAG_TYPE_MODULE, "\0\0\x20\0\0\x10\x20\0name....", 16);
	tag(MULTIBOOT2_TAG_TYPE_MODULE, "\0\0\x21\0\0\x10\x21\0", 8); /* no room for any name */
	tag_map(map, ARRAY_SIZE(map), 24);
	end_tag();
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_RAM_OVERLAP | BOOT_WARN_CMDLINE_TRUNCATED);
	assert_string_equal(bi->cmdline, "12345678");
	assert_string_equal(bi->loader, "abcdefgh");
	assert_int_equal(bi->nr_modules, 2);
	assert_string_equal(bi->modules[0].name, "name....");
	assert_string_equal(bi->modules[1].name, "");
}

static void test_unreadable(void **state)
{
	(void)state;
	tag_map(map, ARRAY_SIZE(map), 24);
	tag_string(MULTIBOOT2_TAG_TYPE_CMDLINE, "not readable");
	end_tag();
	/* Readable memory ends inside the command line. */
	memory.size = next - BASE - 16;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_RAM_OVERLAP | BOOT_WARN_INFO_TRUNCATED);
	assert_string_equal(bi->cmdline, "");
	check_ram();
	/* Inside the header. */
	memory.size = INFO + 7 - BASE;
	assert_int_equal(run(), -EINVAL);
	assert_non_null(strstr(bi->error, "cannot be read"));
}

static void test_too_many_tags(void **state)
{
	(void)state;
	/* As many small tags as fit, none of which is known; the map behind them is never reached
	 * where they are more than any loader makes. */
	while (next < BASE + SIZE - 1024)
		tag(1000, "", 0);
	tag_map(map, ARRAY_SIZE(map), 24);
	end_tag();
	assert_int_equal(run(), -EINVAL);
	assert_true(bi->warnings & BOOT_WARN_INFO_TRUNCATED);
}

static void test_any_byte_wrong(void **state)
{
	static const uint8_t values[] = { 0, 1, 7, 8, 0x7f, 0x80, 0xff };

	(void)state;
	tag_string(MULTIBOOT2_TAG_TYPE_CMDLINE, "one two");
	tag_module(0x200000, 0x201000, "initrd");
	tag(MULTIBOOT2_TAG_TYPE_ACPI_OLD, "RSD PTR ............", 20);
	tag_map(map, ARRAY_SIZE(map), 24);
	end_tag();
	assert_int_equal(run(), 0);
	for (phys_t at = INFO; at < next; at++) {
		uint8_t *byte = memory.bytes + (at - BASE), old = *byte;

		for (size_t v = 0; v < sizeof(values); v++) {
			*byte = values[v];
			run();
		}
		*byte = old;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bad_entry_size),  TEST(test_huge_entry_size), TEST(test_partial_entry),
		TEST(test_missing_end_tag), TEST(test_total_size),      TEST(test_tag_beyond_total_size),
		TEST(test_bad_tag_sizes),   TEST(test_tags_too_short),  TEST(test_strings_without_end),
		TEST(test_unreadable),      TEST(test_too_many_tags),   TEST(test_any_byte_wrong),
	};

	return cmocka_run_group_tests_name("multiboot2_lies", tests, NULL, NULL);
}
