/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs of a machine without Xen: all are started at once, so nobody has to know them; ACPI says how
 * many there should be. */
#include "kvm/cpus.h"

#include "arch/x86/smp.h"
#include "kvm/acpi_memory.h"

int kvm_cpus_start(const struct boot_info *bi)
{
	return smp_start_by_sipi(bi->low_frame);
}

unsigned kvm_cpus(void)
{
	return acpi_cpus();
}
