/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways to the delivery of signals and back: from a preempted thread, from a plain call, from a
 * frame; and the extended state in a program's memory, where a fault ends in -EFAULT. */
#include <asm/errno.h>

#include "arch/x86/asm.h"

#define SYS_GETPID 39

/* From context_preempt_return: RSP points at the frame in struct context, so a call needs another
 * stack. That is the thread's kernel stack: empty if it was preempted in program code (its top is where
 * the frame goes), else free below the frame's RSP (and what syscall_exit has popped must stay). */
FUNCTION preempt_return_signals
	movq	%rsp, %rbx
	movq	%rsp, %rdi
	movq	%gs:CPU_CURRENT, %rsp
	movq	CTX_KERNEL_STACK(%rsp), %rsp
	movq	TRAP_FRAME_RSP(%rdi), %rax
	movq	%rsp, %rdx
	subq	%rax, %rdx
	cmpq	$KERNEL_STACK_SIZE, %rdx
	leaq	-SIGNAL_REDIRECTED(%rsp), %rsp
	jae	1f
	leaq	-2 * SYSCALL_PUSHED(%rax), %rsp
	andq	$-16, %rsp
1:	call	upcall_signals
	movq	%rbx, %rsp
	jmp	trap_return
END_FUNCTION preempt_return_signals

/* void trap_resume(struct trap_frame *frame RDI); interrupts off. */
FUNCTION trap_resume
	movq	%rdi, %rsp
	jmp	trap_return
END_FUNCTION trap_resume

/* void signal_door(void): any system call will do; on the way out it takes the signals. */
FUNCTION signal_door
	movq	%gs:CPU_CURRENT, %rax
	movq	CTX_KERNEL_STACK(%rax), %rax
	subq	%rsp, %rax
	cmpq	$KERNEL_STACK_SIZE, %rax
	jb	1f
	movl	$SYS_GETPID, %eax
	syscall
1:	ret
END_FUNCTION signal_door

/* int xstate_save_program(void *area RDI): the extended state into the program's memory, 64-byte
 * aligned, its header cleared. Returns 0 or -EFAULT. */
FUNCTION xstate_save_program
	cmpb	$0, cpu_features+FEATURE_XSAVE(%rip)
	je	2f
	movl	$-1, %eax
	movl	$-1, %edx
1:	xsave64	(%rdi)
	xorl	%eax, %eax
	ret
2:	fxsave64 (%rdi)
	xorl	%eax, %eax
	ret
3:	movl	$-EFAULT, %eax
	ret
	EXTABLE 1b, 3b
	EXTABLE 2b, 3b
END_FUNCTION xstate_save_program

/* int xstate_restore_program(const void *area RDI, uint64_t components RSI): those components from
 * the program's memory (0: all of FXSAVE's, from its format). Returns 0, or -EFAULT where memory is
 * missing or what is there is not such a state. */
FUNCTION xstate_restore_program
	testq	%rsi, %rsi
	jz	2f
	movl	%esi, %eax
	movq	%rsi, %rdx
	shrq	$32, %rdx
1:	xrstor64 (%rdi)
	xorl	%eax, %eax
	ret
2:	fxrstor64 (%rdi)
	xorl	%eax, %eax
	ret
3:	movl	$-EFAULT, %eax
	ret
	EXTABLE 1b, 3b
	EXTABLE 2b, 3b
END_FUNCTION xstate_restore_program
