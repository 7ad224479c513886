/* SPDX-License-Identifier: BSD-2-Clause */
/* The vDSO as bytes of the image; scripts/vdso.mk makes the file. */
	.section .rodata.vdso, "a", @progbits
	.globl vdso_start, vdso_end
	.hidden vdso_start, vdso_end
	.balign 8
vdso_start:
	.incbin "core/vdso/vdso.so"
vdso_end:
