/* SPDX-License-Identifier: BSD-2-Clause */
/* For assembly: function labels, and the offsets and constants that C asserts to be true
 * (arch/x86/asm_check.c). */
#ifndef PAGURUS_X86_ASM_H
#define PAGURUS_X86_ASM_H

#define IMAGE_BASE_ASM 0xffffffff80000000
#define DIRECT_MAP_BASE_ASM 0xffff800000000000

/* Physical address of an image symbol. */
#define PHYS(symbol) ((symbol) - IMAGE_BASE_ASM)

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TSS 0x18

/* struct cpu, through GS */
#define CPU_CURRENT 0x08
#define CPU_SCRATCH 0x10
#define CPU_SWITCHES 0x18
#define CPU_READY 0x20
#define CPU_LISTS 0x38

/* In the second word of each object of such a list (arch/x86/percpu_list.h). */
#define CHAIN_MARK 0x9e5d0c27f3b1a684

/* struct context, first member of struct thread */
#define CTX_RING 0x00
#define CTX_RSP 0x10
#define CTX_RESUME 0x18
#define CTX_FS_BASE 0x20
#define CTX_KERNEL_STACK 0x28
#define CTX_RIVALS 0x30
#define CTX_RING_BIT 0x38
#define CTX_XSTATE 0x40
#define CTX_FRAME 0x48

/* struct cpu_features */
#define FEATURE_FSGSBASE 0
#define FEATURE_XSAVE 1

#define SYSCALL_TABLE_SIZE 463 /* Linux 6.6 ends at 462 */
#define TRAP_FRAME_SIZE 176 /* struct trap_frame */
#define TRAP_FRAME_RSP 160
#define TRAP_SYSCALL 256   /* "vector" of a frame that the syscall door made; error: the number */
#define SIGNAL_REDIRECTED 512 /* upcall_signals() writes no further below a kernel stack's top */
#define SYSCALL_PUSHED 80  /* what syscall_entry has on the kernel stack while a call runs */

#define KERNEL_STACK_SIZE (CONFIG_KERNEL_STACK_KIB * 1024)
#define IST_STACK_SIZE (CONFIG_IST_STACK_KIB * 1024)

/* What a new thread starts with: MXCSR (all exceptions masked) below, x87 control word above. */
#define FPU_CONTROL_DEFAULT 0x037f00001f80

#ifdef __ASSEMBLER__

.macro FUNCTION name
	.pushsection .text.\name, "ax", @progbits
	.balign 16
	.globl \name
	.hidden \name
	.type \name, @function
\name:
.endm

.macro END_FUNCTION name
	.size \name, . - \name
	.popsection
.endm

/* A fault at label from continues at label to. */
.macro EXTABLE from, to
	.pushsection .extable, "a", @progbits
	.balign 4
	.long \from - .
	.long \to - .
	.popsection
.endm

#endif
#endif
