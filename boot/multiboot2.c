// SPDX-License-Identifier: BSD-2-Clause
/* Multiboot2: the boot information (boot/multiboot.h), a list of tags in any order. Pure. */
#include "boot/boot.h"
#include "boot/multiboot.h"

/* Tags that are looked at; a longer list is a lie. */
#define TAGS_MAX 4096

/* Tags whose turn comes when all have been seen; 0: not there. */
struct found {
	phys_t mmap;
	phys_t meminfo;
	phys_t rsdp;
	uint32_t rsdp_size;
	uint32_t rsdp_type;
};

static void add_module(struct boot_parse *p, phys_t at, uint32_t size)
{
	const struct multiboot2_tag_module *m = boot_read(p, at, sizeof(*m));

	/* An end below the start makes a size that wraps. */
	boot_add_module(p, m->mod_start, (phys_t)m->mod_end - m->mod_start, at + sizeof(*m),
	                size - sizeof(*m));
}

/* Bytes that a tag of this type has at least; UINT32_MAX: a type that is not looked at. */
static uint32_t size_min(uint32_t type)
{
	switch (type) {
	case MULTIBOOT2_TAG_TYPE_CMDLINE:
	case MULTIBOOT2_TAG_TYPE_BOOT_LOADER_NAME:
	case MULTIBOOT2_TAG_TYPE_ACPI_OLD:
	case MULTIBOOT2_TAG_TYPE_ACPI_NEW:
		return sizeof(struct multiboot2_tag) + 1;
	case MULTIBOOT2_TAG_TYPE_MODULE:
		return sizeof(struct multiboot2_tag_module);
	case MULTIBOOT2_TAG_TYPE_BASIC_MEMINFO:
		return sizeof(struct multiboot2_tag_basic_meminfo);
	case MULTIBOOT2_TAG_TYPE_MMAP:
		return sizeof(struct multiboot2_tag_mmap);
	default:
		return UINT32_MAX;
	}
}

/* Takes one tag in, all of which can be read. */
static void take_tag(struct boot_parse *p, struct found *found, phys_t at, uint32_t type,
                     uint32_t size)
{
	phys_t body = at + sizeof(struct multiboot2_tag);
	uint32_t body_size = size - sizeof(struct multiboot2_tag);
	struct boot_info *bi = p->bi;

	switch (type) {
	case MULTIBOOT2_TAG_TYPE_CMDLINE:
		boot_set_cmdline(p, body, body_size);
		break;
	case MULTIBOOT2_TAG_TYPE_BOOT_LOADER_NAME:
		boot_copy_string(p, bi->loader, sizeof(bi->loader), body, body_size);
		break;
	case MULTIBOOT2_TAG_TYPE_MODULE:
		add_module(p, at, size);
		break;
	case MULTIBOOT2_TAG_TYPE_BASIC_MEMINFO:
		found->meminfo = at;
		break;
	case MULTIBOOT2_TAG_TYPE_MMAP:
		found->mmap = at;
		break;
	case MULTIBOOT2_TAG_TYPE_ACPI_OLD:
	case MULTIBOOT2_TAG_TYPE_ACPI_NEW:
		/* The new one (ACPI 2.0 and up) wins, whichever comes first. */
		if (type < found->rsdp_type)
			break;
		found->rsdp = body;
		found->rsdp_size = body_size;
		found->rsdp_type = type;
		break;
	}
}

/* Walks the tags in [at, end). */
static void walk_tags(struct boot_parse *p, struct found *found, phys_t at, phys_t end)
{
	for (unsigned n = 0; n < TAGS_MAX; n++) {
		const struct multiboot2_tag *tag = NULL;

		if (at < end && end - at >= sizeof(*tag))
			tag = boot_read(p, at, sizeof(*tag));
		if (!tag)
			break;
		if (tag->type == MULTIBOOT2_TAG_TYPE_END)
			return;
		if (tag->size < sizeof(*tag) || tag->size > end - at)
			break;
		if (size_min(tag->type) != UINT32_MAX) {
			if (tag->size >= size_min(tag->type) && boot_read(p, at, tag->size))
				take_tag(p, found, at, tag->type, tag->size);
			else
				p->bi->warnings |= BOOT_WARN_INFO_TRUNCATED;
		}
		at += ALIGN_UP((phys_t)tag->size, MULTIBOOT2_TAG_ALIGN);
	}
	/* No end tag. */
	p->bi->warnings |= BOOT_WARN_INFO_TRUNCATED;
}

/* Returns false where the tag holds no map. */
static bool add_map(struct boot_parse *p, phys_t at)
{
	const struct multiboot2_tag_mmap *map = boot_read(p, at, sizeof(*map));
	uint32_t bytes = map->tag.size - sizeof(*map);

	if (map->entry_size < MULTIBOOT2_MMAP_ENTRY_SIZE_MIN) {
		p->bi->warnings |= BOOT_WARN_INFO_TRUNCATED;
		return false;
	}
	if (bytes % map->entry_size)
		p->bi->warnings |= BOOT_WARN_INFO_TRUNCATED;
	boot_add_map(p, at + sizeof(*map), bytes / map->entry_size, map->entry_size);
	return bytes >= map->entry_size;
}

int multiboot2_parse(struct boot_parse *p, phys_t addr)
{
	const struct multiboot2_info *info = boot_read(p, addr, sizeof(*info));
	const struct multiboot2_tag_basic_meminfo *meminfo;
	struct found found = { 0 };
	struct boot_info *bi = p->bi;

	if (!info)
		return boot_fail(p, "multiboot2 information at %#lx cannot be read: put it below 1 GiB",
		                 addr);
	bi->version = 2;
	walk_tags(p, &found, addr + sizeof(*info), addr + info->total_size);

	if (found.rsdp) {
		/* The tag holds a copy of the table, in RAM that would be used otherwise. */
		bi->rsdp = found.rsdp;
		p->keep = (struct mem_range){ found.rsdp, found.rsdp + found.rsdp_size };
	}
	if (found.mmap && add_map(p, found.mmap))
		return 0;
	if (!found.meminfo)
		return boot_fail(p,
		                 "multiboot2 information at %#lx describes no memory: use another loader",
		                 addr);
	meminfo = boot_read(p, found.meminfo, sizeof(*meminfo));
	boot_add_meminfo(p, meminfo->mem_lower, meminfo->mem_upper);
	return 0;
}
