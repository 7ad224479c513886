/* SPDX-License-Identifier: BSD-2-Clause */
/* Layout of the image: one run of file bytes that lies in memory as it lies in the file, text,
 * then read-only data, then data, each on its own pages, then what is only memory. */
#define IMAGE_BASE 0xffffffff80000000
#define BLOCK 0x200000

/* Blocks from the load address up to end, plus the tables for them (never more than a block's). */
#define IMAGE_BLOCKS(end) (((end) + 0x1000 * ((end) / BLOCK + 2) + BLOCK - 1) / BLOCK - \
	CONFIG_LOAD_ADDRESS / BLOCK)

OUTPUT_FORMAT(elf64-x86-64)
OUTPUT_ARCH(i386:x86-64)
ENTRY(__entry)

PHDRS
{
	text PT_LOAD FILEHDR PHDRS FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
#ifdef CONFIG_BOOT_PVH
	note PT_NOTE FLAGS(4);
#endif
	tls PT_TLS FLAGS(4);
}

SECTIONS
{
	. = IMAGE_BASE + CONFIG_LOAD_ADDRESS;
	__image_start = .;
	__text_start = .;
	. += SIZEOF_HEADERS; /* in the text segment, so the file has no gap before it */
	.text : AT(ADDR(.text) - IMAGE_BASE) {
		KEEP(*(.boot.header))
		KEEP(*(.boot.text))
		__kernel_text_start = .;
		*kernel.o(.text .text.*)
		__kernel_text_end = .;
		. = ALIGN(16);
		__program_text_start = .;
		KEEP(*(.init))
		*(.text.unlikely .text.unlikely.*)
		*(.text.startup .text.startup.*)
		*(.text.hot .text.hot.*)
		*(.text .text.*)
		KEEP(*(.fini))
		__program_text_end = .;
		. = ALIGN(16);
	} :text
	. = ALIGN(0x1000);
	__text_end = .;

#ifdef CONFIG_BOOT_PVH
	.note.Xen : AT(ADDR(.note.Xen) - IMAGE_BASE) { KEEP(*(.note.Xen)) } :rodata :note
#endif
	.rodata : AT(ADDR(.rodata) - IMAGE_BASE) {
		*(.rodata .rodata.*)
		. = ALIGN(4);
		__extable_start = .;
		KEEP(*(.extable))
		__extable_end = .;
		. = ALIGN(8);
		__preinit_array_start = .;
		KEEP(*(.preinit_array))
		__preinit_array_end = .;
		__init_array_start = .;
		KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*) SORT_BY_INIT_PRIORITY(.ctors.*)))
		KEEP(*(.init_array .ctors))
		__init_array_end = .;
		__fini_array_start = .;
		KEEP(*(SORT_BY_INIT_PRIORITY(.fini_array.*) SORT_BY_INIT_PRIORITY(.dtors.*)))
		KEEP(*(.fini_array .dtors))
		__fini_array_end = .;
		*(.data.rel.ro .data.rel.ro.*)
		*(.got .got.plt)
	} :rodata
	.eh_frame_hdr : AT(ADDR(.eh_frame_hdr) - IMAGE_BASE) { *(.eh_frame_hdr) } :rodata
	.eh_frame : AT(ADDR(.eh_frame) - IMAGE_BASE) { KEEP(*(.eh_frame)) } :rodata
	.gcc_except_table : AT(ADDR(.gcc_except_table) - IMAGE_BASE) {
		*(.gcc_except_table .gcc_except_table.*)
	} :rodata
	.tdata : AT(ADDR(.tdata) - IMAGE_BASE) {
		__tdata_start = .;
		*(.tdata .tdata.*)
		__tdata_end = .;
	} :rodata :tls
	.tbss : AT(ADDR(.tbss) - IMAGE_BASE) {
		*(.tbss .tbss.* .tcommon)
		__tbss_end = .;
	} :rodata :tls
	__tls_align = MAX(ALIGNOF(.tdata), ALIGNOF(.tbss));
	/* Last: its size may change without moving anything above. */
	.symbols : AT(ADDR(.symbols) - IMAGE_BASE) { KEEP(*(.symbols)) } :rodata
	. = ALIGN(0x1000);
	__rodata_end = .;

	.data : AT(ADDR(.data) - IMAGE_BASE) {
		*(.data .data.*)
		. = ALIGN(16);
	} :data
	__load_end = .;

	.bss : AT(ADDR(.bss) - IMAGE_BASE) {
		*(.bss.page_tables)
		*(.bss.stacks)
		*(.bss .bss.* COMMON)
		. = ALIGN(0x1000);
		/* One page table per 2 MiB block that the image, these tables included, lies in. */
		__image_tables = .;
		. += (IMAGE_BLOCKS(ABSOLUTE(.) - IMAGE_BASE) * 0x1000);
		__image_tables_end = .;
	} :data
	__image_end = .;
	__image_tables_base = IMAGE_BASE + CONFIG_LOAD_ADDRESS / BLOCK * BLOCK;
	__image_tables_limit = __image_tables_base + (__image_tables_end - __image_tables) / 0x1000 * BLOCK;

	/* What ELF loaders that know no note jump to: physical, 32-bit. */
	__entry = DEFINED(pvh_entry) ? pvh_entry - IMAGE_BASE :
	          DEFINED(multiboot_entry) ? multiboot_entry - IMAGE_BASE :
	          DEFINED(multiboot2_entry) ? multiboot2_entry - IMAGE_BASE : __image_start - IMAGE_BASE;

	ASSERT(__image_end - IMAGE_BASE <= 0x40000000, "the image must end below 1 GiB")

	.comment 0 : { *(.comment) }
	.debug_abbrev 0 : { *(.debug_abbrev) }
	.debug_addr 0 : { *(.debug_addr) }
	.debug_aranges 0 : { *(.debug_aranges) }
	.debug_frame 0 : { *(.debug_frame) }
	.debug_info 0 : { *(.debug_info) }
	.debug_line 0 : { *(.debug_line .debug_line.*) }
	.debug_line_str 0 : { *(.debug_line_str) }
	.debug_loc 0 : { *(.debug_loc) }
	.debug_loclists 0 : { *(.debug_loclists) }
	.debug_ranges 0 : { *(.debug_ranges) }
	.debug_rnglists 0 : { *(.debug_rnglists) }
	.debug_str 0 : { *(.debug_str) }
	.debug_str_offsets 0 : { *(.debug_str_offsets) }

	/DISCARD/ : { *(.note .note.* .gnu.* .stab* .interp .dynamic .dynsym .dynstr .hash) }
}
