/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks Xen for the memory map, for a PVH start info that has none (version 0, Xen before 4.12). */
#include "boot/boot.h"
#include "include/errno.h"
#include "xen/hypercall.h"
#include "xen/memory_map.h"

int boot_hypervisor_memory_map(struct boot_info *bi)
{
	static struct e820_entry entries[XEN_MAP_ENTRIES_MAX];
	struct xen_memory_map map = { .nr_entries = ARRAY_SIZE(entries) };
	long err;

	if (!xen_detect())
		return -ENODEV;
	set_xen_guest_handle(map.buffer, entries);
	err = xen_memory_op(XENMEM_memory_map, &map);
	if (err)
		return (int)err;
	xen_map_take(bi, entries, MIN(map.nr_entries, (unsigned)ARRAY_SIZE(entries)));
	return 0;
}
