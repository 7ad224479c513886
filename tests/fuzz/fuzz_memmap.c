/* sources: boot/memmap.c lib/string.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The set of RAM ranges under any sequence of operations: sorted, disjoint, in bounds, and never a
 * byte that was reserved after it was added. The input is a list of operations of 17 bytes:
 * operation, start, size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/memmap.h"

#define OPERATIONS_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "memmap: %s\n", what);
	abort();
}

static void check(const struct boot_info *bi)
{
	require(bi->nr_ram <= BOOT_RAM_MAX, "too many ranges");
	for (uint32_t i = 0; i < bi->nr_ram; i++) {
		require(bi->ram[i].start < bi->ram[i].end, "empty range");
		require(bi->ram[i].end <= BOOT_PHYS_MAX, "out of bounds");
		require(!i || bi->ram[i - 1].end < bi->ram[i].start, "not sorted or not merged");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mem_range reserved[OPERATIONS_MAX];
	static struct boot_info bi;
	unsigned nr_reserved = 0;

	bi.nr_ram = 0;
	bi.warnings = 0;
	for (unsigned n = 0; size >= 17 && n < OPERATIONS_MAX; n++, data += 17, size -= 17) {
		uint64_t start, length;

		memcpy(&start, data + 1, 8);
		memcpy(&length, data + 9, 8);
		switch (data[0] % 3) {
		case 0:
			/* As a parser does: RAM comes before what is reserved. */
			if (!nr_reserved)
				memmap_add(&bi, start, length);
			break;
		case 1:
			memmap_reserve(&bi, start, length);
			if (length)
				reserved[nr_reserved++] =
					(struct mem_range){ start,
					                    start + length < start ? UINT64_MAX : start + length };
			break;
		default:
			memmap_exclude(&bi, (struct mem_range){ start, length });
			if (start < length)
				reserved[nr_reserved++] = (struct mem_range){ start, length };
			break;
		}
		check(&bi);
	}
	memmap_finish(&bi);
	check(&bi);
	for (uint32_t i = 0; i < bi.nr_ram; i++) {
		require(!((bi.ram[i].start | bi.ram[i].end) & FRAME_MASK), "not whole frames");
		for (unsigned j = 0; j < nr_reserved; j++)
			require(bi.ram[i].end <= reserved[j].start || reserved[j].end <= bi.ram[i].start,
			        "reserved memory given out");
	}
	return 0;
}
