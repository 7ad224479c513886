/* SPDX-License-Identifier: BSD-2-Clause */
/* From 32-bit protected mode without paging to 64-bit C in the upper half. Every boot protocol
 * enters here with
 *   EBX = physical address of the loader's information
 *   EDI:ESI = TSC at the stub's first instruction
 *   EBP = physical address of the C function boot_XXX(information, tsc) to call
 *
 * The tables are W^X from the first one on. One chain of page tables with 4 KiB pages covers the
 * 2 MiB blocks that the image lies in; it serves three views of the same frames: the image in the
 * top 2 GiB, the direct map (no-execute set in its page directory), and for the few instructions
 * around the jump an identity map. The rest of the first GiB is in the direct map by 2 MiB pages. */
#include "arch/x86/asm.h"

#define PTE_P 0x001
#define PTE_W 0x002
#define PTE_A 0x020
#define PTE_D 0x040
#define PTE_PS 0x080
#define PTE_TABLE (PTE_P | PTE_W | PTE_A)
#define PTE_RW (PTE_P | PTE_W | PTE_A | PTE_D)
#define PTE_RO (PTE_P | PTE_A | PTE_D)
#define PTE_NX_HIGH 0x80000000 /* bit 63, in the high half of an entry */

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

#define CPUID_EXT_NX 20
#define CPUID_EXT_LM 29

#define COM1 0x3f8
#define DEBUGCON 0xe9

	.section .boot.text, "ax", @progbits
	.code32

	.globl boot32
	.hidden boot32
	.type boot32, @function
boot32:
	cld
	movl	$PHYS(boot_stack_top), %esp

	/* Long mode and no-execute, or a message. */
	pushl	%ebx
	movl	$0x80000000, %eax
	cpuid
	xorl	%edx, %edx
	cmpl	$0x80000001, %eax
	jb	1f
	movl	$0x80000001, %eax
	cpuid
1:	popl	%ebx
	btl	$CPUID_EXT_LM, %edx
	jnc	boot32_no_long_mode
	btl	$CPUID_EXT_NX, %edx
	jnc	boot32_no_nx

	pushl	%esi
	pushl	%edi

	/* The image's page tables: EAX = frame, EDI = its entry. */
	movl	$PHYS(__image_tables), %edi
	movl	$PHYS(__image_tables_base), %eax
1:	movl	$PTE_NX_HIGH, %edx
	movl	$PTE_RW, %ecx
	cmpl	$PHYS(__text_start), %eax
	jb	2f
	cmpl	$PHYS(__rodata_end), %eax
	jae	2f
	movl	$PTE_RO, %ecx
	cmpl	$PHYS(__text_end), %eax
	jae	2f
	xorl	%edx, %edx
2:	orl	%eax, %ecx
	movl	%ecx, (%edi)
	movl	%edx, 4(%edi)
	addl	$8, %edi
	addl	$0x1000, %eax
	cmpl	$PHYS(__image_tables_limit), %eax
	jb	1b

	/* Guard pages: each lies below a stack in .stacks. */
	movl	$PHYS(boot_guards), %esi
1:	movl	(%esi), %eax
	testl	%eax, %eax
	jz	2f
	subl	$PHYS(__image_tables_base), %eax
	shrl	$9, %eax
	movl	$0, PHYS(__image_tables)(%eax)
	addl	$4, %esi
	jmp	1b
2:
	/* Direct map of the first GiB: 2 MiB pages, then the image's tables over them. */
	movl	$PHYS(boot_pd_direct), %edi
	movl	$(PTE_RW | PTE_PS), %eax
	movl	$512, %ecx
1:	movl	%eax, (%edi)
	movl	$PTE_NX_HIGH, 4(%edi)
	addl	$8, %edi
	addl	$0x200000, %eax
	decl	%ecx
	jnz	1b

	movl	$(PHYS(__image_tables) + PTE_TABLE), %eax
	movl	$PHYS(__image_tables_base), %edx
	shrl	$(21 - 3), %edx
1:	movl	%eax, PHYS(boot_pd_direct)(%edx) /* its NX is set already */
	movl	%eax, PHYS(boot_pd_image)(%edx)
	addl	$0x1000, %eax
	addl	$8, %edx
	cmpl	$(PHYS(__image_tables_end) + PTE_TABLE), %eax
	jb	1b

	movl	$(PHYS(boot_pd_image) + PTE_TABLE), %eax
	movl	%eax, PHYS(boot_pdpt_image) + 510 * 8
	movl	%eax, PHYS(boot_pdpt_image)          /* identity, until the jump */
	movl	$(PHYS(boot_pd_direct) + PTE_TABLE), %eax
	movl	%eax, PHYS(boot_pdpt_direct)
	movl	$(PHYS(boot_pdpt_image) + PTE_TABLE), %eax
	movl	%eax, PHYS(boot_pml4) + 511 * 8
	movl	%eax, PHYS(boot_pml4)                /* identity */
	movl	$(PHYS(boot_pdpt_direct) + PTE_TABLE), %eax
	movl	%eax, PHYS(boot_pml4) + 256 * 8

	popl	%edi
	popl	%esi

	movl	%cr4, %eax
	orl	$(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
	movl	%eax, %cr4
	movl	$PHYS(boot_pml4), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	xorl	%edx, %edx
	movl	$(EFER_SCE | EFER_LME | EFER_NXE), %eax
	wrmsr
	movl	$(CR0_PE | CR0_MP | CR0_NE | CR0_WP | CR0_PG), %eax
	movl	%eax, %cr0

	lgdtl	PHYS(boot_gdt_pointer)
	ljmpl	$SELECTOR_CODE, $PHYS(boot64_low)

	.code64
boot64_low:
	movabsq	$boot64, %rax
	jmpq	*%rax
	.size boot32, . - boot32

	.code32
/* Refusals: print ESI (a string) on COM1 and the debug console, then stop: by the debug-exit
 * device where there is one, by halting where not. */
	.type boot32_bad_magic, @function
	.globl boot32_bad_magic
	.hidden boot32_bad_magic
boot32_bad_magic:
	movl	$PHYS(text_bad_magic), %esi
	jmp	boot32_refuse
boot32_no_long_mode:
	movl	$PHYS(text_no_long_mode), %esi
	jmp	boot32_refuse
boot32_no_nx:
	movl	$PHYS(text_no_nx), %esi
boot32_refuse:
	movl	$10000, %ecx         /* bounded: a UART that never has room is skipped */
1:	movw	$(COM1 + 5), %dx
	inb	%dx, %al
	testb	$0x20, %al
	jnz	2f
	decl	%ecx
	jnz	1b
2:	lodsb
	testb	%al, %al
	jz	3f
	movw	$COM1, %dx
	outb	%al, %dx
	outb	%al, $DEBUGCON
	jmp	boot32_refuse
3:
#ifdef CONFIG_EXIT_ISA_DEBUG
	movw	$CONFIG_EXIT_ISA_DEBUG_PORT, %dx
	movl	$96, %eax            /* EXIT_VALUE_PANIC */
	outl	%eax, %dx
#endif
4:	cli
	hlt
	jmp	4b
	.size boot32_bad_magic, . - boot32_bad_magic

text_bad_magic:
	.asciz "pagurus: started by something that is not a multiboot loader: the magic number in EAX is wrong\r\n"
text_no_long_mode:
	.asciz "pagurus: this CPU has no 64-bit mode: give the VM an x86-64 CPU (-cpu max)\r\n"
text_no_nx:
	.asciz "pagurus: this CPU has no no-execute bit: give the VM one that has (-cpu max)\r\n"

	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff     /* 64-bit code, present, accessed */
	.quad 0x00cf93000000ffff     /* data, present, accessed */
boot_gdt_pointer:
	.word . - boot_gdt - 1
	.long PHYS(boot_gdt)

boot_guards:
	.long PHYS(boot_stack_guard)
	.long PHYS(ist_stacks)
	.long PHYS(ist_stacks) + 1 * (IST_STACK_SIZE + 4096)
	.long PHYS(ist_stacks) + 2 * (IST_STACK_SIZE + 4096)
	.long PHYS(ist_stacks) + 3 * (IST_STACK_SIZE + 4096)
	.long PHYS(ist_stacks) + 4 * (IST_STACK_SIZE + 4096)
	.long PHYS(ist_stacks) + 5 * (IST_STACK_SIZE + 4096)
	.long 0

	.code64
/* RSI = TSC low half in ESI, high in EDI; EBX, EBP as above. Upper halves are undefined after the
 * mode switch, so every register is cut to 32 bits first. */
FUNCTION boot64
	movq	$boot_stack_top, %rsp
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$SELECTOR_DATA, %ecx
	movl	%ecx, %ss

	/* GS = this CPU's struct cpu, from here to the end. */
	movq	$cpus, %rdx
	movl	%edx, %eax
	shrq	$32, %rdx
	movl	$MSR_GS_BASE, %ecx
	wrmsr

	movl	%esi, %eax
	movl	%edi, %esi
	shlq	$32, %rsi
	orq	%rax, %rsi           /* second argument: the TSC */
	movl	%ebx, %edi           /* first: the loader's information */
	movl	%ebp, %ebp
	movq	$IMAGE_BASE_ASM, %rax
	addq	%rbp, %rax

	/* The identity map goes; the lower half is empty from here on. */
	movq	$0, boot_pml4
	movq	$0, boot_pdpt_image
	movq	%cr3, %rcx
	movq	%rcx, %cr3

	xorl	%ebp, %ebp           /* end of every backtrace */
	call	*%rax
	ud2
END_FUNCTION boot64

	.section .bss.page_tables, "aw", @nobits
	.balign 4096
	.globl boot_pml4
	.hidden boot_pml4
boot_pml4:
	.skip 4096
boot_pdpt_image:
	.skip 4096
boot_pd_image:
	.skip 4096
boot_pdpt_direct:
	.skip 4096
boot_pd_direct:
	.skip 4096

	.section .bss.stacks, "aw", @nobits
	.balign 4096
	.globl boot_stack_guard, boot_stack_top, ist_stacks
	.hidden boot_stack_guard, boot_stack_top, ist_stacks
boot_stack_guard:
	.skip 4096
	.skip KERNEL_STACK_SIZE
boot_stack_top:
ist_stacks: /* six, each above its guard page; see arch/x86/trap.c */
	.skip 6 * (IST_STACK_SIZE + 4096)
