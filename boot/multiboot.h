/* SPDX-License-Identifier: BSD-2-Clause */
/* What multiboot loaders leave in memory, by the names of the Multiboot Specification 0.6.96 (3.3,
 * boot information format) and the Multiboot2 Specification 2.0 (3.6). Addresses are physical.
 * Packed: a loader may put them anywhere. */
#ifndef PAGURUS_BOOT_MULTIBOOT_H
#define PAGURUS_BOOT_MULTIBOOT_H

#include "include/types.h"

#define MULTIBOOT_PACKED __attribute__((packed))

/* Multiboot 1: flags that say which members are valid. */
#define MULTIBOOT_INFO_MEMORY BIT(0)
#define MULTIBOOT_INFO_CMDLINE BIT(2)
#define MULTIBOOT_INFO_MODS BIT(3)
#define MULTIBOOT_INFO_MEM_MAP BIT(6)
#define MULTIBOOT_INFO_BOOT_LOADER_NAME BIT(9)

/* The members up to the last one that is read here. */
struct multiboot_info {
	uint32_t flags;
	uint32_t mem_lower; /* KiB from 0 */
	uint32_t mem_upper; /* KiB from 1 MiB, up to the first hole */
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t mods_count;
	uint32_t mods_addr;
	uint32_t syms[4];
	uint32_t mmap_length; /* bytes */
	uint32_t mmap_addr;
	uint32_t drives_length;
	uint32_t drives_addr;
	uint32_t config_table;
	uint32_t boot_loader_name;
} MULTIBOOT_PACKED;
_Static_assert(offsetof(struct multiboot_info, mmap_length) == 44, "multiboot_info");
_Static_assert(offsetof(struct multiboot_info, boot_loader_name) == 64, "multiboot_info");
_Static_assert(sizeof(struct multiboot_info) == 68, "multiboot_info");

struct multiboot_mod_list {
	uint32_t mod_start;
	uint32_t mod_end; /* first byte behind it */
	uint32_t cmdline;
	uint32_t pad;
} MULTIBOOT_PACKED;
_Static_assert(sizeof(struct multiboot_mod_list) == 16, "multiboot_mod_list");

#define MULTIBOOT_MEMORY_AVAILABLE 1

struct multiboot_mmap_entry {
	uint32_t size; /* of the rest of the entry, which may be longer than this struct */
	uint64_t addr;
	uint64_t len;
	uint32_t type;
} MULTIBOOT_PACKED;
_Static_assert(offsetof(struct multiboot_mmap_entry, addr) == 4, "multiboot_mmap_entry");
_Static_assert(sizeof(struct multiboot_mmap_entry) == 24, "multiboot_mmap_entry");

/* Multiboot2: a header, then tags, each at a multiple of 8. */
#define MULTIBOOT2_TAG_ALIGN 8

#define MULTIBOOT2_TAG_TYPE_END 0
#define MULTIBOOT2_TAG_TYPE_CMDLINE 1
#define MULTIBOOT2_TAG_TYPE_BOOT_LOADER_NAME 2
#define MULTIBOOT2_TAG_TYPE_MODULE 3
#define MULTIBOOT2_TAG_TYPE_BASIC_MEMINFO 4
#define MULTIBOOT2_TAG_TYPE_MMAP 6
#define MULTIBOOT2_TAG_TYPE_ACPI_OLD 14
#define MULTIBOOT2_TAG_TYPE_ACPI_NEW 15

struct multiboot2_info {
	uint32_t total_size; /* bytes, this header included */
	uint32_t reserved;
} MULTIBOOT_PACKED;
_Static_assert(sizeof(struct multiboot2_info) == 8, "multiboot2_info");

struct multiboot2_tag {
	uint32_t type;
	uint32_t size; /* bytes, these two members included, padding not */
} MULTIBOOT_PACKED;
_Static_assert(sizeof(struct multiboot2_tag) == 8, "multiboot2_tag");

struct multiboot2_tag_module {
	struct multiboot2_tag tag;
	uint32_t mod_start;
	uint32_t mod_end;
	/* the command line follows */
} MULTIBOOT_PACKED;
_Static_assert(sizeof(struct multiboot2_tag_module) == 16, "multiboot2_tag_module");

struct multiboot2_tag_basic_meminfo {
	struct multiboot2_tag tag;
	uint32_t mem_lower; /* as for multiboot 1 */
	uint32_t mem_upper;
} MULTIBOOT_PACKED;
_Static_assert(sizeof(struct multiboot2_tag_basic_meminfo) == 16, "multiboot2_tag_basic_meminfo");

struct multiboot2_tag_mmap {
	struct multiboot2_tag tag;
	uint32_t entry_size; /* a multiple of 8 */
	uint32_t entry_version;
	/* entries follow, in the form that boot_add_map() reads */
} MULTIBOOT_PACKED;
_Static_assert(sizeof(struct multiboot2_tag_mmap) == 16, "multiboot2_tag_mmap");

#define MULTIBOOT2_MMAP_ENTRY_SIZE_MIN 24

#endif
