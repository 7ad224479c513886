/* SPDX-License-Identifier: BSD-2-Clause */
/* For the assembly that touches memory which a program named. */
#ifndef PAGURUS_X86_UACCESS_H
#define PAGURUS_X86_UACCESS_H

#define USER_BITS 47 /* USER_MAX and the kernel's half lie above */

/* A Linux program has nothing in the kernel's half: an address there is as bad as any other. One that
 * is linked into the image has its data there. Clobbers RAX. */
	.macro CHECK_PROGRAM address, bad
#ifdef CONFIG_PROGRAM_MODULE
	movq	\address, %rax
	shrq	$USER_BITS, %rax
	jnz	\bad
#endif
	.endm

#endif
