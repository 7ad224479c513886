/* SPDX-License-Identifier: BSD-2-Clause */
/* What a boot protocol hands to the core: the one structure through which outside data enters.
 * A stub in boot/ fills it in from what the loader left in memory; after that call nothing reads
 * the loader's own structures again, so the RAM they lie in is free to use. */
#ifndef PAGURUS_BOOT_INFO_H
#define PAGURUS_BOOT_INFO_H

#include "include/types.h"

#define BOOT_RAM_MAX 64      /* ranges of RAM kept after merging */
#define BOOT_MODULES_MAX 8   /* modules kept */
#define BOOT_CMDLINE_MAX 4096 /* bytes of command line kept, its NUL included */

#define BOOT_PHYS_MAX (1UL << 46) /* RAM from here on is not used: the direct map ends */

enum boot_protocol {
	BOOT_PROTOCOL_PVH,
	BOOT_PROTOCOL_MULTIBOOT1,
	BOOT_PROTOCOL_MULTIBOOT2,
};

/* Half-open range of physical memory [start, end), bytes. */
struct mem_range {
	phys_t start;
	phys_t end;
};

struct boot_module {
	struct mem_range range; /* where the file lies; excluded from ram[] */
	const char *name;       /* the module's own command line, in boot_info.strings; never NULL */
};

/* What went wrong or was dropped while parsing, as bits: the core prints one line for each. */
enum boot_warning {
	BOOT_WARN_CMDLINE_TRUNCATED = BIT(0),  /* the kernel's or a module's: too long or without an end */
	BOOT_WARN_CMDLINE_UNREADABLE = BIT(1), /* its address lies outside what can be read */
	BOOT_WARN_RAM_DROPPED = BIT(2),        /* more ranges than BOOT_RAM_MAX: the smallest went */
	BOOT_WARN_RAM_INVALID = BIT(3),        /* wrapping or beyond BOOT_PHYS_MAX: ignored */
	BOOT_WARN_RAM_OVERLAP = BIT(4),        /* RAM overlapped something reserved: taken as reserved */
	BOOT_WARN_MODULE_INVALID = BIT(5),     /* overlapped image or module, empty, wrapped, not in RAM: ignored */
	BOOT_WARN_MODULE_DROPPED = BIT(6),     /* more than BOOT_MODULES_MAX */
	BOOT_WARN_INFO_TRUNCATED = BIT(7),     /* a list ended early or ran past its size */
};

struct boot_info {
	enum boot_protocol protocol;
	uint32_t version;       /* PVH: start info version; multiboot: 1 or 2 */
	uint64_t tsc_entry;     /* TSC at the stub's first instruction */
	phys_t rsdp;            /* ACPI root pointer, 0 where the protocol does not tell */
	/* Why this machine cannot be booted: what, where, what to do; the core panics with it as soon
	 * as there is a console. NULL: it can. Where it is set, nr_ram and nr_modules are 0. */
	const char *error;
#ifdef CONFIG_SMP
	phys_t low_frame;       /* RAM below 64 KiB that nobody uses: CPUs start there; 0: none */
#endif
	uint32_t warnings;      /* enum boot_warning */
	uint32_t nr_ram;
	uint32_t nr_modules;
	/* Usable RAM: sorted, disjoint, merged, frame-aligned; without the first 64 KiB, the image,
	 * the modules and whatever the map reserves. */
	struct mem_range ram[BOOT_RAM_MAX];
	struct boot_module modules[BOOT_MODULES_MAX];
	char loader[32];                 /* "qemu", "GRUB 2.06-13", "" */
	char cmdline[BOOT_CMDLINE_MAX];  /* NUL-terminated copy */
	char strings[1024];              /* the modules' names */
};

#endif
