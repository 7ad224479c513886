/* sources: boot/multiboot2.c boot/boot.c boot/memmap.c lib/fmt.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Multiboot2 boot information: tags in any order, of any size, true or not. */
#include "tests/unit/host_stubs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot/boot.h"
#include "boot/multiboot.h"
#include "tests/unit/fake_memory.h"

#define BASE 0x110000
#define SIZE 0x10000
#define INFO 0x110008

static struct fake_memory memory = { .base = BASE };
static const struct boot_memory accessor = { .read = fake_read, .ctx = &memory };
static const struct mem_range image = { MIB(1), MIB(1) + 0x6000 };
static struct boot_info *bi;
static struct boot_parse parse;
static phys_t next; /* where the next tag goes */

struct entry {
	uint64_t base, length;
	uint32_t type, reserved;
};

static const struct entry map[] = {
	{ MIB(1), MIB(63), 1, 0 },
	{ 0, 0x9fc00, 1, 0 },
	{ 0x9fc00, 0x400, 2, 0 },
	{ 0x3fff000, 0x1000, 3, 0 },
};

static int setup(void **state)
{
	(void)state;
	memory.bytes = calloc(1, SIZE);
	memory.size = SIZE;
	bi = malloc(sizeof(*bi));
	memset(bi, 0xa5, sizeof(*bi));
	next = INFO + 8;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(memory.bytes);
	free(bi);
	return 0;
}

/* Appends a tag. Returns its address. */
static phys_t tag(uint32_t type, const void *body, size_t size)
{
	struct multiboot2_tag head = { type, (uint32_t)(sizeof(head) + size) };
	phys_t at = next;

	fake_write(&memory, at, &head, sizeof(head));
	fake_write(&memory, at + sizeof(head), body, size);
	next += ALIGN_UP(head.size, 8u);
	return at;
}

static phys_t tag_string(uint32_t type, const char *text)
{
	return tag(type, text, strlen(text) + 1);
}

static phys_t tag_module(uint32_t start, uint32_t end, const char *name)
{
	uint8_t body[64];

	memcpy(body, &start, 4);
	memcpy(body + 4, &end, 4);
	memcpy(body + 8, name, strlen(name) + 1);
	return tag(MULTIBOOT2_TAG_TYPE_MODULE, body, 8 + strlen(name) + 1);
}

/* The map, with entries of entry_size bytes. */
static phys_t tag_map(const struct entry *entries, unsigned n, uint32_t entry_size)
{
	uint8_t body[8 + 64 * 8] = { 0 };

	memcpy(body, &entry_size, 4);
	for (unsigned i = 0; i < n; i++)
		memcpy(body + 8 + i * entry_size, &entries[i], sizeof(entries[i]));
	return tag(MULTIBOOT2_TAG_TYPE_MMAP, body, 8 + n * entry_size);
}

static void set_size(uint32_t size)
{
	fake_write(&memory, INFO, &size, sizeof(size));
}

static void end_tag(void)
{
	tag(MULTIBOOT2_TAG_TYPE_END, "", 0);
	set_size((uint32_t)(next - INFO));
}

static int run(void)
{
	int result;

	parse = (struct boot_parse){ .memory = &accessor, .image = image };
	boot_begin(&parse, bi, BOOT_PROTOCOL_MULTIBOOT2, 5);
	result = multiboot2_parse(&parse, INFO);
	boot_finish(&parse);
	assert_true(boot_info_sane(bi, image));
	return result;
}

static void check_ram(void)
{
	assert_int_equal(bi->nr_ram, 2);
	assert_int_equal(bi->ram[0].start, 0x10000);
	assert_int_equal(bi->ram[0].end, 0x9f000);
	assert_int_equal(bi->ram[1].start, 0x106000);
	assert_int_equal(bi->ram[1].end, 0x3fff000);
}

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
		TEST(test_typical),
		TEST(test_new_rsdp_wins),
		TEST(test_modules_before_the_map),
		TEST(test_longer_entries),
		TEST(test_bad_entry_size),
		TEST(test_huge_entry_size),
		TEST(test_partial_entry),
		TEST(test_map_wins_over_meminfo),
		TEST(test_missing_end_tag),
		TEST(test_total_size),
		TEST(test_tag_beyond_total_size),
		TEST(test_bad_tag_sizes),
		TEST(test_tags_too_short),
		TEST(test_strings_without_end),
		TEST(test_unreadable),
		TEST(test_too_many_modules),
		TEST(test_too_many_tags),
		TEST(test_any_byte_wrong),
	};

	return cmocka_run_group_tests_name("multiboot2", tests, NULL, NULL);
}
