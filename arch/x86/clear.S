/* SPDX-License-Identifier: BSD-2-Clause */
/* Routines that zero memory: void NAME(void *dst RDI, size_t bytes RSI), bytes a multiple of 512,
 * dst aligned to 64. They change RAX, RCX, RDX, RSI, RDI and flags, and no vector register that
 * anybody could see. Those called _stream go past the caches: for what will not be read soon. */
#include "arch/x86/asm.h"

#define UNIT 512

/* XCR0 and XINUSE bits (SDM volume 1, 13.1): upper halves of YMM, upper halves of ZMM0 to 15. */
#define XSTATE_AVX 0x04
#define XSTATE_ZMM_HI256 0x40

FUNCTION clear_stosb
	movq	%rsi, %rcx
	xorl	%eax, %eax
	rep stosb
	ret
END_FUNCTION clear_stosb

/* Stores REG of WIDTH bytes over [RDI, RDI + RSI). */
.macro STORE_LOOP instruction, reg, width
	addq	%rdi, %rsi
1:	.set	offset, 0
	.rept	UNIT / \width
	\instruction	%\reg, offset(%rdi)
	.set	offset, offset + \width
	.endr
	addq	$UNIT, %rdi
	cmpq	%rsi, %rdi
	jb	1b
.endm

.macro CLEAR_SSE name, instruction
FUNCTION \name
	subq	$24, %rsp
	movups	%xmm0, (%rsp)
	xorps	%xmm0, %xmm0
	STORE_LOOP \instruction, xmm0, 16
	movups	(%rsp), %xmm0
	addq	$24, %rsp
	ret
END_FUNCTION \name
.endm

CLEAR_SSE clear_sse, movaps
CLEAR_SSE clear_sse_stream, movntps

#ifdef CONFIG_CLEAR_AVX
/* A VEX instruction zeroes what lies above its operand, up to bit 511, so that has to be kept. And
 * an upper half that was written, if only with zeros, makes SSE code slow on some processors until
 * VZEROUPPER. So: where XINUSE says that all upper halves are zero, as in any program that uses no
 * AVX, the low half alone is kept and VZEROUPPER leaves the others as they were; else the whole
 * register is kept. */
.macro CLEAR_AVX name, instruction
FUNCTION \name
	subq	$72, %rsp
	movl	$1, %ecx
	xgetbv                       /* EDX:EAX: XINUSE */
	testb	$(XSTATE_AVX | XSTATE_ZMM_HI256), %al
	jnz	2f
	movups	%xmm0, (%rsp)
	vpxor	%xmm0, %xmm0, %xmm0
	STORE_LOOP \instruction, ymm0, 32
	vzeroupper
	movups	(%rsp), %xmm0
	addq	$72, %rsp
	ret
2:	cmpb	$0, clear_saves_zmm(%rip)
	jne	3f
	vmovdqu	%ymm0, (%rsp)
	vpxor	%xmm0, %xmm0, %xmm0
	STORE_LOOP \instruction, ymm0, 32
	vmovdqu	(%rsp), %ymm0
	addq	$72, %rsp
	ret
3:	vmovdqu64	%zmm0, (%rsp)
	vpxor	%xmm0, %xmm0, %xmm0
	STORE_LOOP \instruction, ymm0, 32
	vmovdqu64	(%rsp), %zmm0
	addq	$72, %rsp
	ret
END_FUNCTION \name
.endm

CLEAR_AVX clear_avx, vmovdqa
CLEAR_AVX clear_avx_stream, vmovntdq
#endif
