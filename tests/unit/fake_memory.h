/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounded physical memory for the boot parsers: reads inside [base, base + size) work and give
 * memory that AddressSanitizer knows the end of, every other read is refused. */
#ifndef PAGURUS_FAKE_MEMORY_H
#define PAGURUS_FAKE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "boot/boot.h"

struct fake_memory {
	uint8_t *bytes;
	uint64_t base;
	uint64_t size;
};

static inline const void *fake_read(void *ctx, phys_t addr, uint64_t size)
{
	struct fake_memory *m = ctx;

	if (addr < m->base || addr - m->base >= m->size || size > m->size - (addr - m->base))
		return NULL;
	return m->bytes + (addr - m->base);
}

/* Writes into it, for tests that build what a loader leaves there. */
static inline phys_t fake_write(struct fake_memory *m, phys_t addr, const void *data, size_t size)
{
	memcpy(m->bytes + (addr - m->base), data, size);
	return addr;
}

static inline phys_t fake_string(struct fake_memory *m, phys_t addr, const char *text)
{
	return fake_write(m, addr, text, strlen(text) + 1);
}

/* What holds for every boot_info, whatever the loader said; false: it does not. */
static inline bool boot_info_sane(const struct boot_info *bi, struct mem_range image)
{
	struct mem_range taken[BOOT_MODULES_MAX + 2] = { { 0, BOOT_LOW_RESERVED }, image };
	uint32_t nr_taken = 2;

	if (bi->error)
		return bi->nr_ram == 0 && bi->nr_modules == 0 && bi->error[0] != '\0';
	if (bi->nr_ram == 0 || bi->nr_ram > BOOT_RAM_MAX || bi->nr_modules > BOOT_MODULES_MAX)
		return false;
	if (!memchr(bi->cmdline, 0, sizeof(bi->cmdline)) || !memchr(bi->loader, 0, sizeof(bi->loader)))
		return false;
	for (uint32_t i = 0; i < bi->nr_modules; i++) {
		const struct boot_module *m = &bi->modules[i];

		if (m->range.start >= m->range.end || m->range.end > BOOT_PHYS_MAX)
			return false;
		if (m->name < bi->strings || m->name >= bi->strings + sizeof(bi->strings) ||
		    !memchr(m->name, 0, (size_t)(bi->strings + sizeof(bi->strings) - m->name)))
			return false;
		/* Modules overlap neither the image nor each other; the low 64 KiB they may lie in. */
		for (uint32_t j = 1; j < nr_taken; j++)
			if (m->range.start < taken[j].end && taken[j].start < m->range.end)
				return false;
		taken[nr_taken++] = m->range;
	}
	for (uint32_t i = 0; i < bi->nr_ram; i++) {
		struct mem_range r = bi->ram[i];

		if (r.start >= r.end || r.end > BOOT_PHYS_MAX || (r.start | r.end) & FRAME_MASK)
			return false;
		if (i && bi->ram[i - 1].end >= r.start) /* sorted, disjoint, merged */
			return false;
		for (uint32_t j = 0; j < nr_taken; j++)
			if (r.start < taken[j].end && taken[j].start < r.end)
				return false;
	}
	return true;
}

#endif
