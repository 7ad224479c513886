// SPDX-License-Identifier: BSD-2-Clause
/* Where the boot stubs (assembly) enter C: the one boot_info of this image is filled in from the
 * loader's memory, and the core takes over. */
#include "boot/boot.h"

#include "arch/x86/paging.h"
#include "core/main.h"
#include "include/errno.h"

/* What boot32.S has put into the direct map. */
#define EARLY_DIRECT_MAP GIB(1)

_Static_assert(BOOT_PHYS_MAX == DIRECT_MAP_END - DIRECT_MAP_BASE, "all RAM fits the direct map");

extern const char __image_start[], __image_end[]; /* image.lds.S; virtual */

static struct boot_info boot_info;

static const void *read_direct_map(void *ctx, phys_t addr, uint64_t size)
{
	(void)ctx;
	if (addr >= EARLY_DIRECT_MAP || size > EARLY_DIRECT_MAP - addr)
		return NULL;
	return phys_to_virt(addr);
}

static const struct boot_memory direct_map = { .read = read_direct_map };

static void begin(struct boot_parse *p, enum boot_protocol protocol, uint64_t tsc_entry)
{
	p->memory = &direct_map;
	p->image.start = virt_to_phys(__image_start);
	p->image.end = virt_to_phys(__image_end);
	boot_begin(p, &boot_info, protocol, tsc_entry);
}

static __noreturn void finish(struct boot_parse *p)
{
	boot_finish(p);
	core_main(&boot_info);
}

#ifdef CONFIG_BOOT_PVH
__weak int boot_hypervisor_memory_map(struct boot_info *bi)
{
	(void)bi;
	return -ENOSYS;
}

void boot_pvh(phys_t info, uint64_t tsc_entry)
{
	struct boot_parse p;

	begin(&p, BOOT_PROTOCOL_PVH, tsc_entry);
	if (pvh_parse(&p, info) == PVH_NO_MEMORY_MAP && boot_hypervisor_memory_map(&boot_info) != 0)
		boot_fail(&p, "PVH start info (version %u) has no memory map: use a VMM that has one",
		          boot_info.version);
	finish(&p);
}
#endif

#ifdef CONFIG_BOOT_MULTIBOOT
void boot_multiboot1(phys_t info, uint64_t tsc_entry)
{
	struct boot_parse p;

	begin(&p, BOOT_PROTOCOL_MULTIBOOT1, tsc_entry);
	multiboot_parse(&p, info);
	finish(&p);
}
#endif

#ifdef CONFIG_BOOT_MULTIBOOT2
void boot_multiboot2(phys_t info, uint64_t tsc_entry)
{
	struct boot_parse p;

	begin(&p, BOOT_PROTOCOL_MULTIBOOT2, tsc_entry);
	multiboot2_parse(&p, info);
	finish(&p);
}
#endif
