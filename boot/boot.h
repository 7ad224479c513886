/* SPDX-License-Identifier: BSD-2-Clause */
/* What the boot protocols share: reading the loader's memory, collecting RAM, modules and strings
 * in struct boot_info. Everything but boot/entry.c is pure: on the host and under a fuzzer the same
 * functions read a fake physical memory. No allocation, little stack. */
#ifndef PAGURUS_BOOT_BOOT_H
#define PAGURUS_BOOT_BOOT_H

#include "include/boot_info.h"

/* Entries of a memory map that are looked at; a longer one is a lie (BOOT_WARN_INFO_TRUNCATED). */
#define BOOT_MAP_ENTRIES_MAX 4096

/* Left alone by everybody: interrupt vectors and BIOS data, and where a null pointer would point. */
#define BOOT_LOW_RESERVED KIB(64)

/* Physical memory as it can be read while booting. */
struct boot_memory {
	/* Pointer to the size (> 0) bytes at addr, of any alignment; NULL where not all of them can be
	 * read. addr + size does not wrap. */
	const void *(*read)(void *ctx, phys_t addr, uint64_t size);
	void *ctx;
};

/* One run of a parser. */
struct boot_parse {
	struct boot_info *bi;
	const struct boot_memory *memory;
	struct mem_range image; /* the kernel's own, physical */
	struct mem_range keep;  /* loader's data that bi points at (RSDP); empty: none */
	uint32_t strings_used;  /* bytes of bi->strings */
};

/* Begins a run: p->memory and p->image are the caller's, the rest is set here, and of bi what a
 * parser may leave alone (bi is not cleared as a whole). */
void boot_begin(struct boot_parse *p, struct boot_info *bi, enum boot_protocol protocol,
                uint64_t tsc_entry);

/* boot_memory's read, also refusing address 0 (which says "none" everywhere) and ranges that wrap. */
const void *boot_read(const struct boot_parse *p, phys_t addr, uint64_t size);

/* Copies the string at addr, of which at most limit bytes belong to it, to dst[size].
 * Returns 0, -ENAMETOOLONG (cut to fit, or without an end) or -EFAULT (dst is ""). */
int boot_copy_string(const struct boot_parse *p, char *dst, size_t size, phys_t addr,
                     uint64_t limit);

/* Copies the kernel's command line; addr 0: there is none. */
void boot_set_cmdline(struct boot_parse *p, phys_t addr, uint64_t limit);

/* Notes a module [start, start + size) with its command line at name (0: none). */
void boot_add_module(struct boot_parse *p, phys_t start, uint64_t size, phys_t name,
                     uint64_t name_limit);

/* Takes over a table of count entries, stride bytes apart, each { base, length (64 bits each), type
 * (32 bits) }, where type 1 is RAM and every other is not: the form that PVH and multiboot2 share. */
void boot_add_map(struct boot_parse *p, phys_t table, uint64_t count, uint64_t stride);

/* RAM of a loader that has no map, only how much there is: KiB from 0 and KiB from 1 MiB up. */
void boot_add_meminfo(struct boot_parse *p, uint32_t lower_kib, uint32_t upper_kib);

/* Gives up: writes the reason to bi->error. Returns -EINVAL. */
int boot_fail(struct boot_parse *p, const char *fmt, ...) __printf(2, 3);

/* Last step: checks the modules against RAM and image, takes out of the RAM what is in use, and
 * cuts it to whole frames. No RAM left is an error. */
void boot_finish(struct boot_parse *p);

/* The protocols. Each returns 0 or -EINVAL (bi->error says why); boot_finish() comes after. */
int pvh_parse(struct boot_parse *p, phys_t info);
int multiboot_parse(struct boot_parse *p, phys_t info);
int multiboot2_parse(struct boot_parse *p, phys_t info);
/* pvh_parse() only, besides: a start info without a memory map (version 0); the hypervisor must be
 * asked, through boot_hypervisor_memory_map(). */
#define PVH_NO_MEMORY_MAP 1

/* Asks the hypervisor for the memory map and hands it to memmap_add() and memmap_reserve().
 * Returns 0 or -errno. This room has only a weak one that returns -ENOSYS. Called on the boot
 * stack before anything else is set up. */
int boot_hypervisor_memory_map(struct boot_info *bi);

/* Where the stubs (assembly) enter, in 64-bit mode: information as the protocol hands it over, TSC
 * at the stub's first instruction. */
__noreturn void boot_pvh(phys_t info, uint64_t tsc_entry);
__noreturn void boot_multiboot1(phys_t info, uint64_t tsc_entry);
__noreturn void boot_multiboot2(phys_t info, uint64_t tsc_entry);

#endif
