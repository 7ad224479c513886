/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that this configuration has no function for: each name is a weak alias of sys_absent, and
 * the linker prefers a real function. The door leaves the number in RAX. */
#include "arch/x86/asm.h"

	.section .text.sys_absent, "ax", @progbits
	.globl sys_absent
	.hidden sys_absent
	.type sys_absent, @function
sys_absent:
	movq	%rax, %rdi
	jmp	syscall_unknown
	.size sys_absent, . - sys_absent

#define SYSCALL(number, name) .weak sys_##name; .hidden sys_##name; .set sys_##name, sys_absent;
#include "core/syscalls.h"
