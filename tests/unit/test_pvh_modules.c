/* sources: boot/pvh.c boot/boot.c boot/memmap.c lib/fmt.c */
// SPDX-License-Identifier: BSD-2-Clause
/* PVH start info: modules, good and bad, and any byte wrong. */
#include "tests/unit/pvh_fixture.h"

static void modules(const struct hvm_modlist_entry *list, uint32_t n)
{
	info.nr_modules = n;
	info.modlist_paddr = fake_write(&memory, MODULES, list, n * sizeof(*list));
}

static void test_modules(void **state)
{
	const struct hvm_modlist_entry list[] = {
		{ MIB(2) + 0x10, 0x1234, fake_string(&memory, 0x6000, "initrd a b"), 0 },
		{ MIB(3), 0x1000, 0, 0 },
		{ MIB(5), 0x800, GIB(9), 0 },
	};

	(void)state;
	modules(list, 3);
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_CMDLINE_UNREADABLE);
	assert_int_equal(bi->nr_modules, 3);
	assert_int_equal(bi->modules[0].range.start, MIB(2) + 0x10);
	assert_int_equal(bi->modules[0].range.end, MIB(2) + 0x1244);
	assert_string_equal(bi->modules[0].name, "initrd a b");
	assert_string_equal(bi->modules[1].name, "");
	assert_string_equal(bi->modules[2].name, "");
	assert_int_equal(bi->nr_ram, 5);
	assert_int_equal(bi->ram[1].end, MIB(2));
	assert_int_equal(bi->ram[2].start, MIB(2) + 0x2000);
}

static void test_bad_modules(void **state)
{
	static const struct hvm_modlist_entry list[] = {
		{ MIB(1) + 0x57ff, 0x1000, 0, 0 }, /* over the image's last byte */
		{ 0xffff0, 0x20, 0, 0 },           /* half outside RAM */
		{ GIB(8), 0x1000, 0, 0 },          /* no RAM at all */
		{ MIB(2), 0x2000, 0, 0 },          /* good */
		{ MIB(2) + 0x1fff, 1, 0, 0 },      /* inside the good one */
		{ MIB(4), UINT64_MAX, 0, 0 },      /* wraps */
		{ MIB(4), 0, 0, 0 },               /* empty */
		{ MIB(1) + 0x5800, 0x800, 0, 0 },  /* right behind the image: good */
	};

	(void)state;
	modules(list, ARRAY_SIZE(list));
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_MODULE_INVALID);
	assert_int_equal(bi->nr_modules, 2);
	assert_int_equal(bi->modules[0].range.start, MIB(2));
	assert_int_equal(bi->modules[1].range.start, MIB(1) + 0x5800);
}

static void test_too_many_modules(void **state)
{
	struct hvm_modlist_entry list[BOOT_MODULES_MAX + 3];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = (struct hvm_modlist_entry){ MIB(2 + i), 0x1000, 0, 0 };
	modules(list, BOOT_MODULES_MAX);
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, 0);
	assert_int_equal(bi->nr_modules, BOOT_MODULES_MAX);
	modules(list, BOOT_MODULES_MAX + 1);
	info.nr_modules = UINT32_MAX;
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_MODULE_DROPPED);
	assert_int_equal(bi->nr_modules, BOOT_MODULES_MAX);
}

static void test_module_list_unreadable(void **state)
{
	static const phys_t places[] = { 0, BASE + SIZE - 31, UINT64_MAX - 31, UINT64_MAX };

	(void)state;
	info.nr_modules = 2;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		info.modlist_paddr = places[i];
		assert_int_equal(run(), 0);
		assert_int_equal(bi->warnings, BOOT_WARN_INFO_TRUNCATED);
		assert_int_equal(bi->nr_modules, 0);
		check_ram();
	}
}

static void test_long_module_names(void **state)
{
	struct hvm_modlist_entry list[3];
	char text[600];

	(void)state;
	memset(text, 'n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned i = 0; i < 3; i++)
		list[i] =
			(struct hvm_modlist_entry){ MIB(2 + i), 0x1000, fake_string(&memory, 0x6000, text), 0 };
	modules(list, 3);
	assert_int_equal(run(), 0);
	assert_int_equal(bi->warnings, BOOT_WARN_CMDLINE_TRUNCATED);
	assert_string_equal(bi->modules[0].name, text);
	assert_int_equal(strlen(bi->modules[1].name), sizeof(bi->strings) - 1 - sizeof(text) - 1);
	assert_string_equal(bi->modules[2].name, "");
}

/* Clobbering every byte of the structures in turn never leads to nonsense. */
static void test_any_byte_wrong(void **state)
{
	static const struct hvm_modlist_entry list[] = { { MIB(2), 0x1000, CMDLINE, 0 } };
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
	static const struct {
		phys_t at;
		size_t size;
	} parts[] = { { INFO, sizeof(info) }, { MAP, 4 * 24 }, { MODULES, sizeof(list) } };

	(void)state;
	modules(list, 1);
	assert_int_equal(run(), 0);
	for (size_t part = 0; part < ARRAY_SIZE(parts); part++) {
		for (size_t i = 0; i < parts[part].size; i++) {
			uint8_t *byte = memory.bytes + (parts[part].at - BASE) + i, old = *byte;

			for (size_t v = 0; v < sizeof(values); v++) {
				*byte = values[v];
				boot_begin(&parse, bi, BOOT_PROTOCOL_PVH, 0);
				pvh_parse(&parse, INFO);
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
		TEST(test_modules),           TEST(test_bad_modules),
		TEST(test_too_many_modules),  TEST(test_module_list_unreadable),
		TEST(test_long_module_names), TEST(test_any_byte_wrong),
	};

	return cmocka_run_group_tests_name("pvh_modules", tests, NULL, NULL);
}
