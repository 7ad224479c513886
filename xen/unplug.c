/* SPDX-License-Identifier: BSD-2-Clause */
/* The unplug protocol of Xen's platform device: Xen docs/misc/hvm-emulated-unplug. */
#include "xen/unplug.h"

#include "arch/x86/cpu.h"
#include "include/log.h"
#include "xen/interface.h"

#define UNPLUG_PORT 0x10         /* read: magic (16 bits); write: what to unplug (16), build (32) */
#define UNPLUG_VERSION_PORT 0x12 /* read: version (8 bits); write: product (16 bits) */
#define UNPLUG_MAGIC 0x49d2
#define UNPLUG_ALL_DISKS 0x1
#define UNPLUG_ALL_NICS 0x2
#define UNPLUG_NVME 0x8
#define UNPLUG_PRODUCT 0xffff /* "experimental" in xen/include/public/hvm/pvdrivers.h */
#define UNPLUG_BUILD 1

void xen_unplug(void)
{
	if (inw(UNPLUG_PORT) != UNPLUG_MAGIC)
		return;
	/* From version 1 on the drivers name themselves, and the host may refuse them. */
	if (inb(UNPLUG_VERSION_PORT) >= 1) {
		outw(UNPLUG_VERSION_PORT, UNPLUG_PRODUCT);
		outl(UNPLUG_PORT, UNPLUG_BUILD);
		if (inw(UNPLUG_PORT) != UNPLUG_MAGIC) {
			log_warn("xen: the host does not let us unplug emulated devices");
			return;
		}
	}
	outw(UNPLUG_PORT, UNPLUG_ALL_DISKS | UNPLUG_ALL_NICS | UNPLUG_NVME);
}
