/* SPDX-License-Identifier: BSD-2-Clause */
/* From Xen's memory map to the boot information's. */
#include "xen/memory_map.h"

#include "boot/memmap.h"

void xen_map_take(struct boot_info *bi, const struct e820_entry *map, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (map[i].type == E820_RAM)
			memmap_add(bi, map[i].addr, map[i].size);
	for (unsigned i = 0; i < nr; i++)
		if (map[i].type != E820_RAM)
			memmap_reserve(bi, map[i].addr, map[i].size);
}
