/* sources: boot/multiboot.c boot/boot.c boot/memmap.c lib/fmt.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Multiboot 1 boot information: what QEMU and GRUB hand over, and what nobody should. */
#include "tests/unit/host_stubs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot/boot.h"
#include "boot/multiboot.h"
#include "tests/unit/fake_memory.h"

#define BASE 0x9000
#define SIZE 0x10000
#define INFO 0x9500
#define MAP 0x9700
#define MODULES 0xb000
#define LOADER 0xc000
#define CMDLINE 0xd000

#define FLAGS_MAP                                                                                  \
	(MULTIBOOT_INFO_MEM_MAP | MULTIBOOT_INFO_CMDLINE | MULTIBOOT_INFO_BOOT_LOADER_NAME)

static struct fake_memory memory = { .base = BASE };
static const struct boot_memory accessor = { .read = fake_read, .ctx = &memory };
static const struct mem_range image = { MIB(1), MIB(1) + 0x6000 };
static struct boot_info *bi;
static struct boot_parse parse;
static struct multiboot_info info;

static const struct multiboot_mmap_entry map[] = {
	{ 20, 0, 0x9fc00, 1 },          { 20, 0x9fc00, 0x400, 2 },     { 20, 0xf0000, 0x10000, 2 },
	{ 20, 0x100000, 0x7ee0000, 1 }, { 20, 0x7fe0000, 0x20000, 2 }, { 20, 0xfffc0000, 0x40000, 2 },
	{ 20, 0x100000000, 0x1000, 1 },
};

static int setup(void **state)
{
	(void)state;
	memory.bytes = calloc(1, SIZE);
	memory.size = SIZE;
	bi = malloc(sizeof(*bi));
	memset(bi, 0xa5, sizeof(*bi));
	info = (struct multiboot_info){
		.flags = FLAGS_MAP,
		.cmdline = (uint32_t)fake_string(&memory, CMDLINE, "/boot/pagurus one two"),
		.boot_loader_name = (uint32_t)fake_string(&memory, LOADER, "GRUB 2.06-13"),
		.mmap_addr = (uint32_t)fake_write(&memory, MAP, map, sizeof(map)),
		.mmap_length = sizeof(map),
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(memory.bytes);
	free(bi);
	return 0;
}

static int run(void)
{
	int result;

	parse = (struct boot_parse){ .memory = &accessor, .image = image };
	boot_begin(&parse, bi, BOOT_PROTOCOL_MULTIBOOT1, 99);
	fake_write(&memory, INFO, &info, sizeof(info));
	result = multiboot_parse(&parse, INFO);
	boot_finish(&parse);
	assert_true(boot_info_sane(bi, image));
	return result;
}

static void check_ram(void)
{
	assert_int_equal(bi->nr_ram, 3);
	assert_int_equal(bi->ram[0].start, 0x10000);
	assert_int_equal(bi->ram[0].end, 0x9f000);
	assert_int_equal(bi->ram[1].start, 0x106000);
	assert_int_equal(bi->ram[1].end, 0x7fe0000);
	assert_int_equal(bi->ram[2].start, 0x100000000);
	assert_int_equal(bi->ram[2].end, 0x100001000);
}

static void test_typical(void **state)
{
	(void)state;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, 0);
	assert_int_equal(bi->protocol, BOOT_PROTOCOL_MULTIBOOT1);
	assert_int_equal(bi->version, 1);
	assert_int_equal(bi->rsdp, 0);
	assert_string_equal(bi->loader, "GRUB 2.06-13");
	assert_string_equal(bi->cmdline, "/boot/pagurus one two");
	check_ram();
}

static void check_cmdline(const char *loader, const char *given, const char *expected)
{
	fake_string(&memory, LOADER, loader);
	fake_string(&memory, CMDLINE, given);
	assert_int_equal(run(), 0);
	assert_string_equal(bi->cmdline, expected);
}

static void test_kernel_file_name(void **state)
{
	(void)state;
	check_cmdline("qemu", "build/pagurus one two", "one two");
	check_cmdline("qemu", "build/pagurus   one", "one");
	check_cmdline("qemu", "build/pagurus ", "");
	check_cmdline("qemu", "build/pagurus", "");
	check_cmdline("qemu", "", "");
	check_cmdline("GNU GRUB 0.97", "/boot/pagurus one", "one");
	check_cmdline("iPXE 1.21.1", "pagurus one", "one");
	check_cmdline("GRUB 2.06", "one two", "one two");
	check_cmdline("", "one two", "one two");
	info.flags &= ~(uint32_t)MULTIBOOT_INFO_BOOT_LOADER_NAME;
	check_cmdline("qemu", "one two", "one two");
	assert_string_equal(bi->loader, "");
}

static void test_loader_name(void **state)
{
	(void)state;
	/* A long one is cut without complaint. */
	fake_string(&memory, LOADER, "a loader with a name of more than thirty-one bytes");
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, 0);
	assert_string_equal(bi->loader, "a loader with a name of more th");
	info.boot_loader_name = 0xffffffff;
	assert_int_equal(run(), 0);
	assert_string_equal(bi->loader, "");
}

static void test_flags_say_what_is_there(void **state)
{
	(void)state;
	info.flags = MULTIBOOT_INFO_MEM_MAP;
	info.mods_count = 3;
	info.mods_addr = 1;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, 0);
	assert_string_equal(bi->cmdline, "");
	assert_string_equal(bi->loader, "");
	assert_int_equal(bi->nr_modules, 0);
	check_ram();
}

static void test_longer_entries(void **state)
{
	phys_t at = MAP;

	(void)state;
	/* Each entry has 4 * i bytes more at its end. */
	for (unsigned i = 0; i < ARRAY_SIZE(map); i++) {
		struct multiboot_mmap_entry entry = map[i];

		memset(memory.bytes + (at - BASE), 0xff, 64);
		entry.size += 4 * i;
		fake_write(&memory, at, &entry, sizeof(entry));
		at += entry.size + 4;
	}
	info.mmap_length = (uint32_t)(at - MAP);
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, 0);
	check_ram();
}

static void test_bad_entry_sizes(void **state)
{
	static const uint32_t sizes[] = { 0, 19, 0xfffffffc, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct multiboot_mmap_entry entry = map[4];

		entry.size = sizes[i];
		fake_write(&memory, MAP + 4 * sizeof(entry), &entry, sizeof(entry));
		assert_int_equal(run(), 0);
		/* Too short: the list ends here. Too long: it is the last. */
		assert_int_equal(bi->warnings, sizes[i] < 20 ? BOOT_WARN_INFO_TRUNCATED : 0);
		assert_int_equal(bi->nr_ram, 2);
		assert_int_equal(bi->ram[1].end, 0x7fe0000);
	}
}

static void test_map_length(void **state)
{
	(void)state;
	/* Ends inside an entry. */
	info.mmap_length = sizeof(map) - 1;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_INFO_TRUNCATED);
	assert_int_equal(bi->nr_ram, 2);
	/* Longer than what is there: zeros are no entry. */
	info.mmap_length = UINT32_MAX;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_INFO_TRUNCATED);
	check_ram();
	/* Past what can be read. */
	memory.size = MAP - BASE + sizeof(map) + 10;
	info.flags = MULTIBOOT_INFO_MEM_MAP;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_INFO_TRUNCATED);
	check_ram();
	info.mmap_addr = 0xfffffff0;
	assert_int_equal(run(), 0);
	assert_non_null(strstr(bi->error, "no RAM"));
}

/* Entries without end: thousands, all readable, and more than anybody looks at. */
static void test_endless_map(void **state)
{
	struct fake_memory big = { .base = BASE, .size = 0x40000 };
	const struct boot_memory big_accessor = { .read = fake_read, .ctx = &big };
	uint32_t n = 0x30000 / sizeof(map[0]);

	(void)state;
	assert_true(n > BOOT_MAP_ENTRIES_MAX);
	big.bytes = calloc(1, big.size);
	for (uint32_t i = 0; i < n; i++) {
		struct multiboot_mmap_entry entry = { 20, MIB(1) + KIB(8) * i, KIB(4), 1 };

		fake_write(&big, MAP + i * sizeof(entry), &entry, sizeof(entry));
	}
	info.mmap_length = n * sizeof(map[0]);
	fake_write(&big, INFO, &info, sizeof(info));
	parse = (struct boot_parse){ .memory = &big_accessor, .image = image };
	boot_begin(&parse, bi, BOOT_PROTOCOL_MULTIBOOT1, 0);
	assert_int_equal(multiboot_parse(&parse, INFO), 0);
	boot_finish(&parse);
	assert_true(boot_info_sane(bi, image));
	assert_true(bi->warnings & BOOT_WARN_INFO_TRUNCATED);
	assert_true(bi->warnings & BOOT_WARN_RAM_DROPPED);
	free(big.bytes);
}

static void test_meminfo_fallback(void **state)
{
	(void)state;
	info.flags = MULTIBOOT_INFO_MEMORY;
	info.mem_lower = 639;
	info.mem_upper = 64 * 1024 - 1024;
	for (int empty_map = 0; empty_map < 2; empty_map++) {
		assert_int_equal(run(), 0);
		assert_int_equal(bi->warnings, 0);
		assert_int_equal(bi->nr_ram, 2);
		assert_int_equal(bi->ram[0].end, 0x9f000);
		assert_int_equal(bi->ram[1].start, 0x106000);
		assert_int_equal(bi->ram[1].end, MIB(64));
		info.flags |= MULTIBOOT_INFO_MEM_MAP;
		info.mmap_length = 0;
	}
	info.mem_lower = 0;
	info.mem_upper = UINT32_MAX;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->ram[0].end, MIB(1) + KIB(0xfffffffcUL)); /* whole frames */
	info.mem_upper = 0;
	assert_int_equal(run(), 0);
	assert_non_null(strstr(bi->error, "no RAM"));
}

static void test_no_memory_at_all(void **state)
{
	(void)state;
	info.flags = MULTIBOOT_INFO_CMDLINE;
	assert_int_equal(run(), -EINVAL);
	assert_non_null(strstr(bi->error, "describes no memory"));
	assert_string_equal(bi->cmdline, "/boot/pagurus one two");
}

static void test_unreadable_info(void **state)
{
	static const phys_t places[] = { 0, BASE - 1, BASE + SIZE - 67, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		boot_begin(&parse, bi, BOOT_PROTOCOL_MULTIBOOT1, 0);
		parse.memory = &accessor;
		parse.image = image;
		assert_int_equal(multiboot_parse(&parse, places[i]), -EINVAL);
		boot_finish(&parse);
		assert_non_null(strstr(bi->error, "cannot be read"));
		assert_true(boot_info_sane(bi, image));
	}
}

static void modules(const struct multiboot_mod_list *list, uint32_t n)
{
	info.flags |= MULTIBOOT_INFO_MODS;
	info.mods_count = n;
	info.mods_addr = (uint32_t)fake_write(&memory, MODULES, list, n * sizeof(*list));
}

static void test_modules(void **state)
{
	const struct multiboot_mod_list list[] = {
		{ 0x200000, 0x201234, (uint32_t)fake_string(&memory, 0xe000, "program arg"), 0 },
		{ 0x300000, 0x2fffff, 0, 0 },     /* end below start */
		{ 0x300000, 0x300000, 0, 0 },     /* empty */
		{ 0x105fff, 0x107000, 0, 0 },     /* over the image */
		{ 0xe0000000, 0xe0001000, 0, 0 }, /* not in RAM */
		{ 0x300000, 0x300001, 0, 0 },
	};

	(void)state;
	modules(list, ARRAY_SIZE(list));
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_MODULE_INVALID);
	assert_int_equal(bi->nr_modules, 2);
	assert_int_equal(bi->modules[0].range.end, 0x201234);
	assert_string_equal(bi->modules[0].name, "program arg");
	assert_int_equal(bi->modules[1].range.end, 0x300001);
	assert_string_equal(bi->modules[1].name, "");
}

static void test_lying_module_count(void **state)
{
	static const struct multiboot_mod_list list[] = { { 0x200000, 0x201000, 0, 0 } };

	(void)state;
	modules(list, 1);
	info.mods_count = UINT32_MAX;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_MODULE_DROPPED | BOOT_WARN_MODULE_INVALID);
	assert_int_equal(bi->nr_modules, 1);
	info.mods_addr = 0;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_INFO_TRUNCATED);
	info.mods_addr = 0xfffffff8;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_INFO_TRUNCATED);
}

static void test_any_byte_wrong(void **state)
{
	static const struct multiboot_mod_list list[] = { { 0x200000, 0x201000, CMDLINE, 0 } };
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
	static const struct {
		phys_t at;
		size_t size;
	} parts[] = { { INFO, sizeof(info) }, { MAP, sizeof(map) }, { MODULES, sizeof(list) } };

	(void)state;
	modules(list, 1);
	info.flags |= MULTIBOOT_INFO_MEMORY;
	assert_int_equal(run(), 0);
	for (size_t part = 0; part < ARRAY_SIZE(parts); part++) {
		for (size_t i = 0; i < parts[part].size; i++) {
			uint8_t *byte = memory.bytes + (parts[part].at - BASE) + i, old = *byte;

			for (size_t v = 0; v < sizeof(values); v++) {
				*byte = values[v];
				boot_begin(&parse, bi, BOOT_PROTOCOL_MULTIBOOT1, 0);
				multiboot_parse(&parse, INFO);
				boot_finish(&parse);
				assert_true(boot_info_sane(bi, image));
			}
			*byte = old;
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_typical),
		TEST(test_kernel_file_name),
		TEST(test_loader_name),
		TEST(test_flags_say_what_is_there),
		TEST(test_longer_entries),
		TEST(test_bad_entry_sizes),
		TEST(test_map_length),
		TEST(test_endless_map),
		TEST(test_meminfo_fallback),
		TEST(test_no_memory_at_all),
		TEST(test_unreadable_info),
		TEST(test_modules),
		TEST(test_lying_module_count),
		TEST(test_any_byte_wrong),
	};

	return cmocka_run_group_tests_name("multiboot", tests, NULL, NULL);
}
