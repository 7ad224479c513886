/* sources: kvm/acpi.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The parsers of ACPI tables, on good tables and on hostile ones. Tables are handed out in blocks
 * of exactly the size asked for, so that the sanitizer sees a byte too far. */
#include "tests/unit/host_stubs.h"

#include <stdlib.h>
#include <string.h>

#include "kvm/acpi.h"
#include "tests/unit/acpi_image.h"

static uint8_t image[IMAGE_SIZE];
static phys_t image_at; /* physical address of image[0] */
static void *given[4096];
static unsigned nr_given;

static const void *map(void *ctx, phys_t pa, size_t size)
{
	void *copy;

	assert_ptr_equal(ctx, image);
	assert_true(size > 0 && size <= 1 << 20);
	if (pa < image_at || pa - image_at > IMAGE_SIZE || size > IMAGE_SIZE - (pa - image_at))
		return NULL;
	assert_true(nr_given < 4096);
	copy = given[nr_given++] = malloc(size);
	assert_non_null(copy);
	memcpy(copy, image + (pa - image_at), size);
	return copy;
}

static const struct acpi_memory memory = { map, image };

static int setup(void **state)
{
	(void)state;
	image_at = 0;
	image_pc(image);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	while (nr_given)
		free(given[--nr_given]);
	return 0;
}

static void test_pc(void **state)
{
	struct acpi_power power;

	(void)state;
	assert_true(acpi_read_power(&memory, IMAGE_RSDP, &power));
	assert_false(power.hardware_reduced);
	assert_int_equal(power.pm1a_control.address, 0x604);
	assert_int_equal(power.pm1a_control.space, ACPI_SPACE_IO);
	assert_int_equal(power.pm1b_control.address, 0);
	assert_int_equal(power.sleep_control.address, 0);
	assert_int_equal(power.pm_timer.address, 0x608);
	assert_false(power.pm_timer_32);
	assert_int_equal(power.reset.address, 0xcf9);
	assert_int_equal(power.reset_value, 0x0f);
	assert_true(power.has_s5);
	assert_int_equal(power.s5_type_a, 5);
	assert_int_equal(power.s5_type_b, 1);
}

static void test_hardware_reduced(void **state)
{
	struct acpi_power power;

	(void)state;
	image_put(image, IMAGE_FADT + 112, 1 << 20, 4);
	image_put(image, IMAGE_FADT + 64, 0, 4);
	image[IMAGE_FADT + 244] = ACPI_SPACE_MEMORY;
	image_put(image, IMAGE_FADT + 248, 0xfea00200, 8);
	image_table(image, IMAGE_FADT, "FACP", FADT_SIZE);
	assert_true(acpi_read_power(&memory, IMAGE_RSDP, &power));
	assert_true(power.hardware_reduced);
	assert_int_equal(power.sleep_control.address, 0xfea00200);
	assert_int_equal(power.sleep_control.space, ACPI_SPACE_MEMORY);
	assert_int_equal(power.pm1a_control.address, 0);
	assert_int_equal(power.reset.address, 0);
}

static void test_extended_fields_win(void **state)
{
	struct acpi_power power;

	(void)state;
	image[IMAGE_FADT + 172] = ACPI_SPACE_IO;
	image_put(image, IMAGE_FADT + 176, 0xb004, 8);
	image_put(image, IMAGE_FADT + 140, IMAGE_DSDT, 8);
	image_put(image, IMAGE_FADT + 40, 0, 4);
	image_table(image, IMAGE_FADT, "FACP", FADT_SIZE);
	assert_true(acpi_read_power(&memory, IMAGE_RSDP, &power));
	assert_int_equal(power.pm1a_control.address, 0xb004);
	assert_true(power.has_s5);
	/* What is no port, or lies in a space that nobody here can reach, is not there. */
	image_put(image, IMAGE_FADT + 176, 0x10000, 8);
	image[IMAGE_FADT + 116] = 2; /* PCI configuration space */
	image_table(image, IMAGE_FADT, "FACP", FADT_SIZE);
	assert_true(acpi_read_power(&memory, IMAGE_RSDP, &power));
	assert_int_equal(power.pm1a_control.address, 0x604);
	assert_int_equal(power.reset.address, 0);
}

static void test_old_revision_uses_the_rsdt(void **state)
{
	struct acpi_power power;

	(void)state;
	image[IMAGE_RSDP + 15] = 0;
	image_checksum(image, IMAGE_RSDP, 20, IMAGE_RSDP + 8);
	memset(image + IMAGE_XSDT, 0, 52);
	/* A FADT of ACPI 1.0 ends before the reset register. */
	image_table(image, IMAGE_FADT, "FACP", 116);
	assert_true(acpi_read_power(&memory, IMAGE_RSDP, &power));
	assert_int_equal(power.pm1a_control.address, 0x604);
	assert_int_equal(power.reset.address, 0);
}

static void test_broken_xsdt_falls_back(void **state)
{
	struct acpi_power power;

	(void)state;
	image[IMAGE_XSDT + 36]++;
	assert_true(acpi_read_power(&memory, IMAGE_RSDP, &power));
}

static void test_broken_tables_are_absent(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		unsigned n;
	} damage[] = {
		{ IMAGE_RSDP, 'r', 1 },         { IMAGE_RSDP + 16, 0, 4 },
		{ IMAGE_FADT, 'X', 1 },         { IMAGE_FADT + 4, 0, 4 },
		{ IMAGE_FADT + 4, 35, 4 },      { IMAGE_FADT + 4, 0xffffffff, 4 },
		{ IMAGE_FADT + 4, 1 << 20, 4 }, { IMAGE_FADT + 64, 0x605, 4 },
	};
	struct acpi_power power;

	(void)state;
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		image_pc(image);
		image_put(image, damage[i].at, damage[i].value, damage[i].n);
		assert_false(acpi_read_power(&memory, IMAGE_RSDP, &power));
	}
	assert_false(acpi_read_power(&memory, 0, &power));
	assert_false(acpi_read_power(&memory, IMAGE_SIZE - 10, &power));
	assert_false(acpi_read_power(&memory, UINT64_MAX, &power));
}

static void test_lists_that_lie(void **state)
{
	struct acpi_power power;

	(void)state;
	/* Longer than what is there, or leading in circles. */
	image_table(image, IMAGE_XSDT, "XSDT", 37);
	image_table(image, IMAGE_RSDT, "RSDT", 39);
	assert_false(acpi_read_power(&memory, IMAGE_RSDP, &power));
	image_put(image, IMAGE_RSDT + 36, IMAGE_RSDT, 4);
	image_table(image, IMAGE_RSDT, "RSDT", 40);
	assert_false(acpi_read_power(&memory, IMAGE_RSDP, &power));
}

static void test_search(void **state)
{
	(void)state;
	assert_int_equal(acpi_find_rsdp(&memory), 0);
	image_at = 0xe0000;
	assert_int_equal(acpi_find_rsdp(&memory), 0); /* the whole area is not there */
}

static uint8_t low_memory[0x100000];

static const void *map_low(void *ctx, phys_t pa, size_t size)
{
	(void)ctx;
	return pa + size <= sizeof(low_memory) ? low_memory + pa : NULL;
}

static void test_search_in_low_memory(void **state)
{
	static const struct acpi_memory low = { map_low, NULL };

	(void)state;
	memset(low_memory, 0, sizeof(low_memory));
	assert_int_equal(acpi_find_rsdp(&low), 0);
	memcpy(low_memory + 0xffff0, "RSD PTR ", 8); /* cut by the end */
	assert_int_equal(acpi_find_rsdp(&low), 0);
	memcpy(low_memory + 0xf5aa8, image + IMAGE_RSDP, 36); /* not on 16 bytes */
	assert_int_equal(acpi_find_rsdp(&low), 0);
	memcpy(low_memory + 0xf5ab0, image + IMAGE_RSDP, 36);
	assert_int_equal(acpi_find_rsdp(&low), 0xf5ab0);
	low_memory[0x40e] = 0xc0;
	low_memory[0x40f] = 0x9f;
	assert_int_equal(acpi_find_rsdp(&low), 0xf5ab0);
	memcpy(low_memory + 0x9fc20, image + IMAGE_RSDP, 36);
	assert_int_equal(acpi_find_rsdp(&low), 0x9fc20);
}

static bool s5(const char *aml, size_t len, uint8_t *a, uint8_t *b)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool found;

	assert_non_null(copy);
	memcpy(copy, aml, len);
	found = acpi_find_s5(copy, len, a, b);
	free(copy);
	return found;
}
#define S5(text) s5(text, sizeof(text) - 1, &a, &b)

static void test_s5_shapes(void **state)
{
	uint8_t a, b;

	(void)state;
	assert_true(S5("\x08_S5_\x12\x0a\x04\x0a\x05\x0a\x06\x00\x00"));
	assert_int_equal(a, 5);
	assert_int_equal(b, 6);
	assert_true(S5("\x08\\_S5_\x12\x06\x04\x00\x01\x00\x00"));
	assert_int_equal(a, 0);
	assert_int_equal(b, 1);
	assert_true(
		S5("\x08_S5_\x12\x46\x01\x04\x0b\x07\x00\x0c\x03\x00\x00\x00")); /* longer encodings */
	assert_int_equal(a, 7);
	assert_int_equal(b, 3);
	assert_true(S5("\x08_S5_\x12\x03\x01\x0a\x07")); /* one element */
	assert_int_equal(b, 7);
	assert_false(S5(""));
	assert_false(S5("_S5_"));
	assert_false(S5("\x08_S5_"));
	assert_false(S5("\x08_S5_\x12"));
	assert_false(S5("\x08_S5_\x12\xc6"));
	assert_false(S5("\x08_S5_\x12\x06"));
	assert_false(S5("\x08_S5_\x12\x06\x04"));
	assert_false(S5("\x08_S5_\x12\x06\x04\x0a"));
	assert_false(S5("\x08_S5_\x12\x06\x04\x0c\x05\x00\x00"));
	assert_false(S5("\x08_S5_\x12\x06\x04\x0a\x08\x00\x00")); /* three bits at most */
	assert_false(S5("\x08_S5_\x11\x06\x04\x00\x00\x00\x00"));
	assert_false(S5("\x08_S5_\x12\x06\x04_S4_"));
	assert_false(S5("x_S5_\x12\x06\x04\x00\x00\x00\x00"));
	assert_false(S5("\\_S5_\x12\x06\x04\x00\x00\x00\x00"));
}

static void test_random_damage(void **state)
{
	struct acpi_power power;
	unsigned found = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		static const size_t tables[] = { IMAGE_RSDP, IMAGE_RSDT, IMAGE_XSDT, IMAGE_FADT,
			                             IMAGE_DSDT };
		size_t at = tables[host_random_below(5)];

		image_pc(image);
		image[at + host_random_below(64)] = (uint8_t)host_random();
		/* With checksums that are right again, so that damage gets further in. */
		image_checksum(image, IMAGE_RSDP, 20, IMAGE_RSDP + 8);
		image_checksum(image, IMAGE_RSDP, 36, IMAGE_RSDP + 32);
		image_checksum(image, at, image[at + 4], at + 9);
		found += acpi_read_power(&memory, IMAGE_RSDP, &power);
		teardown(NULL);
	}
	assert_in_range(found, 5000, 19999);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_pc),
		TEST(test_hardware_reduced),
		TEST(test_extended_fields_win),
		TEST(test_old_revision_uses_the_rsdt),
		TEST(test_broken_xsdt_falls_back),
		TEST(test_broken_tables_are_absent),
		TEST(test_lists_that_lie),
		TEST(test_search),
		TEST(test_search_in_low_memory),
		TEST(test_s5_shapes),
		TEST(test_random_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
