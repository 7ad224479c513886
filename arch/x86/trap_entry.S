/* SPDX-License-Identifier: BSD-2-Clause */
/* Trap entry: one stub per vector, then one common path. Every gate names an IST stack and clears
 * IF; ring 0 is the only ring and GS is always the kernel's, so nothing is swapped. */
#include "arch/x86/asm.h"

/* Vectors for which the CPU pushes an error code (SDM volume 3, table 6-1). */
#define HAS_ERROR(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || \
	(v) == 29 || (v) == 30)

	.section .text.trap_entry, "ax", @progbits
	.balign 16
	.globl trap_stubs
	.hidden trap_stubs
trap_stubs: /* TRAP_STUB_SIZE bytes each: arch/x86/trap.c computes the address */
	.set vector, 0
	.rept 80
	.balign 16
	.if !HAS_ERROR(vector)
	pushq	$0
	.endif
	pushq	$vector
	jmp	trap_common
	.set vector, vector + 1
	.endr

	.balign 16
	.type trap_common, @function
trap_common:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rbx
	pushq	%rbp
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	movq	%rsp, %rdi
	xorl	%ebp, %ebp           /* the backtrace goes on from the frame, not through it */
	call	trap_dispatch
	.globl trap_return
	.hidden trap_return
/* Resumes the struct trap_frame that RSP points at. */
trap_return:
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$16, %rsp            /* vector and error code */
	iretq
	.size trap_common, . - trap_common
