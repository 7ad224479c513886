/* SPDX-License-Identifier: BSD-2-Clause */
/* The little of ACPI that a machine needs: finding tables, the FADT's registers and the sleep type of
 * S5 for switching it off, and the number of its CPUs. Pure: memory is seen only through struct acpi_memory, and nothing in it
 * is believed. Section numbers are those of the ACPI specification, version 6.4. */
#ifndef PAGURUS_KVM_ACPI_H
#define PAGURUS_KVM_ACPI_H

#include "include/types.h"

/* A way to read physical memory: map(ctx, pa, size) gives size bytes at pa, NULL where they cannot
 * be read. What it gave stays good. */
struct acpi_memory {
	const void *(*map)(void *ctx, phys_t pa, size_t size);
	void *ctx;
};

enum acpi_space {
	ACPI_SPACE_MEMORY = 0,
	ACPI_SPACE_IO = 1
}; /* of a generic address, 5.2.3.2 */

struct acpi_register {
	uint64_t address; /* 0: there is no such register */
	uint8_t space;    /* enum acpi_space */
};

struct acpi_power {
	bool hardware_reduced;             /* no PM1 registers: sleep_control instead */
	struct acpi_register pm1a_control; /* 4.8.3.2.1, 16 bits */
	struct acpi_register pm1b_control;
	struct acpi_register sleep_control; /* 4.8.3.7, 8 bits */
	struct acpi_register reset;         /* 4.8.3.6, 8 bits */
	uint8_t reset_value;
	struct acpi_register pm_timer; /* 4.8.3.3, 3.579545 MHz */
	bool pm_timer_32;              /* it counts 32 bits, else 24 */
	bool has_s5;
	uint8_t s5_type_a, s5_type_b; /* SLP_TYP of \_S5, 7.4.2.6 */
};

/* Looks for the root pointer where a PC's firmware puts it (5.2.5.1). 0: not there. */
phys_t acpi_find_rsdp(const struct acpi_memory *memory);

/* Finds the table called signature (4 bytes) that rsdp leads to. Returns its address and *length,
 * header included; NULL where there is none that is whole and has the right checksum. */
const uint8_t *acpi_find_table(const struct acpi_memory *memory, phys_t rsdp, const char *signature,
                               size_t *length);

/* Counts the CPUs that the MADT (5.2.12) lists as usable; 0: there is no MADT. */
unsigned acpi_count_cpus(const struct acpi_memory *memory, phys_t rsdp);

/* Reads FADT and DSDT. Returns false where there is no FADT. */
bool acpi_read_power(const struct acpi_memory *memory, phys_t rsdp, struct acpi_power *power);

/* Finds \_S5's package in len bytes of AML. Returns false where it is not there or has not the shape
 * that every firmware gives it. */
bool acpi_find_s5(const uint8_t *aml, size_t len, uint8_t *type_a, uint8_t *type_b);

#endif
