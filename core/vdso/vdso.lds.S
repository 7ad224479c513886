/* SPDX-License-Identifier: BSD-2-Clause */
/* Layout of the vDSO: a shared object whose only segment is mapped as it lies in the file, so
 * everything in it, its headers included, can be read and executed, and nothing written. */
#include "core/vdso/params.h"

OUTPUT_FORMAT(elf64-x86-64)
OUTPUT_ARCH(i386:x86-64)

PHDRS
{
	text PT_LOAD FILEHDR PHDRS FLAGS(5);
	dynamic PT_DYNAMIC FLAGS(4);
	eh_frame_hdr PT_GNU_EH_FRAME FLAGS(4);
}

VERSION
{
	LINUX_2.6 {
		global:
			__vdso_clock_gettime;
			__vdso_gettimeofday;
			__vdso_time;
			__vdso_getcpu;
			__vdso_clock_getres;
			clock_gettime;
			gettimeofday;
			time;
			getcpu;
			clock_getres;
		local:
			*;
	};
}

SECTIONS
{
	. = SIZEOF_HEADERS;
	. = VDSO_PARAMS;
	.params : {
		vdso_params = .;
		. += 16;
	} :text
	.hash : { *(.hash) }
	.gnu.hash : { *(.gnu.hash) }
	.dynsym : { *(.dynsym) }
	.dynstr : { *(.dynstr) }
	.gnu.version : { *(.gnu.version) }
	.gnu.version_d : { *(.gnu.version_d) }
	.dynamic : { *(.dynamic) } :text :dynamic
	.rodata : { *(.rodata .rodata.*) } :text
	.eh_frame_hdr : { *(.eh_frame_hdr) } :text :eh_frame_hdr
	.eh_frame : { KEEP(*(.eh_frame)) } :text
	.text : { *(.text .text.*) } :text

	/* The image is not relocated, and nobody may write to it. */
	.rela.dyn : { *(.rela .rela.*) }
	.got : { *(.got .got.plt) }
	.data : { *(.data .data.* .bss .bss.* COMMON) }
	ASSERT(SIZEOF(.rela.dyn) == 0, "the vDSO must not need relocations")
	ASSERT(SIZEOF(.data) == 0, "the vDSO must not have data")

	/DISCARD/ : { *(.comment .note .note.* .debug*) }
}
