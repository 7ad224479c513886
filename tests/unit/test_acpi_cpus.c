/* sources: kvm/acpi.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Counting the CPUs in the MADT, on a good one and on damaged ones. The table is handed out in a
 * block of exactly its size, so that the sanitizer sees a byte too far. */
#include "tests/unit/host_stubs.h"

#include <stdlib.h>
#include <string.h>

#include "kvm/acpi.h"
#include "tests/unit/acpi_image.h"

#define FIRST (IMAGE_MADT + 44) /* the first entry */

static uint8_t image[IMAGE_SIZE];
static void *given[64];
static unsigned nr_given;

static const void *map(void *ctx, phys_t pa, size_t size)
{
	(void)ctx;
	if (pa > IMAGE_SIZE || size > IMAGE_SIZE - pa)
		return NULL;
	assert_true(nr_given < 64);
	given[nr_given] = malloc(size);
	assert_non_null(given[nr_given]);
	memcpy(given[nr_given], image + pa, size);
	return given[nr_given++];
}

/* Of the table with its checksum put right. */
static unsigned count(void)
{
	static const struct acpi_memory memory = { map, NULL };
	size_t length = image[IMAGE_MADT + 4] | image[IMAGE_MADT + 5] << 8;
	unsigned cpus;

	if (length <= IMAGE_SIZE - IMAGE_MADT)
		image_checksum(image, IMAGE_MADT, length, IMAGE_MADT + 9);
	cpus = acpi_count_cpus(&memory, IMAGE_RSDP);
	while (nr_given)
		free(given[--nr_given]);
	return cpus;
}

static int setup(void **state)
{
	(void)state;
	image_pc(image);
	image_madt(image);
	return 0;
}

static void test_good(void **state)
{
	(void)state;
	assert_int_equal(count(), 3);
	image[FIRST + 4] = 0; /* not enabled */
	assert_int_equal(count(), 2);
	image[FIRST + 4] = 2; /* only "online capable" */
	assert_int_equal(count(), 2);
}

static void test_none(void **state)
{
	(void)state;
	memcpy(image + IMAGE_MADT, "APIX", 4);
	assert_int_equal(count(), 0);
	image_madt(image);
	image_put(image, IMAGE_MADT + 4, 36, 4); /* a header alone */
	assert_int_equal(count(), 0);
	image_put(image, IMAGE_MADT + 4, 45, 4); /* half of an entry's head */
	assert_int_equal(count(), 0);
}

static void test_entries_that_lie(void **state)
{
	(void)state;
	image[FIRST + 1] = 0; /* would never end */
	assert_int_equal(count(), 0);
	image[FIRST + 1] = 1;
	assert_int_equal(count(), 0);
	image[FIRST + 1] = 255; /* beyond the end */
	assert_int_equal(count(), 0);
	image[FIRST + 1] = 4; /* ends before its flags; then what follows is read as entries */
	image[FIRST + 5] = 4;
	assert_int_equal(count(), 2);
	image_madt(image);
	image_put(image, IMAGE_MADT + 4, 44 + 52 - 1, 4); /* the last one cut */
	assert_int_equal(count(), 2);
}

static void test_random_damage(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		setup(NULL);
		for (int k = 0; k < 3; k++)
			image[FIRST + host_random_below(52)] = (uint8_t)host_random();
		assert_in_range(count(), 0, 26);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_none),
		TEST(test_entries_that_lie),
		TEST(test_random_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
