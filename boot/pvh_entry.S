/* SPDX-License-Identifier: BSD-2-Clause */
/* PVH entry (Xen docs/misc/pvh.pandoc): 32-bit protected mode, paging off, EBX = start info; and the
 * ELF note that tells loaders where it is. One note, 4-byte padding, an 8-byte description whose
 * top half is zero: the form that Xen, QEMU and rust-vmm all read the same way. */
#include "arch/x86/asm.h"

#define XEN_ELFNOTE_PHYS32_ENTRY 18

	.section .note.Xen, "a", @note
	.balign 4
	.long 4                      /* size of the name */
	.long 8                      /* size of the description */
	.long XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.long PHYS(pvh_entry)
	.long 0

	.section .boot.text, "ax", @progbits
	.code32
	.globl pvh_entry /* not hidden: image.lds.S looks for it */
	.type pvh_entry, @function
pvh_entry:
	rdtsc
	movl	%eax, %esi
	movl	%edx, %edi
	movl	$PHYS(boot_pvh), %ebp
	jmp	boot32
	.size pvh_entry, . - pvh_entry
