/* SPDX-License-Identifier: BSD-2-Clause */
/* Parsers of ACPI tables. Every length is checked before it is used; a table that does not add up
 * is a table that is not there. */
#include "kvm/acpi.h"

#include "lib/string.h"

#define RSDP_ALIGN 16
#define RSDP_SIZE_1 20 /* revision 0 */
#define RSDP_SIZE_2 36
#define EBDA_POINTER 0x40e /* BIOS data area: segment of the extended one */
#define EBDA_SIZE 1024
#define BIOS_START 0xe0000
#define BIOS_SIZE 0x20000

#define HEADER_SIZE 36
#define TABLE_MAX (1 << 20)
#define ENTRIES_MAX 256 /* tables listed by one RSDT or XSDT */

/* Offsets in the FADT, table 5.9. */
enum {
	FADT_DSDT = 40,
	FADT_PM1A_CONTROL = 64,
	FADT_PM1B_CONTROL = 68,
	FADT_PM_TIMER = 76,
	FADT_FLAGS = 112,
	FADT_RESET = 116,
	FADT_RESET_VALUE = 128,
	FADT_X_DSDT = 140,
	FADT_X_PM1A_CONTROL = 172,
	FADT_X_PM1B_CONTROL = 184,
	FADT_X_PM_TIMER = 208,
	FADT_SLEEP_CONTROL = 244,
};
#define FADT_TMR_VAL_EXT BIT(8)
#define FADT_RESET_REG_SUP BIT(10)
#define FADT_HW_REDUCED_ACPI BIT(20)

/* The MADT, tables 5.19 to 5.22. */
#define MADT_ENTRIES 44
#define MADT_LOCAL_APIC 0
#define MADT_LOCAL_X2APIC 9
#define MADT_ENABLED BIT(0)

/* AML, 20.2. */
enum {
	AML_ZERO = 0x00,
	AML_ONE = 0x01,
	AML_NAME = 0x08,
	AML_BYTE = 0x0a,
	AML_WORD = 0x0b,
	AML_DWORD = 0x0c,
	AML_PACKAGE = 0x12,
};

static uint64_t read_bytes(const uint8_t *p, unsigned n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | p[n];
	return value;
}

/* Little-endian value of n bytes at offset; 0 beyond the table's end, as for a shorter revision. */
static uint64_t field(const uint8_t *table, size_t length, size_t offset, unsigned n)
{
	return offset + n <= length ? read_bytes(table + offset, n) : 0;
}

static bool checksum_ok(const uint8_t *p, size_t n)
{
	uint8_t sum = 0;

	while (n--)
		sum += *p++;
	return sum == 0;
}

static phys_t search_rsdp(const struct acpi_memory *memory, phys_t start, size_t size)
{
	const uint8_t *p = memory->map(memory->ctx, start, size);

	for (size_t at = 0; p && at + RSDP_SIZE_1 <= size; at += RSDP_ALIGN)
		if (memcmp(p + at, "RSD PTR ", 8) == 0 && checksum_ok(p + at, RSDP_SIZE_1))
			return start + at;
	return 0;
}

phys_t acpi_find_rsdp(const struct acpi_memory *memory)
{
	const uint8_t *pointer = memory->map(memory->ctx, EBDA_POINTER, 2);
	phys_t ebda = pointer ? read_bytes(pointer, 2) << 4 : 0;
	phys_t found = 0;

	if (ebda >= 0x400 && ebda < 0xa0000)
		found = search_rsdp(memory, ebda, EBDA_SIZE);
	return found ? found : search_rsdp(memory, BIOS_START, BIOS_SIZE);
}

/* Maps a whole table. */
static const uint8_t *map_table(const struct acpi_memory *memory, phys_t at, const char *signature,
                                size_t *length)
{
	const uint8_t *table = at ? memory->map(memory->ctx, at, HEADER_SIZE) : NULL;

	if (!table || memcmp(table, signature, 4) != 0)
		return NULL;
	*length = read_bytes(table + 4, 4);
	if (*length < HEADER_SIZE || *length > TABLE_MAX)
		return NULL;
	table = memory->map(memory->ctx, at, *length);
	return table && checksum_ok(table, *length) ? table : NULL;
}

/* Looks through an RSDT (width 4) or XSDT (width 8). */
static const uint8_t *find_in(const struct acpi_memory *memory, const uint8_t *root,
                              size_t root_length, unsigned width, const char *signature,
                              size_t *length)
{
	size_t entries = MIN((root_length - HEADER_SIZE) / width, (size_t)ENTRIES_MAX);

	for (size_t i = 0; i < entries; i++) {
		phys_t at = read_bytes(root + HEADER_SIZE + i * width, width);
		const uint8_t *table = map_table(memory, at, signature, length);

		if (table)
			return table;
	}
	return NULL;
}

const uint8_t *acpi_find_table(const struct acpi_memory *memory, phys_t rsdp, const char *signature,
                               size_t *length)
{
	const uint8_t *p = rsdp ? memory->map(memory->ctx, rsdp, RSDP_SIZE_1) : NULL;
	const uint8_t *root, *table = NULL;
	size_t root_length;

	if (!p || memcmp(p, "RSD PTR ", 8) != 0 || !checksum_ok(p, RSDP_SIZE_1))
		return NULL;
	if (p[15] >= 2) { /* revision: there is an XSDT */
		const uint8_t *p2 = memory->map(memory->ctx, rsdp, RSDP_SIZE_2);

		root = p2 && checksum_ok(p2, RSDP_SIZE_2)
		           ? map_table(memory, read_bytes(p2 + 24, 8), "XSDT", &root_length)
		           : NULL;
		if (root)
			table = find_in(memory, root, root_length, 8, signature, length);
	}
	if (!table) {
		root = map_table(memory, read_bytes(p + 16, 4), "RSDT", &root_length);
		if (root)
			table = find_in(memory, root, root_length, 4, signature, length);
	}
	return table;
}

/* An entry of the MADT: a local APIC (type 0) or x2APIC (type 9) of a CPU that can be used. */
static bool is_usable_cpu(const uint8_t *entry, size_t length)
{
	size_t flags = 0;

	if (entry[0] == MADT_LOCAL_APIC)
		flags = 4;
	else if (entry[0] == MADT_LOCAL_X2APIC)
		flags = 8;
	return flags && (field(entry, length, flags, 4) & MADT_ENABLED);
}

unsigned acpi_count_cpus(const struct acpi_memory *memory, phys_t rsdp)
{
	size_t length, step;
	const uint8_t *madt = acpi_find_table(memory, rsdp, "APIC", &length);
	unsigned count = 0;

	for (size_t at = MADT_ENTRIES; madt && at + 2 <= length; at += step) {
		step = madt[at + 1];
		if (step < 2 || step > length - at)
			break;
		count += is_usable_cpu(madt + at, step);
	}
	return count;
}

/* A generic address structure (5.2.3.2). */
static struct acpi_register generic_address(const uint8_t *table, size_t length, size_t offset)
{
	struct acpi_register r = {
		.space = (uint8_t)field(table, length, offset, 1),
		.address = field(table, length, offset + 4, 8),
	};

	if (r.space != ACPI_SPACE_MEMORY && (r.space != ACPI_SPACE_IO || r.address > 0xffff))
		r.address = 0;
	return r;
}

/* A register block: the extended field where it is filled in, else the old one, always a port. */
static struct acpi_register block(const uint8_t *table, size_t length, size_t extended, size_t old)
{
	struct acpi_register r = generic_address(table, length, extended);

	if (!r.address) {
		r.space = ACPI_SPACE_IO;
		r.address = field(table, length, old, 4);
		if (r.address > 0xffff)
			r.address = 0;
	}
	return r;
}

/* PkgLength, 20.2.4: how many bytes it takes at *p; 0: beyond the end. */
static size_t package_length_size(const uint8_t *p, size_t left)
{
	size_t n = left ? 1 + (p[0] >> 6) : 0;

	return n <= left ? n : 0;
}

/* An integer of a package; moves *p behind it. Returns false for anything else. */
static bool package_integer(const uint8_t **p, const uint8_t *end, uint8_t *value)
{
	static const uint8_t sizes[] = { [AML_BYTE] = 1, [AML_WORD] = 2, [AML_DWORD] = 4 };
	uint8_t op;

	if (*p == end)
		return false;
	op = *(*p)++;
	if (op == AML_ZERO || op == AML_ONE) {
		*value = op;
		return true;
	}
	if (op >= ARRAY_SIZE(sizes) || !sizes[op] || end - *p < sizes[op])
		return false;
	*value = **p; /* SLP_TYP has three bits */
	*p += sizes[op];
	return true;
}

/* NameOp has been found, the name is "_S5_" at p. */
static bool parse_s5(const uint8_t *p, const uint8_t *end, uint8_t *type_a, uint8_t *type_b)
{
	size_t n;

	p += 4;
	if (p == end || *p++ != AML_PACKAGE)
		return false;
	n = package_length_size(p, (size_t)(end - p));
	if (!n || (size_t)(end - p) < n + 1)
		return false;
	p += n + 1; /* PkgLength, NumElements */
	if (!package_integer(&p, end, type_a))
		return false;
	if (!package_integer(&p, end, type_b))
		*type_b = *type_a;
	return *type_a < 8 && *type_b < 8;
}

bool acpi_find_s5(const uint8_t *aml, size_t len, uint8_t *type_a, uint8_t *type_b)
{
	for (size_t i = 1; i + 4 <= len; i++) {
		if (memcmp(aml + i, "_S5_", 4) != 0)
			continue;
		/* Name (_S5_, ...) or Name (\_S5_, ...): not a mere mention of it. */
		if (aml[i - 1] != AML_NAME && (i < 2 || aml[i - 1] != '\\' || aml[i - 2] != AML_NAME))
			continue;
		if (parse_s5(aml + i, aml + len, type_a, type_b))
			return true;
	}
	return false;
}

bool acpi_read_power(const struct acpi_memory *memory, phys_t rsdp, struct acpi_power *power)
{
	size_t len, dsdt_len;
	const uint8_t *fadt = acpi_find_table(memory, rsdp, "FACP", &len), *dsdt;
	uint64_t flags;

	if (!fadt)
		return false;
	flags = field(fadt, len, FADT_FLAGS, 4);
	*power = (struct acpi_power){
		.hardware_reduced = flags & FADT_HW_REDUCED_ACPI,
		.pm1a_control = block(fadt, len, FADT_X_PM1A_CONTROL, FADT_PM1A_CONTROL),
		.pm1b_control = block(fadt, len, FADT_X_PM1B_CONTROL, FADT_PM1B_CONTROL),
		.sleep_control = generic_address(fadt, len, FADT_SLEEP_CONTROL),
		.pm_timer = block(fadt, len, FADT_X_PM_TIMER, FADT_PM_TIMER),
		.pm_timer_32 = flags & FADT_TMR_VAL_EXT,
	};
	if (flags & FADT_RESET_REG_SUP) {
		power->reset = generic_address(fadt, len, FADT_RESET);
		power->reset_value = (uint8_t)field(fadt, len, FADT_RESET_VALUE, 1);
	}
	dsdt = map_table(memory, field(fadt, len, FADT_X_DSDT, 8), "DSDT", &dsdt_len);
	if (!dsdt)
		dsdt = map_table(memory, field(fadt, len, FADT_DSDT, 4), "DSDT", &dsdt_len);
	power->has_s5 = dsdt && acpi_find_s5(dsdt + HEADER_SIZE, dsdt_len - HEADER_SIZE,
	                                     &power->s5_type_a, &power->s5_type_b);
	return true;
}
