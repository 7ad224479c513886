/* SPDX-License-Identifier: BSD-2-Clause */
/* The first instructions of the program: from the boot stack, which from here on is the first
 * thread's kernel stack, to the program's own. */
#include "arch/x86/asm.h"

/* void program_enter(uint64_t sp RDI, uint64_t entry RSI): as the psABI (3.4.1) leaves registers,
 * RDX = 0 (no function for atexit); RDI = sp as a convenience for native programs. A native entry
 * is a C function: it wants RSP % 16 == 8, so a return address of 0 is pushed for it below argc. */
FUNCTION program_enter
	movq	%rdi, %rsp
	xorl	%ebp, %ebp
	xorl	%edx, %edx
	sti
#ifdef CONFIG_PROGRAM_NATIVE
	pushq	$0
#endif
	jmp	*%rsi
END_FUNCTION program_enter
