/* SPDX-License-Identifier: BSD-2-Clause */
/* How a fuzz target turns its input into a loader's memory: the input is physical memory from
 * FUZZ_BASE on, with the protocol's information at its start, and nothing else can be read. */
#ifndef PAGURUS_FUZZ_BOOT_INPUT_H
#define PAGURUS_FUZZ_BOOT_INPUT_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/fake_memory.h"

#define FUZZ_BASE 0x1000

static const struct mem_range fuzz_image = { MIB(1), MIB(1) + 0x25000 };

/* Runs one parser on the input and checks what it made of it. */
static inline void fuzz_boot(const uint8_t *data, size_t size,
                             int (*parser)(struct boot_parse *p, phys_t info),
                             enum boot_protocol protocol)
{
	/* Junk from the run before, as nothing is cleared. */
	static struct boot_info bi;
	struct fake_memory memory = { (uint8_t *)(uintptr_t)data, FUZZ_BASE, size };
	const struct boot_memory accessor = { .read = fake_read, .ctx = &memory };
	struct boot_parse parse = { .memory = &accessor, .image = fuzz_image };
	int result;

	boot_begin(&parse, &bi, protocol, 1);
	result = parser(&parse, FUZZ_BASE);
	if (result == PVH_NO_MEMORY_MAP)
		boot_fail(&parse, "no memory map");
	boot_finish(&parse);
	if ((result < 0 && !bi.error) || !boot_info_sane(&bi, fuzz_image)) {
		fprintf(stderr, "boot_info does not hold what it promises (result %d)\n", result);
		abort();
	}
}

#endif
