/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls from program code that runs on the program's stack (arch/x86/kernel_call.h). */
#include "arch/x86/asm.h"

/* uint64_t on_kernel_stack(void *function RDI, five arguments RSI, RDX, RCX, R8, R9) */
FUNCTION on_kernel_stack
	pushq	%rbp
	movq	%rsp, %rbp
	movq	%gs:CPU_CURRENT, %rsp
	movq	CTX_KERNEL_STACK(%rsp), %rsp
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %rcx
	movq	%r9, %r8
	call	*%rax
	leave
	ret
END_FUNCTION on_kernel_stack
