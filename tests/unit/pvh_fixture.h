/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of PVH start info share: a fake memory with what Xen leaves there. */
#ifndef PAGURUS_PVH_FIXTURE_H
#define PAGURUS_PVH_FIXTURE_H

#include "tests/unit/host_stubs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot/boot.h"
#include "boot/memmap.h"
#include "tests/unit/fake_memory.h"

#include <xen/arch-x86/hvm/start_info.h>

#define BASE 0x1000
#define SIZE 0x20000
#define INFO 0x1010 /* aligned to nothing in particular */
#define MAP 0x2004
#define MODULES 0x3000
#define CMDLINE 0x4000

static struct fake_memory memory = { .base = BASE, .size = SIZE };
static const struct boot_memory accessor = { .read = fake_read, .ctx = &memory };
static const struct mem_range image = { MIB(1), MIB(1) + 0x5800 };
static struct boot_info *bi;
static struct boot_parse parse;
static struct hvm_start_info info;

static int setup(void **state)
{
	static const struct hvm_memmap_table_entry map[] = {
		{ MIB(1), MIB(127), XEN_HVM_MEMMAP_TYPE_RAM, 0 },
		{ 0, 0xa0000, XEN_HVM_MEMMAP_TYPE_RAM, 0 },
		{ 0xfc000000, 0x2000, XEN_HVM_MEMMAP_TYPE_NVS, 0 },
		{ 0xfeff8000, 0x8000, XEN_HVM_MEMMAP_TYPE_RESERVED, 0 },
	};

	(void)state;
	memory.bytes = calloc(1, SIZE);
	memory.size = SIZE;
	bi = malloc(sizeof(*bi));
	memset(bi, 0xa5, sizeof(*bi)); /* nothing may depend on it being clear */
	info = (struct hvm_start_info){
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.cmdline_paddr = fake_string(&memory, CMDLINE, "hello world"),
		.rsdp_paddr = 0xfc001000,
		.memmap_paddr = fake_write(&memory, MAP, map, sizeof(map)),
		.memmap_entries = ARRAY_SIZE(map),
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(memory.bytes);
	free(bi);
	return 0;
}

static int run(void)
{
	int result;

	parse = (struct boot_parse){ .memory = &accessor, .image = image };
	boot_begin(&parse, bi, BOOT_PROTOCOL_PVH, 1234);
	fake_write(&memory, INFO, &info, info.version ? sizeof(info) : 40);
	result = pvh_parse(&parse, INFO);
	if (result != PVH_NO_MEMORY_MAP) {
		boot_finish(&parse);
		assert_true(boot_info_sane(bi, image));
	}
	return result;
}

static void check_ram(void)
{
	assert_int_equal(bi->nr_ram, 2);
	assert_int_equal(bi->ram[0].start, 0x10000);
	assert_int_equal(bi->ram[0].end, 0xa0000);
	assert_int_equal(bi->ram[1].start, MIB(1) + 0x6000);
	assert_int_equal(bi->ram[1].end, MIB(128));
}

#endif
