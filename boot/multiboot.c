// SPDX-License-Identifier: BSD-2-Clause
/* Multiboot 1: the boot information (boot/multiboot.h). Pure. */
#include "boot/boot.h"
#include "boot/memmap.h"
#include "boot/multiboot.h"
#include "lib/string.h"

/* Loaders that put the kernel's file name in front of its command line; GRUB 2 does not. */
static const char *const loaders_with_file_name[] = { "qemu", "GNU GRUB 0.", "iPXE " };

static void drop_file_name(struct boot_info *bi)
{
	const char *rest = bi->cmdline;

	for (size_t i = 0; i < ARRAY_SIZE(loaders_with_file_name); i++) {
		const char *name = loaders_with_file_name[i];

		if (strncmp(bi->loader, name, strlen(name)) != 0)
			continue;
		while (*rest && *rest != ' ')
			rest++;
		while (*rest == ' ')
			rest++;
		memmove(bi->cmdline, rest, strlen(rest) + 1);
		return;
	}
}

static void add_modules(struct boot_parse *p, const struct multiboot_info *info)
{
	for (uint32_t i = 0; i < info->mods_count; i++) {
		const struct multiboot_mod_list *m;

		if (i == BOOT_MODULES_MAX) {
			p->bi->warnings |= BOOT_WARN_MODULE_DROPPED;
			return;
		}
		m = boot_read(p, (phys_t)info->mods_addr + i * sizeof(*m), sizeof(*m));
		if (!m) {
			p->bi->warnings |= BOOT_WARN_INFO_TRUNCATED;
			return;
		}
		/* An end below the start makes a size that wraps. */
		boot_add_module(p, m->mod_start, (phys_t)m->mod_end - m->mod_start, m->cmdline, UINT64_MAX);
	}
}

/* Walks the memory map once, for the RAM or for the rest. */
static void walk_map(struct boot_parse *p, const struct multiboot_info *info, bool reserved)
{
	phys_t at = info->mmap_addr, end = at + info->mmap_length;
	struct boot_info *bi = p->bi;

	for (unsigned n = 0; at < end; n++) {
		const struct multiboot_mmap_entry *entry = NULL;

		if (n < BOOT_MAP_ENTRIES_MAX && end - at >= sizeof(*entry))
			entry = boot_read(p, at, sizeof(*entry));
		if (!entry || entry->size < sizeof(*entry) - sizeof(entry->size)) {
			bi->warnings |= BOOT_WARN_INFO_TRUNCATED;
			return;
		}
		if (!reserved && entry->type == MULTIBOOT_MEMORY_AVAILABLE)
			memmap_add(bi, entry->addr, entry->len);
		else if (reserved && entry->type != MULTIBOOT_MEMORY_AVAILABLE)
			memmap_reserve(bi, entry->addr, entry->len);
		at += (phys_t)entry->size + sizeof(entry->size);
	}
}

int multiboot_parse(struct boot_parse *p, phys_t addr)
{
	const struct multiboot_info *info = boot_read(p, addr, sizeof(*info));
	struct boot_info *bi = p->bi;

	if (!info)
		return boot_fail(p, "multiboot information at %#lx cannot be read: put it below 1 GiB",
		                 addr);
	bi->version = 1;
	if (info->flags & MULTIBOOT_INFO_BOOT_LOADER_NAME)
		boot_copy_string(p, bi->loader, sizeof(bi->loader), info->boot_loader_name, UINT64_MAX);
	if (info->flags & MULTIBOOT_INFO_CMDLINE) {
		boot_set_cmdline(p, info->cmdline, UINT64_MAX);
		drop_file_name(bi);
	}
	if (info->flags & MULTIBOOT_INFO_MODS)
		add_modules(p, info);

	if (info->flags & MULTIBOOT_INFO_MEM_MAP && info->mmap_length) {
		walk_map(p, info, false);
		walk_map(p, info, true);
		return 0;
	}
	if (!(info->flags & MULTIBOOT_INFO_MEMORY))
		return boot_fail(p, "multiboot information at %#lx describes no memory: use another loader",
		                 addr);
	boot_add_meminfo(p, info->mem_lower, info->mem_upper);
	return 0;
}
