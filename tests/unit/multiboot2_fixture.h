/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of multiboot2 information share: a fake memory, and tags to put there. */
#ifndef PAGURUS_MULTIBOOT2_FIXTURE_H
#define PAGURUS_MULTIBOOT2_FIXTURE_H

#include "tests/unit/host_stubs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot/boot.h"
#include "boot/multiboot.h"
#include "tests/unit/fake_memory.h"

#define BASE 0x110000
#define SIZE 0x10000
#define INFO 0x110008

static struct fake_memory memory = { .base = BASE };
static const struct boot_memory accessor = { .read = fake_read, .ctx = &memory };
static const struct mem_range image = { MIB(1), MIB(1) + 0x6000 };
static struct boot_info *bi;
static struct boot_parse parse;
static phys_t next; /* where the next tag goes */

struct entry {
	uint64_t base, length;
	uint32_t type, reserved;
};

static const struct entry map[] = {
	{ MIB(1), MIB(63), 1, 0 },
	{ 0, 0x9fc00, 1, 0 },
	{ 0x9fc00, 0x400, 2, 0 },
	{ 0x3fff000, 0x1000, 3, 0 },
};

static int setup(void **state)
{
	(void)state;
	memory.bytes = calloc(1, SIZE);
	memory.size = SIZE;
	bi = malloc(sizeof(*bi));
	memset(bi, 0xa5, sizeof(*bi));
	next = INFO + 8;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(memory.bytes);
	free(bi);
	return 0;
}

/* Appends a tag. Returns its address. */
static phys_t tag(uint32_t type, const void *body, size_t size)
{
	struct multiboot2_tag head = { type, (uint32_t)(sizeof(head) + size) };
	phys_t at = next;

	fake_write(&memory, at, &head, sizeof(head));
	fake_write(&memory, at + sizeof(head), body, size);
	next += ALIGN_UP(head.size, 8u);
	return at;
}

static phys_t tag_string(uint32_t type, const char *text)
{
	return tag(type, text, strlen(text) + 1);
}

static phys_t tag_module(uint32_t start, uint32_t end, const char *name)
{
	uint8_t body[64];

	memcpy(body, &start, 4);
	memcpy(body + 4, &end, 4);
	memcpy(body + 8, name, strlen(name) + 1);
	return tag(MULTIBOOT2_TAG_TYPE_MODULE, body, 8 + strlen(name) + 1);
}

/* The map, with entries of entry_size bytes. */
static phys_t tag_map(const struct entry *entries, unsigned n, uint32_t entry_size)
{
	uint8_t body[8 + 64 * 8] = { 0 };

	memcpy(body, &entry_size, 4);
	for (unsigned i = 0; i < n; i++)
		memcpy(body + 8 + i * entry_size, &entries[i], sizeof(entries[i]));
	return tag(MULTIBOOT2_TAG_TYPE_MMAP, body, 8 + n * entry_size);
}

static void set_size(uint32_t size)
{
	fake_write(&memory, INFO, &size, sizeof(size));
}

static void end_tag(void)
{
	tag(MULTIBOOT2_TAG_TYPE_END, "", 0);
	set_size((uint32_t)(next - INFO));
}

static int run(void)
{
	int result;

	parse = (struct boot_parse){ .memory = &accessor, .image = image };
	boot_begin(&parse, bi, BOOT_PROTOCOL_MULTIBOOT2, 5);
	result = multiboot2_parse(&parse, INFO);
	boot_finish(&parse);
	assert_true(boot_info_sane(bi, image));
	return result;
}

static void check_ram(void)
{
	assert_int_equal(bi->nr_ram, 2);
	assert_int_equal(bi->ram[0].start, 0x10000);
	assert_int_equal(bi->ram[0].end, 0x9f000);
	assert_int_equal(bi->ram[1].start, 0x106000);
	assert_int_equal(bi->ram[1].end, 0x3fff000);
}

#endif
