// SPDX-License-Identifier: BSD-2-Clause
/* The set of RAM ranges (boot/memmap.h), kept in place in struct boot_info as a sorted array: maps
 * are short and nearly always sorted, so everything is a linear walk that ends early. */
#include "boot/memmap.h"

static uint64_t length(const struct mem_range *r)
{
	return r->end - r->start;
}

/* Takes ram[at .. at + n) out. */
static void remove_at(struct boot_info *bi, uint32_t at, uint32_t n)
{
	bi->nr_ram -= n;
	for (uint32_t i = at; i < bi->nr_ram; i++)
		bi->ram[i] = bi->ram[i + n];
}

/* Puts range in as ram[at]. Where all places are taken, the smallest range makes way, which may be
 * range itself. */
static void insert_at(struct boot_info *bi, uint32_t at, struct mem_range range)
{
	if (bi->nr_ram == BOOT_RAM_MAX) {
		uint32_t smallest = 0;

		bi->warnings |= BOOT_WARN_RAM_DROPPED;
		for (uint32_t i = 1; i < BOOT_RAM_MAX; i++)
			if (length(&bi->ram[i]) < length(&bi->ram[smallest]))
				smallest = i;
		if (length(&range) <= length(&bi->ram[smallest]))
			return;
		remove_at(bi, smallest, 1);
		if (smallest < at)
			at--;
	}
	for (uint32_t i = bi->nr_ram; i > at; i--)
		bi->ram[i] = bi->ram[i - 1];
	bi->ram[at] = range;
	bi->nr_ram++;
}

void memmap_add(struct boot_info *bi, phys_t start, uint64_t size)
{
	struct mem_range range = { start, start + size };
	uint32_t first, last;

	if (size == 0)
		return;
	if (range.end < start || range.end > BOOT_PHYS_MAX) {
		bi->warnings |= BOOT_WARN_RAM_INVALID;
		if (range.end < start || start >= BOOT_PHYS_MAX)
			return;
		range.end = BOOT_PHYS_MAX;
	}

	/* ram[first .. last) overlap or touch the range and become one with it. */
	for (first = bi->nr_ram; first > 0 && bi->ram[first - 1].end >= range.start; first--)
		;
	for (last = first; last < bi->nr_ram && bi->ram[last].start <= range.end; last++) {
		range.start = MIN(range.start, bi->ram[last].start);
		range.end = MAX(range.end, bi->ram[last].end);
	}
	if (first == last) {
		insert_at(bi, first, range);
		return;
	}
	bi->ram[first] = range;
	remove_at(bi, first + 1, last - first - 1);
}

bool memmap_exclude(struct boot_info *bi, struct mem_range range)
{
	bool was_ram = false;
	uint32_t i = 0;

	if (range.start >= range.end)
		return false;
	while (i < bi->nr_ram && bi->ram[i].start < range.end) {
		struct mem_range *r = &bi->ram[i];
		struct mem_range rest = { range.end, r->end };

		if (r->end <= range.start) {
			i++;
			continue;
		}
		was_ram = true;
		if (r->start < range.start) {
			r->end = range.start;
			i++;
			if (rest.start < rest.end) {
				insert_at(bi, i, rest);
				break;
			}
		} else if (rest.start < rest.end) {
			*r = rest;
			break;
		} else {
			remove_at(bi, i, 1);
		}
	}
	return was_ram;
}

void memmap_reserve(struct boot_info *bi, phys_t start, uint64_t size)
{
	struct mem_range range = { start, start + size };

	if (size == 0)
		return;
	if (range.end < start) {
		/* Exactly up to 2^64 is no lie, merely unsayable here. */
		if (range.end != 0)
			bi->warnings |= BOOT_WARN_RAM_INVALID;
		range.end = UINT64_MAX;
	}
	if (memmap_exclude(bi, range))
		bi->warnings |= BOOT_WARN_RAM_OVERLAP;
}

bool memmap_contains(const struct boot_info *bi, struct mem_range range)
{
	for (uint32_t i = 0; i < bi->nr_ram; i++)
		if (range.start >= bi->ram[i].start && range.end <= bi->ram[i].end)
			return true;
	return false;
}

void memmap_finish(struct boot_info *bi)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < bi->nr_ram; i++) {
		struct mem_range r = { ALIGN_UP(bi->ram[i].start, FRAME_SIZE),
			                   ALIGN_DOWN(bi->ram[i].end, FRAME_SIZE) };

		if (r.start < r.end)
			bi->ram[kept++] = r;
	}
	bi->nr_ram = kept;
}
