/* SPDX-License-Identifier: BSD-2-Clause */
/* A small physical memory with ACPI tables in it, for tests and the fuzz target's corpus. */
#ifndef PAGURUS_TESTS_ACPI_IMAGE_H
#define PAGURUS_TESTS_ACPI_IMAGE_H

#include <stdint.h>
#include <string.h>

#define IMAGE_SIZE 0x8000
#define IMAGE_RSDP 0x1000
#define IMAGE_RSDT 0x2000
#define IMAGE_XSDT 0x2800
#define IMAGE_FADT 0x3000
#define IMAGE_DSDT 0x4000
#define IMAGE_MADT 0x5000
#define FADT_SIZE 276

static inline void image_put(uint8_t *image, size_t at, uint64_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		image[at + i] = (uint8_t)(value >> (8 * i));
}

/* Makes the n bytes at at sum up to 0 through the byte at sum_at. */
static inline void image_checksum(uint8_t *image, size_t at, size_t n, size_t sum_at)
{
	uint8_t sum = 0;

	image[sum_at] = 0;
	for (size_t i = 0; i < n; i++)
		sum += image[at + i];
	image[sum_at] = (uint8_t)-sum;
}

static inline void image_table(uint8_t *image, size_t at, const char *signature, size_t length)
{
	memcpy(image + at, signature, 4);
	image_put(image, at + 4, length, 4);
	image_checksum(image, at, length, at + 9);
}

/* What QEMU's q35 has: revision 2 root pointer, PM1a at port 0x604, S5 = { 0, 0, 0, 0 }. */
static inline void image_pc(uint8_t *image)
{
	static const uint8_t aml[] = { 0x10, 0x05, '_',  'S',  '5',  '_',  0x08, '_',  'S', '5',
		                           '_',  0x12, 0x06, 0x04, 0x0a, 0x05, 0x01, 0x00, 0x00 };

	memset(image, 0, IMAGE_SIZE);
	memcpy(image + IMAGE_DSDT + 36, aml, sizeof(aml));
	image_table(image, IMAGE_DSDT, "DSDT", 36 + sizeof(aml));

	image_put(image, IMAGE_FADT + 40, IMAGE_DSDT, 4);
	image_put(image, IMAGE_FADT + 64, 0x604, 4);
	image_put(image, IMAGE_FADT + 76, 0x608, 4);
	image_put(image, IMAGE_FADT + 112, 1 << 10, 4); /* RESET_REG_SUP */
	image[IMAGE_FADT + 116] = 1;                    /* reset register: port 0xcf9 */
	image_put(image, IMAGE_FADT + 120, 0xcf9, 8);
	image[IMAGE_FADT + 128] = 0x0f;
	image_table(image, IMAGE_FADT, "FACP", FADT_SIZE);

	image_put(image, IMAGE_RSDT + 36, IMAGE_FADT, 4);
	image_table(image, IMAGE_RSDT, "RSDT", 40);
	image_put(image, IMAGE_XSDT + 36, 0xdead0000, 8); /* a table that is not there */
	image_put(image, IMAGE_XSDT + 44, IMAGE_FADT, 8);
	image_table(image, IMAGE_XSDT, "XSDT", 52);

	memcpy(image + IMAGE_RSDP, "RSD PTR ", 8);
	image[IMAGE_RSDP + 15] = 2;
	image_put(image, IMAGE_RSDP + 16, IMAGE_RSDT, 4);
	image_put(image, IMAGE_RSDP + 20, 36, 4);
	image_put(image, IMAGE_RSDP + 24, IMAGE_XSDT, 8);
	image_checksum(image, IMAGE_RSDP, 20, IMAGE_RSDP + 8);
	image_checksum(image, IMAGE_RSDP, 36, IMAGE_RSDP + 32);
}

/* Adds the list of CPUs: three local APICs, the second of which cannot be used, an I/O APIC, and an
 * x2APIC. */
static inline void image_madt(uint8_t *image)
{
	static const uint8_t entries[] = {
		0, 8,  0, 0, 1, 0, 0, 0,                         /* local APIC, enabled */
		0, 8,  1, 1, 0, 0, 0, 0,                         /* not enabled */
		1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,             /* I/O APIC */
		0, 8,  2, 2, 1, 0, 0, 0,                         /* enabled */
		9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, /* x2APIC 256, enabled */
	};

	memcpy(image + IMAGE_MADT + 44, entries, sizeof(entries));
	image_table(image, IMAGE_MADT, "APIC", 44 + sizeof(entries));
	image_put(image, IMAGE_XSDT + 36, IMAGE_MADT, 8);
	image_table(image, IMAGE_XSDT, "XSDT", 52);
}

#endif
