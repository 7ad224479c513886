/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of RAM ranges in struct boot_info: sorted, disjoint, merged after every call, whatever
 * order and nonsense the entries come in. First all RAM is added, then what is reserved is taken
 * out, so reserved wins. Byte-exact until memmap_finish(). */
#ifndef PAGURUS_BOOT_MEMMAP_H
#define PAGURUS_BOOT_MEMMAP_H

#include "include/boot_info.h"

/* Adds size bytes of RAM. None is nothing (QEMU's microvm ends its map with an empty entry); one that
 * wraps is ignored and what lies beyond BOOT_PHYS_MAX is cut off, with BOOT_WARN_RAM_INVALID. Where there are more than BOOT_RAM_MAX ranges, the smallest
 * goes, with BOOT_WARN_RAM_DROPPED. */
void memmap_add(struct boot_info *bi, phys_t start, uint64_t size);

/* Takes out what the map says is not RAM; one that wraps reaches to the end of memory. Notes
 * BOOT_WARN_RAM_OVERLAP where that was RAM, and BOOT_WARN_RAM_INVALID. */
void memmap_reserve(struct boot_info *bi, phys_t start, uint64_t size);

/* Takes out what is RAM but in use. Returns whether any of it was RAM. */
bool memmap_exclude(struct boot_info *bi, struct mem_range range);

/* Is the whole of range RAM? */
bool memmap_contains(const struct boot_info *bi, struct mem_range range);

/* Cuts every range to whole frames; what has none goes. */
void memmap_finish(struct boot_info *bi);

#endif
