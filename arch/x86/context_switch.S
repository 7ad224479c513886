/* SPDX-License-Identifier: BSD-2-Clause */
/* Context switch. A thread that does not run says in its context where it is resumed and with which
 * RSP. One that left by itself has there R15, R14, R13, R12, RBX, RBP and a return address, and
 * MXCSR and x87 control word in the 8 bytes below: nothing else uses what lies below any RSP, since
 * every trap has a stack of its own. Whoever resumes has RSI = context, RAX = 0, interrupts off. */
#include "arch/x86/asm.h"

#define MSR_FS_BASE 0xc0000100

.macro PUSH_REGISTERS
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	stmxcsr	-8(%rsp)
	fnstcw	-4(%rsp)
.endm

.macro POP_REGISTERS
	ldmxcsr	-8(%rsp)
	fldcw	-4(%rsp)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
.endm

/* int context_yield(void): from program code, interrupts on. The thread that is current, and the ring
 * that it stands in, are this CPU's whenever they are read: after an interrupt that has moved the
 * thread it is again the current one of some CPU. Whoever was ready outside the ring would have got
 * the CPU by now; inside the ring nobody may be left: then the thread switches to itself. */
FUNCTION context_yield
	.globl sched_yield
	.type sched_yield, @function
sched_yield:
	movq	%gs:CPU_CURRENT, %rdi
	movq	CTX_RIVALS(%rdi), %rax
	andq	%gs:CPU_READY, %rax
	jz	1f
	xorq	CTX_RING_BIT(%rdi), %rax
	jnz	upcall_yield
	cli
	movq	CTX_RING(%rdi), %rsi
	incq	%gs:CPU_SWITCHES
	PUSH_REGISTERS
	movq	%rsp, CTX_RSP(%rdi)
	movq	%rsi, %gs:CPU_CURRENT
	movq	CTX_FS_BASE(%rsi), %rdx
	wrfsbase %rdx
	movq	CTX_RSP(%rsi), %rsp
	jmp	*CTX_RESUME(%rsi)
	.globl context_yielded
	.hidden context_yielded
context_yielded:
	POP_REGISTERS
#ifdef CONFIG_SIGNALS
	orl	signal_work(%rip), %eax
	jnz	2f
#endif
	sti
1:	ret
#ifdef CONFIG_SIGNALS
2:	sti
	call	signal_door
	xorl	%eax, %eax
	ret
#endif
	.size sched_yield, . - sched_yield
END_FUNCTION context_yield

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
	PUSH_REGISTERS
	movq	%rsp, CTX_RSP(%rdi)
	movq	$context_switched, CTX_RESUME(%rdi)

	/* FS changes only through context_set_fs(): FSGSBASE is not announced in AT_HWCAP2. */
	movq	CTX_FS_BASE(%rsi), %rdx
	cmpq	%rdx, CTX_FS_BASE(%rdi)
	jne	context_load_fs
context_load:
	movq	%rsi, %gs:CPU_CURRENT
	movq	CTX_RSP(%rsi), %rsp
	xorl	%eax, %eax
	jmp	*CTX_RESUME(%rsi)

	.globl context_switched
	.hidden context_switched
context_switched:
	movq	$context_yielded, CTX_RESUME(%rsi)
	POP_REGISTERS
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

/* Where a preempted thread is resumed: RSP points at its trap frame. */
FUNCTION context_preempt_return
	movq	$context_yielded, CTX_RESUME(%rsi)
	movq	CTX_XSTATE(%rsi), %rdi
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
