/* SPDX-License-Identifier: BSD-2-Clause */
/* Chooses a counter of known frequency without waiting for anything. */
#include "kvm/reference.h"

#include "arch/x86/cpu.h"
#include "arch/x86/lapic.h"
#include "kvm/acpi_memory.h"
#include "kvm/hypervisor.h"

#define PM_TIMER_HZ 3579545 /* ACPI 4.8.3.3 */
#define QEMU_TCG_SIGNATURE "TCGTCGTCGTCG"
#define KVM_SIGNATURE "KVMKVMKVM\0\0" /* 12 bytes with the NUL */

/* Does the local APIC's timer count nanoseconds? */
static bool lapic_counts_ns(void)
{
	return hypervisor_leaf(QEMU_TCG_SIGNATURE) || hypervisor_leaf(KVM_SIGNATURE);
}

uint64_t reference_read(uint64_t *hz, uint64_t *mask)
{
	static const struct acpi_power *power;
	static bool chosen;

	if (!chosen) {
		chosen = true;
		if (!lapic_counts_ns() && IS_ENABLED(CONFIG_EXIT_ACPI))
			power = acpi_power();
		if (power && (!power->pm_timer.address || power->pm_timer.space != ACPI_SPACE_IO))
			power = NULL;
	}
	if (!power)
		return lapic_reference(hz, mask);
	*hz = PM_TIMER_HZ;
	*mask = power->pm_timer_32 ? UINT32_MAX : UINT32_MAX >> 8;
	return inl((uint16_t)power->pm_timer.address);
}
