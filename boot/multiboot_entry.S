/* SPDX-License-Identifier: BSD-2-Clause */
/* Multiboot 1 and 2: headers and entries (32-bit protected mode, paging off, EAX = magic, EBX =
 * information). The address fields (flag 16) make loaders take the file as it lies: QEMU refuses
 * a 64-bit ELF without them. The image's segments lie in the file just as they do in memory. */
#include "arch/x86/asm.h"

#ifdef CONFIG_BOOT_MULTIBOOT
#define MULTIBOOT_HEADER_MAGIC 0x1badb002
#define MULTIBOOT_BOOTLOADER_MAGIC 0x2badb002
#define MULTIBOOT_PAGE_ALIGN 0x00000001
#define MULTIBOOT_MEMORY_INFO 0x00000002
#define MULTIBOOT_AOUT_KLUDGE 0x00010000
#define MULTIBOOT_FLAGS (MULTIBOOT_PAGE_ALIGN | MULTIBOOT_MEMORY_INFO | MULTIBOOT_AOUT_KLUDGE)

	.section .boot.header, "a", @progbits
	.balign 4
multiboot_header:
	.long MULTIBOOT_HEADER_MAGIC
	.long MULTIBOOT_FLAGS
	.long -(MULTIBOOT_HEADER_MAGIC + MULTIBOOT_FLAGS)
	.long PHYS(multiboot_header) /* header_addr */
	.long PHYS(__image_start)    /* load_addr */
	.long PHYS(__load_end)       /* load_end_addr */
	.long PHYS(__image_end)      /* bss_end_addr */
	.long PHYS(multiboot_entry)  /* entry_addr */

	.section .boot.text, "ax", @progbits
	.code32
	.globl multiboot_entry /* not hidden: image.lds.S looks for it */
	.type multiboot_entry, @function
multiboot_entry:
	movl	%eax, %ecx
	rdtsc
	movl	%eax, %esi
	movl	%edx, %edi
	movl	$PHYS(boot_multiboot1), %ebp
	cmpl	$MULTIBOOT_BOOTLOADER_MAGIC, %ecx
	je	boot32
	jmp	boot32_bad_magic
	.size multiboot_entry, . - multiboot_entry
#endif

#ifdef CONFIG_BOOT_MULTIBOOT2
#define MULTIBOOT2_HEADER_MAGIC 0xe85250d6
#define MULTIBOOT2_BOOTLOADER_MAGIC 0x36d76289
#define MULTIBOOT2_ARCHITECTURE_I386 0
#define MULTIBOOT2_TAG_ADDRESS 2
#define MULTIBOOT2_TAG_ENTRY 3
#define MULTIBOOT2_TAG_END 0

	.section .boot.header, "a", @progbits
	.balign 8
multiboot2_header:
	.long MULTIBOOT2_HEADER_MAGIC
	.long MULTIBOOT2_ARCHITECTURE_I386
	.long multiboot2_header_end - multiboot2_header
	.long -(MULTIBOOT2_HEADER_MAGIC + MULTIBOOT2_ARCHITECTURE_I386 + \
		(multiboot2_header_end - multiboot2_header))
	.balign 8
	.word MULTIBOOT2_TAG_ADDRESS, 0
	.long 24
	.long PHYS(multiboot2_header)
	.long PHYS(__image_start)
	.long PHYS(__load_end)
	.long PHYS(__image_end)
	.balign 8
	.word MULTIBOOT2_TAG_ENTRY, 0
	.long 12
	.long PHYS(multiboot2_entry)
	.balign 8
	.word MULTIBOOT2_TAG_END, 0
	.long 8
multiboot2_header_end:

	.section .boot.text, "ax", @progbits
	.code32
	.globl multiboot2_entry /* not hidden: image.lds.S looks for it */
	.type multiboot2_entry, @function
multiboot2_entry:
	movl	%eax, %ecx
	rdtsc
	movl	%eax, %esi
	movl	%edx, %edi
	movl	$PHYS(boot_multiboot2), %ebp
	cmpl	$MULTIBOOT2_BOOTLOADER_MAGIC, %ecx
	je	boot32
	jmp	boot32_bad_magic
	.size multiboot2_entry, . - multiboot2_entry
#endif
