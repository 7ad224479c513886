// SPDX-License-Identifier: BSD-2-Clause
/* What the boot protocols share (boot/boot.h): strings, modules, the common form of a memory map,
 * and the last step. */
#include "boot/boot.h"

#include "boot/memmap.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define MAP_TYPE_RAM 1 /* in ACPI's numbering, which PVH and multiboot use too */

struct map_entry {
	uint64_t base;
	uint64_t length;
	uint32_t type;
	uint32_t reserved;
} __attribute__((packed));
_Static_assert(sizeof(struct map_entry) == 24, "map_entry");

void boot_begin(struct boot_parse *p, struct boot_info *bi, enum boot_protocol protocol,
                uint64_t tsc_entry)
{
	p->bi = bi;
	p->keep = (struct mem_range){ 0, 0 };
	/* The last byte serves as the name of modules that have none. */
	p->strings_used = 0;
	bi->strings[sizeof(bi->strings) - 1] = '\0';

	bi->protocol = protocol;
	bi->version = 0;
	bi->tsc_entry = tsc_entry;
	bi->rsdp = 0;
	bi->error = NULL;
	bi->warnings = 0;
	bi->nr_ram = 0;
	bi->nr_modules = 0;
	bi->loader[0] = '\0';
	bi->cmdline[0] = '\0';
}

int boot_fail(struct boot_parse *p, const char *fmt, ...)
{
	struct boot_info *bi = p->bi;
	va_list args;

	bi->nr_ram = 0;
	bi->nr_modules = 0;
	/* Without modules nobody needs the room for their names. */
	va_start(args, fmt);
	fmt_vsnprintf(bi->strings, sizeof(bi->strings), fmt, args);
	va_end(args);
	bi->error = bi->strings;
	return -EINVAL;
}

const void *boot_read(const struct boot_parse *p, phys_t addr, uint64_t size)
{
	if (addr == 0 || addr + size < addr)
		return NULL;
	return p->memory->read(p->memory->ctx, addr, size);
}

int boot_copy_string(const struct boot_parse *p, char *dst, size_t size, phys_t addr,
                     uint64_t limit)
{
	size_t done = 0;

	dst[0] = '\0';
	while (done < size && done < limit) {
		/* Up to the end of a page at once; byte by byte where readable memory ends within one. */
		size_t n = FRAME_SIZE - ((addr + done) & FRAME_MASK), len;
		const char *text;

		n = MIN(n, MIN(size - done, limit - done));
		text = boot_read(p, addr + done, n);
		if (!text) {
			n = 1;
			text = boot_read(p, addr + done, n);
		}
		if (!text && done == 0)
			return -EFAULT;
		if (!text)
			break;
		len = strnlen(text, n);
		memcpy(dst + done, text, len);
		done += len;
		if (len < n) {
			dst[done] = '\0';
			return 0;
		}
	}
	dst[MIN(done, size - 1)] = '\0';
	return -ENAMETOOLONG;
}

/* Notes what boot_copy_string() said of a command line. */
static void note_string(struct boot_parse *p, int result)
{
	if (result == -EFAULT)
		p->bi->warnings |= BOOT_WARN_CMDLINE_UNREADABLE;
	else if (result)
		p->bi->warnings |= BOOT_WARN_CMDLINE_TRUNCATED;
}

void boot_set_cmdline(struct boot_parse *p, phys_t addr, uint64_t limit)
{
	struct boot_info *bi = p->bi;

	if (addr)
		note_string(p, boot_copy_string(p, bi->cmdline, sizeof(bi->cmdline), addr, limit));
}

/* Copies a module's command line into bi->strings. Returns it. */
static const char *module_name(struct boot_parse *p, phys_t addr, uint64_t limit)
{
	struct boot_info *bi = p->bi;
	char *name = bi->strings + p->strings_used;
	size_t room = sizeof(bi->strings) - 1 - p->strings_used;

	if (!addr)
		return &bi->strings[sizeof(bi->strings) - 1];
	if (room == 0) {
		bi->warnings |= BOOT_WARN_CMDLINE_TRUNCATED;
		return &bi->strings[sizeof(bi->strings) - 1];
	}
	note_string(p, boot_copy_string(p, name, room, addr, limit));
	p->strings_used += (uint32_t)strlen(name) + 1;
	return name;
}

void boot_add_module(struct boot_parse *p, phys_t start, uint64_t size, phys_t name,
                     uint64_t name_limit)
{
	struct boot_info *bi = p->bi;
	struct boot_module *module = &bi->modules[bi->nr_modules];

	if (size == 0 || start + size < start) {
		bi->warnings |= BOOT_WARN_MODULE_INVALID;
		return;
	}
	if (bi->nr_modules == BOOT_MODULES_MAX) {
		bi->warnings |= BOOT_WARN_MODULE_DROPPED;
		return;
	}
	module->range = (struct mem_range){ start, start + size };
	module->name = module_name(p, name, name_limit);
	bi->nr_modules++;
}

void boot_add_map(struct boot_parse *p, phys_t table, uint64_t count, uint64_t stride)
{
	struct boot_info *bi = p->bi;

	if (count > BOOT_MAP_ENTRIES_MAX) {
		count = BOOT_MAP_ENTRIES_MAX;
		bi->warnings |= BOOT_WARN_INFO_TRUNCATED;
	}
	/* All RAM first, so that what is reserved wins wherever it stands in the table. */
	for (int reserved = 0; reserved < 2; reserved++) {
		for (uint64_t i = 0; i < count; i++) {
			const struct map_entry *entry = boot_read(p, table + i * stride, sizeof(*entry));

			if (!entry) {
				count = i;
				bi->warnings |= BOOT_WARN_INFO_TRUNCATED;
				break;
			}
			if (!reserved && entry->type == MAP_TYPE_RAM)
				memmap_add(bi, entry->base, entry->length);
			else if (reserved && entry->type != MAP_TYPE_RAM)
				memmap_reserve(bi, entry->base, entry->length);
		}
	}
}

void boot_add_meminfo(struct boot_parse *p, uint32_t lower_kib, uint32_t upper_kib)
{
	if (lower_kib)
		memmap_add(p->bi, 0, KIB(lower_kib));
	if (upper_kib)
		memmap_add(p->bi, MIB(1), KIB(upper_kib));
}

static bool overlaps(struct mem_range a, struct mem_range b)
{
	return a.start < b.end && b.start < a.end;
}

/* Can module i be used, those before it being in order? */
static bool module_usable(const struct boot_parse *p, uint32_t i)
{
	const struct boot_info *bi = p->bi;
	struct mem_range range = bi->modules[i].range;

	if (overlaps(range, p->image) || !memmap_contains(bi, range))
		return false;
	while (i--)
		if (overlaps(range, bi->modules[i].range))
			return false;
	return true;
}

static void check_modules(struct boot_parse *p)
{
	struct boot_info *bi = p->bi;

	for (uint32_t i = 0; i < bi->nr_modules;) {
		if (module_usable(p, i)) {
			i++;
			continue;
		}
		bi->warnings |= BOOT_WARN_MODULE_INVALID;
		bi->nr_modules--;
		for (uint32_t j = i; j < bi->nr_modules; j++)
			bi->modules[j] = bi->modules[j + 1];
	}
}

#ifdef CONFIG_SMP
/* A free frame in what is reserved; not the first one, which belongs to the firmware. */
static phys_t find_low_frame(const struct boot_parse *p)
{
	for (phys_t at = FRAME_SIZE; at < BOOT_LOW_RESERVED; at += FRAME_SIZE) {
		struct mem_range frame = { at, at + FRAME_SIZE };
		bool free = memmap_contains(p->bi, frame) && !overlaps(frame, p->keep) &&
		            !overlaps(frame, p->image);

		for (uint32_t i = 0; i < p->bi->nr_modules; i++)
			free = free && !overlaps(frame, p->bi->modules[i].range);
		if (free)
			return at;
	}
	return 0;
}
#endif

void boot_finish(struct boot_parse *p)
{
	struct boot_info *bi = p->bi;

	if (bi->error)
		return;
	check_modules(p);
#ifdef CONFIG_SMP
	bi->low_frame = find_low_frame(p);
#endif
	memmap_exclude(bi, (struct mem_range){ 0, BOOT_LOW_RESERVED });
	memmap_exclude(bi, p->image);
	memmap_exclude(bi, p->keep);
	for (uint32_t i = 0; i < bi->nr_modules; i++)
		memmap_exclude(bi, bi->modules[i].range);
	memmap_finish(bi);
	if (!bi->nr_ram)
		boot_fail(p, "the memory map has no RAM beside the image at %#lx..%#lx: give the VM more",
		          p->image.start, p->image.end);
}
