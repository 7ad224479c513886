/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads ACPI tables where they lie, once and only when somebody asks: through the direct map where
 * that reaches, else through a mapping of their own. */
#include "kvm/acpi_memory.h"

#include "arch/x86/paging.h"

#define PHYS_END (1UL << 46) /* what the direct map has room for */

static phys_t root_pointer;

void acpi_set_rsdp(phys_t rsdp)
{
	root_pointer = rsdp;
}

static bool in_direct_map(phys_t start, phys_t end)
{
	unsigned order;
	phys_t pa;
	pte_t flags;

	for (phys_t p = ALIGN_DOWN(start, FRAME_SIZE); p < end; p += FRAME_SIZE)
		if (!paging_query(paging_root(), (virt_t)phys_to_virt(p), &pa, &order, &flags))
			return false;
	return true;
}

static const void *map(void *ctx, phys_t pa, size_t size)
{
	(void)ctx;
	if (pa >= PHYS_END || size > PHYS_END - pa)
		return NULL;
	return in_direct_map(pa, pa + size) ? phys_to_virt(pa) : paging_map_device(pa, size);
}

static const struct acpi_memory memory = { .map = map };

static phys_t root(void)
{
	if (!root_pointer)
		root_pointer = acpi_find_rsdp(&memory);
	return root_pointer;
}

const struct acpi_power *acpi_power(void)
{
	static struct acpi_power power;
	static bool asked, found;

	if (!asked) {
		asked = true;
		found = acpi_read_power(&memory, root(), &power);
	}
	return found ? &power : NULL;
}

#ifdef CONFIG_SMP
unsigned acpi_cpus(void)
{
	return acpi_count_cpus(&memory, root());
}
#endif
