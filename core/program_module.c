/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that comes as a module: an unmodified static Linux executable, position-dependent or
 * not, mapped into the lower half and started as execve would. */
#include <linux/elf.h>
#include <linux/mman.h>

#include "arch/x86/paging.h"
#include "arch/x86/trap.h"
#include "core/aslr.h"
#include "core/elf.h"
#include "core/program.h"
#include "include/log.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/area.h"
#include "mm/frame.h"

static phys_t table_frame(void)
{
	return frame_alloc_zeroed(0);
}

/* The module's bytes. Modules are no RAM of the frame allocator's, so nobody mapped them yet. */
static const void *module_map(const struct boot_module *module)
{
	phys_t start = ALIGN_DOWN(module->range.start, FRAME_SIZE);
	phys_t end = ALIGN_UP(module->range.end, FRAME_SIZE);

	if (paging_direct_map(start, end, table_frame))
		panic("no memory to map the module %s: give the VM more", module->name);
	return phys_to_virt(module->range.start);
}

/* Where a relocatable image goes: where it is to be if that is free, else any gap that is large
 * enough, at its alignment. */
static virt_t choose_base(const struct elf_image *elf)
{
	size_t size = elf->high + elf->align;
	long gap = area_map(program_space, aslr_program(), size, PROT_NONE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);

	if (gap < 0)
		panic("no room for a program of %lu KiB (error %ld)", size >> 10, gap);
	area_unmap(program_space, (virt_t)gap, size);
	return ALIGN_UP((virt_t)gap, elf->align);
}

static void segment_map(const struct elf_segment *segment, virt_t base, const char *file)
{
	virt_t start = base + ALIGN_DOWN(segment->start, FRAME_SIZE);
	virt_t end = base + ALIGN_UP(segment->start + segment->memory_size, FRAME_SIZE);
	int prot = (segment->read ? PROT_READ : 0) | (segment->write ? PROT_WRITE : 0) |
	           (segment->execute ? PROT_EXEC : 0);
	long error = area_map(program_space, start, end - start, PROT_READ | PROT_WRITE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE);

	if (error < 0)
		panic("no memory for the program's segment at %#lx, %lu KiB (error %ld): give the VM more",
		      start, (end - start) >> 10, error);
	if (copy_to_program((void *)(base + segment->start), file + segment->offset,
	                    segment->file_size))
		panic("no memory for the program's segment at %#lx: give the VM more", start);
	if (prot != (PROT_READ | PROT_WRITE)) {
		error = area_protect(program_space, start, end - start, prot);
		if (error)
			panic("cannot protect the program's segment at %#lx (error %ld)", start, error);
	}
}

/* argv[0]: the first word of what the loader calls the module. */
static const char *module_name(const struct boot_module *module)
{
	static char name[256];
	const char *blank = strchr(module->name, ' ');
	size_t n = blank ? (size_t)(blank - module->name) + 1 : sizeof(name);

	strlcpy(name, module->name, MIN(n, sizeof(name)));
	return *name ? name : "program";
}

void program_start(const struct params *params, const struct boot_info *bi)
{
	static struct elf_image elf;
	const struct boot_module *module = &bi->modules[0];
	struct program_image image;
	const char *file;
	virt_t base = 0;
	size_t size;
	int error;

	if (bi->nr_modules == 0)
		panic("no program: this image starts one from a module (QEMU -initrd FILE, xl ramdisk=, "
		      "GRUB module), and none was handed over");
	size = module->range.end - module->range.start;
	file = module_map(module);
	error = elf_parse(&elf, file, size);
	if (error)
		panic("module %s: %s (error %d)", module->name, elf.problem, error);
	if (elf.executable_stack)
		log_warn("the program asks for an executable stack and does not get one");
	if (elf.relocatable)
		base = choose_base(&elf);
	for (unsigned i = 0; i < elf.nr_segments; i++)
		segment_map(&elf.segments[i], base, file);
	area_set_brk(program_space, base + elf.high + aslr_brk());

	image = (struct program_image){
		.phdr = elf.phdr ? base + elf.phdr : 0,
		.phent = sizeof(Elf64_Phdr),
		.phnum = elf.phnum,
		.entry = base + elf.entry,
		.start = base + elf.entry,
		.file = module_name(module),
	};
	program_run(&image, image.file, params);
}
