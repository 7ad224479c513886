/* SPDX-License-Identifier: BSD-2-Clause */
/* Context switch. A thread that does not run has, at its saved RSP: MXCSR and x87 control word
 * (8 bytes), R15, R14, R13, R12, RBX, RBP, return address. */
#include "arch/x86/asm.h"

#define MSR_FS_BASE 0xc0000100

/* void context_switch(struct context *prev RDI, struct context *next RSI); interrupts off.
 * Clobbers what a call may. */
FUNCTION context_switch
	/* On its kernel stack prev is inside `syscall`: vector state is live (or it is a kernel
	 * thread, which has none). */
	movq	CTX_KERNEL_STACK(%rdi), %rax
	subq	%rsp, %rax
	cmpq	$KERNEL_STACK_SIZE, %rax
	jb	context_switch_full
context_switch_lean:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, CTX_RSP(%rdi)

	/* FS changes only through context_set_fs(): FSGSBASE is not announced in AT_HWCAP2. */
	movq	CTX_FS_BASE(%rsi), %rdx
	cmpq	%rdx, CTX_FS_BASE(%rdi)
	jne	context_load_fs
context_load:
	movq	%rsi, %gs:CPU_CURRENT
	movq	CTX_KERNEL_STACK(%rsi), %rax
	movq	%rax, %gs:CPU_KERNEL_STACK
	movq	CTX_RSP(%rsi), %rsp
	/* RSP may be in struct context itself (a preempted thread): pops only until the return. */
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret

	/* void context_resume(struct context *next RDI): resumes next for good, saving nothing. */
	.globl context_resume
	.hidden context_resume
	.type context_resume, @function
context_resume:
	movq	%rdi, %rsi
	movq	CTX_FS_BASE(%rsi), %rdx
context_load_fs:
	cmpb	$0, cpu_features+FEATURE_FSGSBASE(%rip)
	je	1f
	wrfsbase %rdx
	jmp	context_load
1:	movl	$MSR_FS_BASE, %ecx
	movl	%edx, %eax
	shrq	$32, %rdx
	wrmsr
	jmp	context_load

context_switch_full:
	movq	CTX_XSTATE(%rdi), %rax
	testq	%rax, %rax
	jz	context_switch_lean
	pushq	%rsi
	pushq	%rdi
	movq	%rax, %rdi
	call	xstate_save
	popq	%rdi
	popq	%rsi
	call	context_switch_lean
	/* Resumed, maybe on another CPU. */
	movq	%gs:CPU_CURRENT, %rax
	movq	CTX_XSTATE(%rax), %rdi
	jmp	xstate_restore
END_FUNCTION context_switch

/* Where a new kernel thread starts: RBX = entry, R12 = argument. */
FUNCTION context_start
	xorl	%ebp, %ebp
	movq	%r12, %rdi
	sti
	call	*%rbx
	ud2                          /* entry does not return */
END_FUNCTION context_start

/* Where a preempted thread's switch returns to: RSP points at its trap frame. */
FUNCTION context_preempt_return
	movq	%gs:CPU_CURRENT, %rax
	movq	CTX_XSTATE(%rax), %rdi
	testq	%rdi, %rdi
	jz	1f
	/* No call: the memory below RSP is the rest of struct context, not a stack. */
	leaq	1f(%rip), %rsi
	jmp	xstate_restore_jump
1:
#ifdef CONFIG_SIGNALS
	cmpl	$0, signal_work(%rip)
	jne	preempt_return_signals
#endif
	jmp	trap_return
END_FUNCTION context_preempt_return

/* void xstate_save(void *area RDI): extended state into the 64-byte aligned area. */
FUNCTION xstate_save
	cmpb	$0, cpu_features+FEATURE_XSAVE(%rip)
	je	1f
	movl	$-1, %eax
	movl	$-1, %edx
	xsave64	(%rdi)
	ret
1:	fxsave64 (%rdi)
	ret
END_FUNCTION xstate_save

/* void xstate_restore(void *area RDI) */
FUNCTION xstate_restore
	popq	%rsi
	/* xstate_restore_jump(area RDI, continue at RSI): the same without a stack. */
	.globl xstate_restore_jump
	.hidden xstate_restore_jump
xstate_restore_jump:
	cmpb	$0, cpu_features+FEATURE_XSAVE(%rip)
	je	1f
	movl	$-1, %eax
	movl	$-1, %edx
	xrstor64 (%rdi)
	jmp	*%rsi
1:	fxrstor64 (%rdi)
	jmp	*%rsi
END_FUNCTION xstate_restore
