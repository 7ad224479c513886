/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking from and putting into a CPU's lists (arch/x86/percpu_list.h). The arguments stay in their
 * registers up to the store into the list: anywhere between the load from it and that store a
 * routine can begin again. */
#include "arch/x86/asm.h"

/* void *percpu_list_pop(uint64_t list RDI) */
FUNCTION percpu_list_pop
	movq	%gs:CPU_LISTS(,%rdi,8), %rax
	shlq	$16, %rax            /* without the count */
	jz	1f
	shrq	$16, %rax
	movabsq	$CHAIN_MARK, %rdx
	cmpq	%rdx, 8(%rax)
	jne	2f
	movq	(%rax), %rcx
	movq	%rcx, %gs:CPU_LISTS(,%rdi,8)
	.globl percpu_list_popped
	.hidden percpu_list_popped
percpu_list_popped:
	movq	$0, 8(%rax)
	ret
1:	jmp	upcall_percpu_list_empty
2:	movq	%rax, %rdi
	jmp	upcall_percpu_list_broken
END_FUNCTION percpu_list_pop

/* void percpu_list_push(void *object RDI, uint64_t list RSI) */
FUNCTION percpu_list_push
	movabsq	$CHAIN_MARK, %rdx
	cmpq	%rdx, 8(%rdi)
	je	2f
	movq	%rdx, 8(%rdi)
	.globl percpu_list_marked
	.hidden percpu_list_marked
percpu_list_marked:
	movq	%gs:CPU_LISTS(,%rsi,8), %rax
	movq	%rax, %rcx
	movq	%rax, (%rdi)
	shrq	$48, %rcx
	cmpw	percpu_list_most(%rsi,%rsi), %cx
	jae	1f
	incl	%ecx
	shlq	$48, %rcx
	orq	%rdi, %rcx
	movq	%rcx, %gs:CPU_LISTS(,%rsi,8)
	.globl percpu_list_pushed
	.hidden percpu_list_pushed
percpu_list_pushed:
	ret
1:	jmp	upcall_percpu_list_full
2:	jmp	upcall_percpu_list_marked
END_FUNCTION percpu_list_push
