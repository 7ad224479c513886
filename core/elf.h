/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a program's ELF file (System V gABI, chapters 4 and 5; x86-64 psABI): what is to be
 * mapped where. For executables, position-dependent or not. Pure; reads nothing
 * outside the buffer, believes nothing. */
#ifndef PAGURUS_CORE_ELF_H
#define PAGURUS_CORE_ELF_H

#include "include/types.h"

#define ELF_SEGMENTS_MAX 16
#define ELF_ALIGN_MAX GIB(1)

/* One piece of memory: the bytes [offset, offset + file_size) of the file at start, then zeros up
 * to start + memory_size. Its pages are its own: no other segment touches them. */
struct elf_segment {
	virt_t start;
	uint64_t memory_size; /* > 0, >= file_size */
	uint64_t offset;
	uint64_t file_size;
	bool read, write, execute; /* never both of the last two */
};

struct elf_image {
	bool relocatable;          /* addresses below are offsets from a base that the caller chooses */
	virt_t low, high;          /* what the segments span, whole pages; low = 0 where relocatable */
	uint64_t align;            /* the base must be a multiple: a power of two, a page at least */
	virt_t entry;              /* lies in an executable segment */
	virt_t phdr;               /* program headers in memory, for AT_PHDR; 0: not loaded */
	unsigned phnum;            /* for AT_PHNUM; 0 where phdr is */
	uint64_t interpreter;      /* offset of the dynamic linker's name in the file (PT_INTERP) */
	uint64_t interpreter_size; /* its length, NUL included; 0: none is wanted */
	bool executable_stack;     /* PT_GNU_STACK asks for one (it does not get it) */
	unsigned nr_segments;      /* ascending by address */
	struct elf_segment segments[ELF_SEGMENTS_MAX];
	const char *problem; /* where elf_parse() fails: what is wrong and what to do */
};

/* Reads the program headers of a file of file_size bytes, of which the first size are at data: the
 * headers must be among them. As elf_parse(), but a dynamic linker may be wanted: image->interpreter
 * says where in the file its name is. */
int elf_parse_header(struct elf_image *image, const void *data, size_t size, uint64_t file_size);

/* Reads the file of size bytes at data (of any alignment). Returns 0; -ENOEXEC: no ELF file for this
 * machine, or a malformed one; -EACCES: a segment both writable and executable; -EOPNOTSUPP: wants
 * a dynamic linker; image->problem says more. On success the segments lie within USER_MIN..USER_MAX
 * (within that many bytes from 0, where relocatable). */
int elf_parse(struct elf_image *image, const void *data, size_t size);

#endif
