/* sources: core/elf.c */
// SPDX-License-Identifier: BSD-2-Clause
/* ELF files: a small one built here, then everything that can be wrong with it; and this test's own
 * executable, which is dynamically linked. */
#include "tests/unit/host_stubs.h"

#include <errno.h>
#include <linux/elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/paging.h"
#include "core/elf.h"

#define FILE_SIZE 0x3100
#define PHNUM 8

static struct {
	Elf64_Ehdr header;
	Elf64_Phdr ph[PHNUM];
} * file;
static struct elf_image image;

enum {
	TEXT,
	RODATA,
	DATA,
	TLS,
	STACK,
	PHDR,
	NOTE,
	EMPTY
};

static int setup(void **state)
{
	(void)state;
	file = calloc(1, FILE_SIZE);
	file->header = (Elf64_Ehdr){
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_LINUX },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = 0x401010,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = PHNUM,
	};
	file->ph[RODATA] = (Elf64_Phdr){ PT_LOAD, PF_R, 0, 0x400000, 0, 0x500, 0x500, 0x1000 };
	file->ph[TEXT] =
		(Elf64_Phdr){ PT_LOAD, PF_R | PF_X, 0x1000, 0x401000, 0, 0x1234, 0x1234, 0x1000 };
	file->ph[DATA] =
		(Elf64_Phdr){ PT_LOAD, PF_R | PF_W, 0x2ff0, 0x403ff0, 0, 0x110, 0x5000, 0x1000 };
	file->ph[TLS] = (Elf64_Phdr){ PT_TLS, PF_R, 0x2ff0, 0x403ff0, 0, 0x10, 0x80, 16 };
	file->ph[STACK] = (Elf64_Phdr){ PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16 };
	file->ph[PHDR] = (Elf64_Phdr){ PT_PHDR, PF_R, 64, 0x400040, 0, PHNUM * 56, PHNUM * 56, 8 };
	file->ph[NOTE] = (Elf64_Phdr){ PT_NOTE, PF_R, 0x300, 0x400300, 0, 0x20, 0x20, 4 };
	/* Headers come in the order of addresses; the first two swap places. */
	Elf64_Phdr first = file->ph[RODATA];

	file->ph[1] = file->ph[TEXT];
	file->ph[0] = first;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(file);
	return 0;
}

#define LOAD_RODATA (&file->ph[0])
#define LOAD_TEXT (&file->ph[1])
#define LOAD_DATA (&file->ph[2])

static void check_refused(int error, const char *why)
{
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), error);
	assert_non_null(image.problem);
	if (!strstr(image.problem, why))
		fail_msg("\"%s\" does not say \"%s\"", image.problem, why);
}

static void test_typical(void **state)
{
	(void)state;
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
	assert_null(image.problem);
	assert_false(image.relocatable);
	assert_int_equal(image.low, 0x400000);
	assert_int_equal(image.high, 0x409000);
	assert_int_equal(image.align, 0x1000);
	assert_int_equal(image.entry, 0x401010);
	assert_int_equal(image.phdr, 0x400040);
	assert_int_equal(image.phnum, PHNUM);
	assert_false(image.executable_stack);
	assert_int_equal(image.nr_segments, 3);
	assert_true(image.segments[0].read && !image.segments[0].write && !image.segments[0].execute);
	assert_true(image.segments[1].read && !image.segments[1].write && image.segments[1].execute);
	assert_true(image.segments[2].read && image.segments[2].write && !image.segments[2].execute);
	assert_int_equal(image.segments[2].start, 0x403ff0);
	assert_int_equal(image.segments[2].memory_size, 0x5000);
	assert_int_equal(image.segments[2].offset, 0x2ff0);
	assert_int_equal(image.segments[2].file_size, 0x110);
}

static void test_relocatable(void **state)
{
	(void)state;
	file->header.e_type = ET_DYN;
	file->header.e_entry = 0x1010;
	for (unsigned i = 0; i < PHNUM; i++)
		if (file->ph[i].p_vaddr)
			file->ph[i].p_vaddr -= 0x400000;
	LOAD_TEXT->p_align = 0x200; /* smaller than a page: the base is page-aligned all the same */
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
	assert_true(image.relocatable);
	assert_int_equal(image.low, 0);
	assert_int_equal(image.high, 0x9000);
	assert_int_equal(image.align, 0x1000);
	assert_int_equal(image.phdr, 0x40);

	/* Large pages: the base must be a multiple. */
	LOAD_DATA->p_align = 0x200000;
	LOAD_DATA->p_vaddr = 0x202ff0;
	file->ph[TLS].p_vaddr = 0x202ff0;
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
	assert_int_equal(image.align, 0x200000);

	/* All that fits between USER_MIN and USER_MAX, and one byte more. */
	LOAD_DATA->p_memsz = USER_MAX - USER_MIN - LOAD_DATA->p_vaddr;
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
	assert_int_equal(image.high, USER_MAX - USER_MIN);
	LOAD_DATA->p_memsz++;
	check_refused(-ENOEXEC, "outside the addresses");
}

static void test_header(void **state)
{
	Elf64_Ehdr good = file->header;

	(void)state;
#define BAD(member, value, error, why)                                                             \
	file->header = good;                                                                           \
	file->header.member = (value);                                                                 \
	check_refused(error, why)

	BAD(e_ident[0], 0x7e, -ENOEXEC, "not an ELF file");
	BAD(e_ident[3], 'f', -ENOEXEC, "not an ELF file");
	BAD(e_ident[EI_CLASS], ELFCLASS32, -ENOEXEC, "x86-64");
	BAD(e_ident[EI_DATA], ELFDATA2MSB, -ENOEXEC, "x86-64");
	BAD(e_machine, EM_AARCH64, -ENOEXEC, "x86-64");
	BAD(e_ident[EI_VERSION], 2, -ENOEXEC, "version");
	BAD(e_version, 0, -ENOEXEC, "version");
	BAD(e_ident[EI_OSABI], 9, -ENOEXEC, "operating system");
	BAD(e_type, ET_REL, -ENOEXEC, "not an executable");
	BAD(e_type, ET_CORE, -ENOEXEC, "not an executable");
	BAD(e_phentsize, 32, -ENOEXEC, "program headers");
	BAD(e_phnum, 0, -ENOEXEC, "program headers");
	BAD(e_phnum, PN_XNUM, -ENOEXEC, "program headers");
	BAD(e_phnum, PN_XNUM - 1, -ENOEXEC, "cut off");
	BAD(e_phoff, FILE_SIZE - PHNUM * 56 + 1, -ENOEXEC, "cut off");
	BAD(e_phoff, UINT64_MAX, -ENOEXEC, "cut off");
	BAD(e_phoff, UINT64_MAX - PHNUM * 56 + 1, -ENOEXEC, "cut off");
	BAD(e_entry, 0, -ENOEXEC, "entry");
	BAD(e_entry, 0x400ff0, -ENOEXEC, "entry"); /* in the gap */
	BAD(e_entry, 0x403ff0, -ENOEXEC, "entry"); /* in the data */
	BAD(e_entry, 0x402234, -ENOEXEC, "entry"); /* right behind the text */
#undef BAD
}

static void test_every_length(void **state)
{
	(void)state;
	/* A file that is cut off anywhere is refused, without reading past its end. */
	for (size_t size = 0; size < FILE_SIZE; size++) {
		uint8_t *cut = malloc(size ? size : 1);

		memcpy(cut, file, size);
		assert_int_equal(elf_parse(&image, cut, size), -ENOEXEC);
		free(cut);
	}
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
}

static void test_unaligned_file(void **state)
{
	uint8_t *moved = malloc(FILE_SIZE + 3);

	(void)state;
	memcpy(moved + 3, file, FILE_SIZE);
	assert_int_equal(elf_parse(&image, moved + 3, FILE_SIZE), 0);
	assert_int_equal(image.nr_segments, 3);
	free(moved);
}

static void test_segments(void **state)
{
	Elf64_Phdr good = *LOAD_DATA;

	(void)state;
#define BAD(member, value, error, why)                                                             \
	*LOAD_DATA = good;                                                                             \
	LOAD_DATA->member = (value);                                                                   \
	check_refused(error, why)

	BAD(p_filesz, 0x5001, -ENOEXEC, "larger in the file");
	BAD(p_filesz, 0x111, -ENOEXEC, "cut off");
	BAD(p_offset, UINT64_MAX - 0xf, -ENOEXEC, "cut off");
	BAD(p_vaddr, 0x402ff0, -ENOEXEC, "overlap"); /* shares the text's last page */
	BAD(p_vaddr, 0x3f0ff0, -ENOEXEC, "out of order");
	BAD(p_vaddr, 0xfff0, -ENOEXEC, "outside the addresses");
	BAD(p_vaddr, 0, -ENOEXEC, "outside the addresses");
	BAD(p_vaddr, USER_MAX, -ENOEXEC, "outside the addresses");
	BAD(p_vaddr, 0xffffffff80000ff0, -ENOEXEC, "outside the addresses");
	BAD(p_memsz, USER_MAX - 0x403ff0 + 1, -ENOEXEC, "outside the addresses");
	BAD(p_memsz, UINT64_MAX, -ENOEXEC, "outside the addresses");
	BAD(p_align, 0x1800, -ENOEXEC, "alignment");
	BAD(p_align, 0x2000, -ENOEXEC, "alignment"); /* address and offset do not agree */
	BAD(p_align, GIB(2), -ENOEXEC, "alignment");
	BAD(p_flags, PF_R | PF_W | PF_X, -EACCES, "writable and executable");
	BAD(p_flags, PF_W | PF_X, -EACCES, "writable and executable");
#undef BAD

	/* Fine: no alignment asked for, up to the last byte, nothing in the file. */
	*LOAD_DATA = good;
	LOAD_DATA->p_align = 0;
	LOAD_DATA->p_memsz = USER_MAX - 0x403ff0;
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
	assert_int_equal(image.high, USER_MAX);
	file->ph[TLS].p_type = PT_NULL;
	LOAD_DATA->p_filesz = 0;
	LOAD_DATA->p_offset = 0x100000 - 16;
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
	/* An empty one is no segment. */
	LOAD_DATA->p_memsz = 0;
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
	assert_int_equal(image.nr_segments, 2);
	assert_int_equal(image.high, 0x403000);
}

static void test_nothing_to_load(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		file->ph[i].p_type = PT_NULL;
	check_refused(-ENOEXEC, "nothing to load");
}

static void test_too_many_segments(void **state)
{
	Elf64_Phdr *ph = (Elf64_Phdr *)((char *)file + 0x1800);

	(void)state;
	for (unsigned i = 0; i <= ELF_SEGMENTS_MAX; i++)
		ph[i] =
			(Elf64_Phdr){ PT_LOAD, PF_R | PF_X, 0, 0x401000 + 0x1000ul * i, 0, 0x100, 0x100, 1 };
	file->header.e_phoff = 0x1800;
	file->header.e_phnum = ELF_SEGMENTS_MAX;
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
	assert_int_equal(image.nr_segments, ELF_SEGMENTS_MAX);
	file->header.e_phnum++;
	check_refused(-ENOEXEC, "too many segments");
}

static void test_other_headers(void **state)
{
	(void)state;
	file->ph[STACK].p_flags |= PF_X;
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
	assert_true(image.executable_stack);

	file->ph[PHDR].p_vaddr += 56;
	check_refused(-ENOEXEC, "PT_PHDR");
	file->ph[PHDR].p_vaddr -= 56;

	file->ph[TLS].p_filesz = 0x81;
	check_refused(-ENOEXEC, "thread-local");
	file->ph[TLS].p_filesz = 0x10;
	file->ph[TLS].p_align = 24;
	check_refused(-ENOEXEC, "thread-local");
	file->ph[TLS].p_align = 16;
	file->ph[TLS].p_vaddr = 0x402ff0;
	check_refused(-ENOEXEC, "thread-local");
	file->ph[TLS].p_filesz = 0; /* only zeros: it lies nowhere */
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);

	file->ph[NOTE].p_type = PT_INTERP;
	check_refused(-EOPNOTSUPP, "-static");
}

static void test_headers_not_loaded(void **state)
{
	(void)state;
	/* The first segment begins behind them. */
	file->ph[PHDR].p_type = PT_NULL;
	LOAD_RODATA->p_offset = 0x1000;
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
	assert_int_equal(image.phdr, 0);
	assert_int_equal(image.phnum, 0);
	/* Or ends inside them. */
	LOAD_RODATA->p_offset = 0;
	LOAD_RODATA->p_filesz = 64 + PHNUM * 56 - 1;
	assert_int_equal(elf_parse(&image, file, FILE_SIZE), 0);
	assert_int_equal(image.phdr, 0);
}

static void test_own_executable(void **state)
{
	FILE *self = fopen("/proc/self/exe", "rb");
	size_t size, room = 64 << 20;
	char *data = malloc(room);

	(void)state;
	assert_non_null(self);
	size = fread(data, 1, room, self);
	fclose(self);
	assert_in_range(size, 10000, room - 1);
	assert_int_equal(elf_parse(&image, data, size), -EOPNOTSUPP);
	assert_true(image.nr_segments >= 2);
	free(data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_typical),         TEST(test_relocatable),
		TEST(test_header),          TEST(test_every_length),
		TEST(test_unaligned_file),  TEST(test_segments),
		TEST(test_nothing_to_load), TEST(test_too_many_segments),
		TEST(test_other_headers),   TEST(test_headers_not_loaded),
		TEST(test_own_executable),
	};

	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
