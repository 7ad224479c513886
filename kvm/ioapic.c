/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O APIC: one entry of the redirection table at a time. QEMU, KVM and the small VMMs all have it
 * at the PC's usual address, so no table is read to find it. */
#include "kvm/ioapic.h"

#include "arch/x86/lapic.h"
#include "arch/x86/paging.h"
#include "include/errno.h"

#define IOAPIC_BASE 0xfec00000UL
#define IOREGSEL (0x00 / 4) /* 32-bit registers in memory */
#define IOWIN (0x10 / 4)
#define IOAPICVER 0x01
#define IOREDTBL(n) (0x10 + 2 * (n))
#define DESTINATION_SHIFT 24 /* in the upper word */
#define VERSION_NONE 0xffffffffU

static volatile uint32_t *ioapic;

static uint32_t ioapic_read(uint32_t reg)
{
	ioapic[IOREGSEL] = reg;
	return ioapic[IOWIN];
}

static void ioapic_write(uint32_t reg, uint32_t value)
{
	ioapic[IOREGSEL] = reg;
	ioapic[IOWIN] = value;
}

int ioapic_route(unsigned gsi, unsigned vector)
{
	uint32_t version;
	int err = lapic_init();

	if (err)
		return -ENOSYS;
	if (!ioapic)
		ioapic = paging_map_device(IOAPIC_BASE, FRAME_SIZE);
	if (!ioapic)
		return -ENOMEM;
	version = ioapic_read(IOAPICVER);
	if (version == VERSION_NONE || version == 0 || (version >> 16 & 0xff) < gsi)
		return -ENOSYS;
	/* Fixed delivery, physical destination, active high, edge. The low word unmasks: last. */
	ioapic_write(IOREDTBL(gsi) + 1, lapic_id() << DESTINATION_SHIFT);
	ioapic_write(IOREDTBL(gsi), vector);
	return 0;
}
