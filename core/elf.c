// SPDX-License-Identifier: BSD-2-Clause
/* Reading a program's ELF file (core/elf.h). */
#include "core/elf.h"

#include <linux/elf.h>

#include "arch/x86/paging.h"
#include "include/errno.h"
#include "lib/string.h"

_Static_assert(sizeof(Elf64_Ehdr) == 64, "Elf64_Ehdr");
_Static_assert(sizeof(Elf64_Phdr) == 56, "Elf64_Phdr");

struct file {
	const uint8_t *data;
	size_t size;  /* of the file */
	size_t given; /* of that at data */
	Elf64_Ehdr header;
};

static int refuse(struct elf_image *image, int error, const char *problem)
{
	image->problem = problem;
	return error;
}

/* Is [offset, offset + size) inside the file? */
static bool in_file(const struct file *file, uint64_t offset, uint64_t size)
{
	return offset <= file->size && size <= file->size - offset;
}

static bool is_power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

static Elf64_Phdr program_header(const struct file *file, unsigned i)
{
	Elf64_Phdr ph;

	memcpy(&ph, file->data + file->header.e_phoff + i * sizeof(ph), sizeof(ph));
	return ph;
}

static int check_header(struct elf_image *image, struct file *file)
{
	Elf64_Ehdr *h = &file->header;

	if (file->given < sizeof(*h))
		return refuse(image, -ENOEXEC, "too short for an ELF file");
	memcpy(h, file->data, sizeof(*h));
	if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
		return refuse(image, -ENOEXEC, "not an ELF file");
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
	    h->e_machine != EM_X86_64)
		return refuse(image, -ENOEXEC, "not for x86-64: compile it for x86_64-linux");
	if (h->e_ident[EI_VERSION] != EV_CURRENT || h->e_version != EV_CURRENT)
		return refuse(image, -ENOEXEC, "unknown ELF version");
	if (h->e_ident[EI_OSABI] != ELFOSABI_NONE && h->e_ident[EI_OSABI] != ELFOSABI_LINUX)
		return refuse(image, -ENOEXEC, "for another operating system: link it for Linux");
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return refuse(image, -ENOEXEC, "not an executable (an object or a core file?)");
	if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum == PN_XNUM)
		return refuse(image, -ENOEXEC, "no program headers that make sense");
	if (!in_file(file, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr)))
		return refuse(image, -ENOEXEC, "program headers behind the end: the file is cut off");
	if (h->e_phoff + (uint64_t)h->e_phnum * sizeof(Elf64_Phdr) > file->given)
		return refuse(image, -ENOEXEC, "program headers too far from the file's beginning");
	return 0;
}

/* Checks one PT_LOAD by itself and appends it. */
static int add_segment(struct elf_image *image, const struct file *file, const Elf64_Phdr *ph)
{
	virt_t min = image->relocatable ? 0 : USER_MIN, max = USER_MAX - (USER_MIN - min);
	struct elf_segment *s = &image->segments[image->nr_segments];

	if (ph->p_memsz == 0 && ph->p_filesz == 0)
		return 0;
	if (image->nr_segments == ELF_SEGMENTS_MAX)
		return refuse(image, -ENOEXEC, "too many segments: link it without splitting them");
	if (ph->p_filesz > ph->p_memsz)
		return refuse(image, -ENOEXEC, "a segment is larger in the file than in memory");
	if (ph->p_filesz && !in_file(file, ph->p_offset, ph->p_filesz))
		return refuse(image, -ENOEXEC, "a segment behind the end: the file is cut off");
	if (ph->p_vaddr < min || ph->p_vaddr >= max || ph->p_memsz > max - ph->p_vaddr)
		return refuse(image, -ENOEXEC, "a segment outside the addresses that programs have");
	if (ph->p_align > 1 && (!is_power_of_two(ph->p_align) || ph->p_align > ELF_ALIGN_MAX ||
	                        (ph->p_vaddr - ph->p_offset) & (ph->p_align - 1)))
		return refuse(image, -ENOEXEC, "a segment with an impossible alignment");
	if (ph->p_flags & PF_W && ph->p_flags & PF_X)
		return refuse(image, -EACCES, "a segment both writable and executable: link without -N");
	if (image->nr_segments && ALIGN_DOWN(ph->p_vaddr, FRAME_SIZE) < s[-1].start + s[-1].memory_size)
		return refuse(image, -ENOEXEC, "segments overlap, share a page or are out of order");

	*s = (struct elf_segment){
		.start = ph->p_vaddr,
		.memory_size = ph->p_memsz,
		.offset = ph->p_offset,
		.file_size = ph->p_filesz,
		.read = ph->p_flags & PF_R,
		.write = ph->p_flags & PF_W,
		.execute = ph->p_flags & PF_X,
	};
	image->nr_segments++;
	image->align = MAX(image->align, ph->p_align);
	return 0;
}

/* Where the file's bytes [offset, offset + size) lie in memory; 0: nowhere as a whole. */
static virt_t loaded_at(const struct elf_image *image, uint64_t offset, uint64_t size)
{
	for (unsigned i = 0; i < image->nr_segments; i++) {
		const struct elf_segment *s = &image->segments[i];

		if (offset >= s->offset && offset - s->offset <= s->file_size &&
		    size <= s->file_size - (offset - s->offset))
			return s->start + (offset - s->offset);
	}
	return 0;
}

/* Is [start, start + size) inside one segment? */
static const struct elf_segment *segment_of(const struct elf_image *image, virt_t start,
                                            uint64_t size)
{
	for (unsigned i = 0; i < image->nr_segments; i++) {
		const struct elf_segment *s = &image->segments[i];

		if (start >= s->start && start - s->start < s->memory_size &&
		    size <= s->memory_size - (start - s->start))
			return s;
	}
	return NULL;
}

/* The headers that are no segments: each must agree with them. */
static int check_other(struct elf_image *image, const struct file *file, const Elf64_Phdr *ph)
{
	switch (ph->p_type) {
	case PT_INTERP:
		if (ph->p_filesz < 2 || !in_file(file, ph->p_offset, ph->p_filesz))
			return refuse(image, -ENOEXEC, "the dynamic linker's name lies outside the file");
		image->interpreter = ph->p_offset;
		image->interpreter_size = ph->p_filesz;
		return 0;
	case PT_GNU_STACK:
		image->executable_stack = ph->p_flags & PF_X;
		return 0;
	case PT_PHDR:
		if (ph->p_vaddr != image->phdr)
			return refuse(image, -ENOEXEC, "PT_PHDR is not where the program headers are loaded");
		return 0;
	case PT_TLS:
		/* .tbss takes no room in a segment; only the initial values do. */
		if (ph->p_filesz > ph->p_memsz || (ph->p_align && !is_power_of_two(ph->p_align)) ||
		    (ph->p_filesz && !segment_of(image, ph->p_vaddr, ph->p_filesz)))
			return refuse(image, -ENOEXEC, "the thread-local data lie in no segment");
		return 0;
	default:
		return 0;
	}
}

int elf_parse_header(struct elf_image *image, const void *data, size_t size, uint64_t file_size)
{
	struct file file = { .data = data, .size = file_size, .given = MIN(size, file_size) };
	const struct elf_segment *last, *entry;
	uint64_t table_size;
	int error;

	*image = (struct elf_image){ .align = FRAME_SIZE };
	error = check_header(image, &file);
	if (error)
		return error;
	image->relocatable = file.header.e_type == ET_DYN;
	for (unsigned i = 0; i < file.header.e_phnum; i++) {
		Elf64_Phdr ph = program_header(&file, i);

		error = ph.p_type == PT_LOAD ? add_segment(image, &file, &ph) : 0;
		if (error)
			return error;
	}
	if (!image->nr_segments)
		return refuse(image, -ENOEXEC, "nothing to load");

	table_size = (uint64_t)file.header.e_phnum * sizeof(Elf64_Phdr);
	image->phdr = loaded_at(image, file.header.e_phoff, table_size);
	image->phnum = image->phdr ? file.header.e_phnum : 0;
	for (unsigned i = 0; i < file.header.e_phnum; i++) {
		Elf64_Phdr ph = program_header(&file, i);

		error = check_other(image, &file, &ph);
		if (error)
			return error;
	}

	last = &image->segments[image->nr_segments - 1];
	if (!image->relocatable)
		image->low = ALIGN_DOWN(image->segments[0].start, FRAME_SIZE);
	image->high = ALIGN_UP(last->start + last->memory_size, FRAME_SIZE);
	image->entry = file.header.e_entry;
	entry = segment_of(image, image->entry, 1);
	if (!entry || !entry->execute)
		return refuse(image, -ENOEXEC, "the entry lies in no executable segment");
	return 0;
}

int elf_parse(struct elf_image *image, const void *data, size_t size)
{
	int error = elf_parse_header(image, data, size, size);

	if (!error && image->interpreter_size)
		return refuse(image, -EOPNOTSUPP, "needs a dynamic linker: link it with -static");
	return error;
}
