/* SPDX-License-Identifier: BSD-2-Clause */
/* The syscall instruction in ring 0: the second door into the table. Number in RAX; arguments in
 * RDI, RSI, RDX, R10, R8, R9; the CPU put RIP in RCX and RFLAGS in R11 and cleared IF. Everything
 * but RAX, RCX and R11 is preserved, vector state too (the kernel uses none; context_switch() saves
 * it where the thread really leaves the CPU).
 *
 * The program's stack is not touched: its red zone lies below RSP, and some programs (Go) have only
 * a few hundred bytes of it. There is no way back by SYSRET, which goes to ring 3: a jump does it. */
#include <asm/errno.h>

#include "arch/x86/asm.h"

/* Pushes a struct trap_frame of the program's registers. R11 points at what syscall_entry pushed: R9,
 * R8, R10, RDX, RSI, RDI, number, RCX, R11, RSP; in use as operands where a call may have changed
 * the registers themselves. */
.macro PUSH_FRAME vector, error, rax, rdx, rsi, rdi, r8, r9
	pushq	$SELECTOR_DATA       /* ss */
	pushq	72(%r11)             /* rsp */
	pushq	64(%r11)             /* rflags */
	pushq	$SELECTOR_CODE       /* cs */
	pushq	56(%r11)             /* rip */
	pushq	\error
	pushq	\vector
	pushq	\rax
	pushq	56(%r11)             /* rcx */
	pushq	\rdx
	pushq	%rbx
	pushq	%rbp
	pushq	\rsi
	pushq	\rdi
	pushq	\r8
	pushq	\r9
	pushq	16(%r11)             /* r10 */
	pushq	64(%r11)             /* r11 */
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

#ifdef CONFIG_SYSCALL_CYCLES
/* What lies between what syscall_entry pushed and the return address of the function. */
#define COUNTED_PUSHED 16

/* The call between two readings of the TSC; the second one is syscall_account()'s. Functions find the
 * number in RAX. */
.macro COUNTED_CALL
	movq	%rax, %r10
	movq	%rdx, %r11
	rdtsc
	shlq	$32, %rdx
	orq	%rdx, %rax
	pushq	%rax                 /* the time */
	pushq	%r10                 /* the number; alignment */
	movq	%r10, %rax
	movq	%r11, %rdx
	call	*syscall_table(,%rax,8)
	popq	%rdi
	popq	%rsi
	movq	%rax, %rdx
	call	syscall_account
.endm
#else
#define COUNTED_PUSHED 0
#endif

FUNCTION syscall_entry
	movq	%rsp, %gs:CPU_SCRATCH
	movq	%gs:CPU_CURRENT, %rsp
	movq	CTX_KERNEL_STACK(%rsp), %rsp
	pushq	%gs:CPU_SCRATCH
	sti
	pushq	%r11
	pushq	%rcx
	pushq	%rax
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%r10
	pushq	%r8
	pushq	%r9
	cmpq	$SYSCALL_TABLE_SIZE, %rax
	jae	2f
	movq	%r10, %rcx
#ifdef CONFIG_SYSCALL_CYCLES
	COUNTED_CALL
#else
	call	*syscall_table(,%rax,8)
#endif
	/* To the jump below: an interrupt on the way that leaves a signal begins again here, with
	 * what is still on the stack (core/signal_deliver.c). */
	.globl syscall_exit, syscall_exit_jump
	.hidden syscall_exit, syscall_exit_jump
syscall_exit:
#ifdef CONFIG_SIGNALS
	cmpl	$0, signal_work(%rip)
	jne	3f
#endif
	popq	%r9
	popq	%r8
	popq	%r10
	popq	%rdx
	popq	%rsi
	popq	%rdi
	leaq	8(%rsp), %rsp        /* the number */
	popq	%rcx
	popfq
	popq	%rsp
syscall_exit_jump:
	jmp	*%rcx
2:	movq	%rax, %rdi
	call	syscall_unknown
	jmp	syscall_exit
#ifdef CONFIG_SIGNALS
	/* Some thread has a signal to take; signal_exit() finds out whether it is this one, and leaves
	 * interrupts off. */
3:	movq	%rsp, %r11
	PUSH_FRAME $TRAP_SYSCALL, 48(%r11), %rax, 24(%r11), 32(%r11), 40(%r11), 8(%r11), (%r11)
	movq	%rsp, %rdi
	call	signal_exit
	jmp	trap_return
#endif
END_FUNCTION syscall_entry

/* For table entries that need all of the program's registers: builds a struct trap_frame behind
 * what syscall_entry pushed, notes it in the thread's context, and calls the function in RAX (set
 * by the SYSCALL_WITH_FRAME shims below) with the arguments unchanged. */
FUNCTION syscall_with_frame
	leaq	(8 + COUNTED_PUSHED)(%rsp), %r11 /* above the return address into syscall_entry */
	PUSH_FRAME $0, $0, 48(%r11), %rdx, %rsi, %rdi, %r8, %r9
	movq	%gs:CPU_CURRENT, %r10
	movq	%rsp, CTX_FRAME(%r10)
	subq	$8, %rsp             /* return address + 22 pushes + 8: RSP % 16 == 0 */
	call	*%rax
	addq	$(8 + TRAP_FRAME_SIZE), %rsp
	ret
END_FUNCTION syscall_with_frame

.macro SYSCALL_WITH_FRAME name
FUNCTION \name\()_entry
	movq	$\name, %rax
	jmp	syscall_with_frame
END_FUNCTION \name\()_entry
.endm

SYSCALL_WITH_FRAME sys_clone
