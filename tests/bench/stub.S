/* SPDX-License-Identifier: BSD-2-Clause */
/* The emptiest guest that can be seen: a multiboot kernel that prints its TSC at the first
 * instruction to COM1 and stops QEMU. What it takes from QEMU's start to its line is the floor
 * that boot times are compared with. */
#define MULTIBOOT_HEADER_MAGIC 0x1badb002
#define COM1 0x3f8
#define EXIT_PORT 0xf4 /* isa-debug-exit; the value 0 becomes QEMU's exit status 1 */

	.code32
	.section .text
	.align 4
	.long MULTIBOOT_HEADER_MAGIC, 0, -MULTIBOOT_HEADER_MAGIC

	.globl _start
_start:
	rdtsc
	mov %eax, %ebx
	mov %edx, %ebp
	mov $before, %esi
	mov $(before_end - before), %ecx
	mov $COM1, %dx
	rep outsb
	mov %ebp, %edi
	call hex
	mov %ebx, %edi
	call hex
	mov $'\n', %al
	out %al, %dx
	mov $EXIT_PORT, %dx
	xor %eax, %eax
	out %eax, %dx
1:	hlt
	jmp 1b

/* Prints edi as eight digits to port dx. Changes eax, ecx, edi. */
hex:
	mov $8, %ecx
2:	rol $4, %edi
	mov %edi, %eax
	and $15, %eax
	mov digits(%eax), %al
	out %al, %dx
	loop 2b
	ret

before:	.ascii "stub: TSC 0x"
before_end:
digits:	.ascii "0123456789abcdef"
