// SPDX-License-Identifier: BSD-2-Clause
/* PVH: struct hvm_start_info, as Xen's public header describes it (Xen, QEMU, Firecracker and Cloud
 * Hypervisor hand it over). Pure. */
#include "boot/boot.h"

#include <xen/arch-x86/hvm/start_info.h> /* wants the integer types defined */

/* Version 0 ends here. */
#define START_INFO_V0_SIZE offsetof(struct hvm_start_info, memmap_paddr)
_Static_assert(START_INFO_V0_SIZE == 40, "hvm_start_info, version 0");
_Static_assert(sizeof(struct hvm_start_info) == 56, "hvm_start_info, version 1");
_Static_assert(sizeof(struct hvm_modlist_entry) == 32, "hvm_modlist_entry");
_Static_assert(sizeof(struct hvm_memmap_table_entry) == 24, "hvm_memmap_table_entry");

/* Nothing says that they are aligned. */
typedef struct hvm_start_info __attribute__((aligned(1))) start_info;
typedef struct hvm_modlist_entry __attribute__((aligned(1))) modlist_entry;

static void add_modules(struct boot_parse *p, const start_info *info)
{
	for (uint32_t i = 0; i < info->nr_modules; i++) {
		const modlist_entry *m;

		if (i == BOOT_MODULES_MAX) {
			p->bi->warnings |= BOOT_WARN_MODULE_DROPPED;
			return;
		}
		m = boot_read(p, info->modlist_paddr + i * sizeof(*m), sizeof(*m));
		if (!m) {
			p->bi->warnings |= BOOT_WARN_INFO_TRUNCATED;
			return;
		}
		boot_add_module(p, m->paddr, m->size, m->cmdline_paddr, UINT64_MAX);
	}
}

int pvh_parse(struct boot_parse *p, phys_t addr)
{
	const start_info *info = boot_read(p, addr, START_INFO_V0_SIZE);

	if (!info)
		return boot_fail(p, "PVH start info at %#lx cannot be read: put it below 1 GiB", addr);
	if (info->magic != XEN_HVM_START_MAGIC_VALUE)
		return boot_fail(p, "PVH start info at %#lx has magic %#x, not %#x: use a PVH loader", addr,
		                 info->magic, XEN_HVM_START_MAGIC_VALUE);
	if (info->version >= 1 && !boot_read(p, addr, sizeof(*info)))
		return boot_fail(p, "PVH start info at %#lx cannot all be read: put it below 1 GiB", addr);

	p->bi->version = info->version;
	p->bi->rsdp = info->rsdp_paddr;
	boot_set_cmdline(p, info->cmdline_paddr, UINT64_MAX);
	add_modules(p, info);
	if (info->version == 0 || info->memmap_entries == 0)
		return PVH_NO_MEMORY_MAP;
	boot_add_map(p, info->memmap_paddr, info->memmap_entries,
	             sizeof(struct hvm_memmap_table_entry));
	return 0;
}
