/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory as the parsers of kvm/acpi.h want it. */
#ifndef PAGURUS_KVM_ACPI_MEMORY_H
#define PAGURUS_KVM_ACPI_MEMORY_H

#include "kvm/acpi.h"

/* The root pointer that the boot protocol told; 0: it will be searched for. */
void acpi_set_rsdp(phys_t rsdp);

/* What ACPI says about power, read on first use; NULL: nothing. May map memory. */
const struct acpi_power *acpi_power(void);

/* How many CPUs ACPI says the machine has; 0: nothing. May map memory. */
unsigned acpi_cpus(void);

#endif
