/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory map that Xen keeps for the domain. */
#ifndef PAGURUS_XEN_MEMORY_MAP_H
#define PAGURUS_XEN_MEMORY_MAP_H

#include "include/boot_info.h"

/* Entries that Xen stores per domain at most (E820MAX). */
#define XEN_MAP_ENTRIES_MAX 128

/* As the BIOS call int 15h, EAX=E820h has it. */
struct e820_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type;
} __attribute__((packed));

_Static_assert(sizeof(struct e820_entry) == 20, "e820_entry");

#define E820_RAM 1

/* Puts nr entries into bi's RAM; what is reserved wins, in whatever order they come. Pure. */
void xen_map_take(struct boot_info *bi, const struct e820_entry *map, unsigned nr);

#endif
