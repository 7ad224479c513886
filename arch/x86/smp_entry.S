/* SPDX-License-Identifier: BSD-2-Clause */
/* Where CPUs beyond the first begin. By SIPI they start in real mode at the first byte of a page
 * below 1 MiB, into which arch/x86/smp.c copies what stands between smp_page_start and
 * smp_page_end, with addresses filled in; from there it is one step to 64-bit mode. */
#include "arch/x86/asm.h"

#define CR0_PE 0x00000001
#define CR0_MP 0x00000002
#define CR0_NE 0x00000020
#define CR0_WP 0x00010000
#define CR0_PG 0x80000000
#define CR4_PAE 0x020
#define CR4_OSFXSR 0x200
#define CR4_OSXMMEXCPT 0x400

#define MSR_EFER 0xc0000080
#define EFER_SCE 0x001
#define EFER_LME 0x100
#define EFER_NXE 0x800
#define MSR_GS_BASE 0xc0000101

.macro SMP_LABEL name
	.globl \name
	.hidden \name
\name:
.endm

	.section .rodata.smp_page, "a", @progbits
	.balign 16
	.code16
SMP_LABEL smp_page_start
	cli
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	smp_page_gdt_pointer - smp_page_start
	movl	$(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
	movl	%eax, %cr4
	movl	smp_page_root - smp_page_start, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	xorl	%edx, %edx
	movl	$(EFER_SCE | EFER_LME | EFER_NXE), %eax
	wrmsr
	movl	$(CR0_PE | CR0_MP | CR0_NE | CR0_WP | CR0_PG), %eax
	movl	%eax, %cr0
	ljmpl	*(smp_page_long_pointer - smp_page_start)

	.code64
SMP_LABEL smp_page_long
	movabsq	$smp_arrive, %rax
	jmpq	*%rax

	.balign 8
SMP_LABEL smp_page_gdt
	.quad 0
	.quad 0x00af9b000000ffff     /* 64-bit code, present, accessed */
	.quad 0x00cf93000000ffff     /* data, present, accessed */
SMP_LABEL smp_page_gdt_pointer
	.word . - smp_page_gdt - 1
	.long 0                      /* address of the copy's smp_page_gdt */
SMP_LABEL smp_page_root
	.long 0
SMP_LABEL smp_page_long_pointer
	.long 0                      /* address of the copy's smp_page_long */
	.word SELECTOR_CODE
SMP_LABEL smp_page_end

	.balign 8
gdt_pointer:
	.word smp_page_gdt_pointer - smp_page_gdt - 1
	.quad smp_page_gdt

/* By SIPI: each takes the next number. */
FUNCTION smp_arrive
	movl	$1, %edi
	lock xaddl %edi, smp_next(%rip)
	cmpl	$CONFIG_NR_CPUS, %edi
	jb	smp_entry
1:	cli
	hlt
	jmp	1b
END_FUNCTION smp_arrive

/* RDI: the CPU's number. */
FUNCTION smp_entry
	movl	%edi, %edi
	movq	smp_stacks(,%rdi,8), %rsp
	lgdt	gdt_pointer(%rip)
	pushq	$SELECTOR_CODE
	leaq	1f(%rip), %rax
	pushq	%rax
	lretq
1:	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$SELECTOR_DATA, %ecx
	movl	%ecx, %ss

	movq	(%rsp), %rdi         /* struct cpu */
	movq	%rdi, %rdx
	movl	%edi, %eax
	shrq	$32, %rdx
	movl	$MSR_GS_BASE, %ecx
	wrmsr

	movq	$boot_pml4, %rax
	subq	$IMAGE_BASE_ASM, %rax
	movq	%rax, %cr3

	cld
	xorl	%ebp, %ebp           /* end of every backtrace */
	call	smp_start
	ud2
END_FUNCTION smp_entry
