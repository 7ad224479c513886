/* SPDX-License-Identifier: BSD-2-Clause */
/* Compare and exchange in memory that a program named; see arch/x86/trap.h. */
#include <asm/errno.h>

#include "arch/x86/asm.h"
#include "arch/x86/uaccess.h"

/* int cmpxchg_program(uint32_t *word RDI, uint32_t *expected RSI, uint32_t value EDX) */
FUNCTION cmpxchg_program
	CHECK_PROGRAM %rdi, 2f
	movl	(%rsi), %eax
1:	lock cmpxchgl %edx, (%rdi)
	movl	%eax, (%rsi)
	xorl	%eax, %eax
	ret
2:	movl	$-EFAULT, %eax
	ret
	EXTABLE 1b, 2b
END_FUNCTION cmpxchg_program
