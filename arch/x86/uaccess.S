/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies between the kernel and memory that a program named: a fault that cannot be resolved ends
 * in -EFAULT instead of a panic, with up to seven bytes before it not copied. */
#include <asm/errno.h>

#include "arch/x86/asm.h"
#include "arch/x86/uaccess.h"

/* int copy_from_program(void *dst RDI, const void *src RSI, size_t n RDX) */
FUNCTION copy_from_program
	CHECK_PROGRAM %rsi, 5f
	movq	%rdx, %rcx
	shrq	$3, %rcx
	jz	2f
1:	rep movsq
2:	andl	$7, %edx
	jz	4f
	movl	%edx, %ecx
3:	rep movsb
4:	xorl	%eax, %eax
	ret
5:	movl	$-EFAULT, %eax
	ret
	EXTABLE 1b, 5b
	EXTABLE 3b, 5b
END_FUNCTION copy_from_program

/* int copy_to_program(void *dst RDI, const void *src RSI, size_t n RDX) */
FUNCTION copy_to_program
	CHECK_PROGRAM %rdi, 5f
	movq	%rdx, %rcx
	shrq	$3, %rcx
	jz	2f
1:	rep movsq
2:	andl	$7, %edx
	jz	4f
	movl	%edx, %ecx
3:	rep movsb
4:	xorl	%eax, %eax
	ret
5:	movl	$-EFAULT, %eax
	ret
	EXTABLE 1b, 5b
	EXTABLE 3b, 5b
END_FUNCTION copy_to_program

/* long copy_string_from_program(char *dst RDI, const char *src RSI, size_t max RDX) */
FUNCTION copy_string_from_program
	CHECK_PROGRAM %rsi, 5f
	xorl	%eax, %eax
1:	cmpq	%rdx, %rax
	jae	3f
2:	movb	(%rsi,%rax), %cl
	movb	%cl, (%rdi,%rax)
	testb	%cl, %cl
	jz	4f
	incq	%rax
	jmp	1b
3:	movq	$-ENAMETOOLONG, %rax
4:	ret
5:	movq	$-EFAULT, %rax
	ret
	EXTABLE 2b, 5b
END_FUNCTION copy_string_from_program
