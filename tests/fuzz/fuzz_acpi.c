/* sources: kvm/acpi.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The whole walk through ACPI tables over a memory that is the input. Checksums are put right where
 * the first byte asks for it, or the fuzzer would spend its time guessing them. */
#include <stdlib.h>
#include <string.h>

#include "kvm/acpi.h"
#include "tests/unit/acpi_image.h"

static uint8_t image[IMAGE_SIZE];

static const void *map(void *ctx, phys_t pa, size_t size)
{
	(void)ctx;
	if (pa > IMAGE_SIZE || size > IMAGE_SIZE - pa)
		return NULL;
	return image + pa;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t tables[] = { IMAGE_RSDT, IMAGE_XSDT, IMAGE_FADT, IMAGE_DSDT,
		                             IMAGE_MADT };
	const struct acpi_memory memory = { map, NULL };
	struct acpi_power power;
	uint8_t a, b, *aml;

	aml = malloc(size + 1);
	if (!aml)
		abort();
	memcpy(aml, data, size);
	if (acpi_find_s5(aml, size, &a, &b) && (a > 7 || b > 7))
		abort();
	free(aml);

	/* The input is a list of changes to good tables: where (2 bytes), what. */
	image_pc(image);
	image_madt(image);
	for (size_t i = 1; i + 3 <= size; i += 3)
		image[(data[i] | data[i + 1] << 8) % IMAGE_SIZE] = data[i + 2];
	if (size && data[0] & 1) {
		image_checksum(image, IMAGE_RSDP, 20, IMAGE_RSDP + 8);
		image_checksum(image, IMAGE_RSDP, 36, IMAGE_RSDP + 32);
		for (size_t i = 0; i < 5; i++) {
			size_t length = image[tables[i] + 4] | image[tables[i] + 5] << 8;

			if (length >= 36 && length <= IMAGE_SIZE - tables[i])
				image_checksum(image, tables[i], length, tables[i] + 9);
		}
	}
	if (acpi_read_power(&memory, IMAGE_RSDP, &power) && power.has_s5 && power.s5_type_a > 7)
		abort();
	if (acpi_count_cpus(&memory, IMAGE_RSDP) > IMAGE_SIZE / 8)
		abort();
	acpi_find_rsdp(&memory);
	return 0;
}
