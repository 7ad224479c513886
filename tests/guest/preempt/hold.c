/* SPDX-License-Identifier: BSD-2-Clause */
/* The assembly that holds patterns in registers. Nothing here calls a function while it does. */
#include "hold.h"

#include <string.h>
#include <sys/syscall.h>

void make_pattern(struct pattern *pattern, uint8_t seed)
{
	uint8_t *bytes = (uint8_t *)pattern;

	for (unsigned i = 0; i < sizeof(*pattern); i++)
		bytes[i] = (uint8_t)(seed + i * 3 + (i >> 4));
}

#define ALL_VECTORS                                                                                \
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",       \
		"xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

/* clang-format off */
/* One instruction for each of the 16 registers: op register, and where its 32 bytes are. */
#define EACH_LOAD(op, reg)                                                                         \
	op " 0x000(%[in]), %%" reg "0\n\t" op " 0x020(%[in]), %%" reg "1\n\t"                          \
	op " 0x040(%[in]), %%" reg "2\n\t" op " 0x060(%[in]), %%" reg "3\n\t"                          \
	op " 0x080(%[in]), %%" reg "4\n\t" op " 0x0a0(%[in]), %%" reg "5\n\t"                          \
	op " 0x0c0(%[in]), %%" reg "6\n\t" op " 0x0e0(%[in]), %%" reg "7\n\t"                          \
	op " 0x100(%[in]), %%" reg "8\n\t" op " 0x120(%[in]), %%" reg "9\n\t"                          \
	op " 0x140(%[in]), %%" reg "10\n\t" op " 0x160(%[in]), %%" reg "11\n\t"                        \
	op " 0x180(%[in]), %%" reg "12\n\t" op " 0x1a0(%[in]), %%" reg "13\n\t"                        \
	op " 0x1c0(%[in]), %%" reg "14\n\t" op " 0x1e0(%[in]), %%" reg "15\n\t"

#define EACH_STORE(op, reg)                                                                        \
	op " %%" reg "0, 0x000(%[out])\n\t" op " %%" reg "1, 0x020(%[out])\n\t"                        \
	op " %%" reg "2, 0x040(%[out])\n\t" op " %%" reg "3, 0x060(%[out])\n\t"                        \
	op " %%" reg "4, 0x080(%[out])\n\t" op " %%" reg "5, 0x0a0(%[out])\n\t"                        \
	op " %%" reg "6, 0x0c0(%[out])\n\t" op " %%" reg "7, 0x0e0(%[out])\n\t"                        \
	op " %%" reg "8, 0x100(%[out])\n\t" op " %%" reg "9, 0x120(%[out])\n\t"                        \
	op " %%" reg "10, 0x140(%[out])\n\t" op " %%" reg "11, 0x160(%[out])\n\t"                      \
	op " %%" reg "12, 0x180(%[out])\n\t" op " %%" reg "13, 0x1a0(%[out])\n\t"                      \
	op " %%" reg "14, 0x1c0(%[out])\n\t" op " %%" reg "15, 0x1e0(%[out])\n\t"

/* clang-format on */

/* No PAUSE: each one leaves the loop of an emulator, which with -icount takes a microsecond. */
#define SPIN "1: nop\n\t dec %[turns]\n\t jnz 1b\n\t"
#define YIELD "1: mov %[yield], %%eax\n\t syscall\n\t dec %[turns]\n\t jnz 1b\n\t"

#define HOLD(load, reg, wait)                                                                      \
	uint8_t out[16][32];                                                                           \
                                                                                                   \
	memcpy(out, pattern->vectors, sizeof(out));                                                    \
	for (unsigned i = 0; i < 16; i++)                                                              \
		memset(out[i], 0, reg[0] == 'y' ? 32 : 16);                                                \
	__asm__ volatile(EACH_LOAD(load, reg) wait EACH_STORE(load, reg)                               \
	                 : [turns] "+r"(turns)                                                         \
	                 : [in] "r"(pattern->vectors), [out] "r"(out), [yield] "i"(SYS_sched_yield)    \
	                 : "rax", "rcx", "r11", "memory", "cc", ALL_VECTORS);                          \
	return memcmp(out, pattern->vectors, sizeof(out)) == 0

int hold_xmm(const struct pattern *pattern, long turns)
{
	HOLD("movdqu", "xmm", SPIN);
}

int hold_ymm(const struct pattern *pattern, long turns)
{
	HOLD("vmovdqu", "ymm", SPIN);
}

int hold_xmm_syscall(const struct pattern *pattern, long turns)
{
	HOLD("movdqu", "xmm", YIELD);
}

int hold_ymm_syscall(const struct pattern *pattern, long turns)
{
	HOLD("vmovdqu", "ymm", YIELD);
}

int hold_x87(const struct pattern *pattern, long turns)
{
	double in = pattern->vectors[0][0] + 0.5, out = 0;

	__asm__ volatile("fldl %[in]\n\t fld1\n\t" SPIN "faddp\n\t fstpl %[out]"
	                 : [turns] "+r"(turns), [out] "=m"(out)
	                 : [in] "m"(in)
	                 : "st", "st(1)", "cc", "memory");
	return out == in + 1;
}

/* rax, rbx, rdx, rsi and r8..r15 hold values; rcx counts; rdi points to the pattern. Four
 * quadwords of the red zone hold more of it. The carry flag is set throughout. rbp
 * becomes 1 where all is as it was. */
/* clang-format off */
__asm__(".text\n"
        ".globl hold_general\n"
        ".type hold_general, @function\n"
        "hold_general:\n\t"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n\t"
        "lea 512(%rdi), %rdi\n\t" /* pattern->general */
        "mov %rsi, %rcx\n\t"
        "mov 0x40(%rdi), %rax; mov %rax, -0x08(%rsp)\n\t"
        "mov 0x48(%rdi), %rax; mov %rax, -0x10(%rsp)\n\t"
        "mov 0x50(%rdi), %rax; mov %rax, -0x40(%rsp)\n\t"
        "mov 0x58(%rdi), %rax; mov %rax, -0x80(%rsp)\n\t"
        "mov 0x00(%rdi), %rax; mov 0x08(%rdi), %rbx; mov 0x10(%rdi), %rdx; mov 0x18(%rdi), %rsi\n\t"
        "mov 0x20(%rdi), %r8; mov 0x28(%rdi), %r9; mov 0x30(%rdi), %r10; mov 0x38(%rdi), %r11\n\t"
        "mov 0x60(%rdi), %r12; mov 0x68(%rdi), %r13; mov 0x70(%rdi), %r14; mov 0x78(%rdi), %r15\n\t"
        "xor %ebp, %ebp\n\t"
        "stc\n"
        "1: nop\n\t"
        "lea -1(%rcx), %rcx\n\t" /* lea and jrcxz leave the flags alone */
        "jrcxz 2f\n\t"
        "jmp 1b\n"
        "2: jnc 3f\n\t"
        "cmp 0x00(%rdi), %rax; jne 3f; cmp 0x08(%rdi), %rbx; jne 3f\n\t"
        "cmp 0x10(%rdi), %rdx; jne 3f; cmp 0x18(%rdi), %rsi; jne 3f\n\t"
        "cmp 0x20(%rdi), %r8; jne 3f; cmp 0x28(%rdi), %r9; jne 3f\n\t"
        "cmp 0x30(%rdi), %r10; jne 3f; cmp 0x38(%rdi), %r11; jne 3f\n\t"
        "cmp 0x60(%rdi), %r12; jne 3f; cmp 0x68(%rdi), %r13; jne 3f\n\t"
        "cmp 0x70(%rdi), %r14; jne 3f; cmp 0x78(%rdi), %r15; jne 3f\n\t"
        "mov 0x40(%rdi), %rax; cmp %rax, -0x08(%rsp); jne 3f\n\t"
        "mov 0x48(%rdi), %rax; cmp %rax, -0x10(%rsp); jne 3f\n\t"
        "mov 0x50(%rdi), %rax; cmp %rax, -0x40(%rsp); jne 3f\n\t"
        "mov 0x58(%rdi), %rax; cmp %rax, -0x80(%rsp); jne 3f\n\t"
        "mov $1, %ebp\n"
        "3: mov %ebp, %eax\n\t"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n\t"
        "ret\n"
        ".size hold_general, . - hold_general");

/* rbx, rbp and r12..r15 hold values, MXCSR and the x87 control word rounding modes, across plain
 * calls. On the stack: the turns left, the pattern; what was read, what is to be. */
__asm__(".text\n"
        ".globl hold_call\n"
        ".type hold_call, @function\n"
        "hold_call:\n\t"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; sub $40, %rsp\n\t"
        "lea 512(%rdi), %rdi\n\t" /* pattern->general */
        "mov %rsi, (%rsp); mov %rdi, 8(%rsp)\n\t"
        "mov 0x00(%rdi), %eax; and $3, %eax; mov %eax, %ecx; shl $13, %eax; shl $10, %ecx\n\t"
        "or $0x1f80, %eax; or $0x37f, %ecx; mov %eax, 24(%rsp); mov %ecx, 28(%rsp)\n\t"
        "ldmxcsr 24(%rsp); fldcw 28(%rsp)\n\t"
        "mov 0x08(%rdi), %rbx; mov 0x10(%rdi), %rbp; mov 0x60(%rdi), %r12\n\t"
        "mov 0x68(%rdi), %r13; mov 0x70(%rdi), %r14; mov 0x78(%rdi), %r15\n"
        "1: call sched_yield\n\t"
        "test %eax, %eax; jne 2f\n\t"
        "decq (%rsp); jnz 1b\n\t"
        "mov 8(%rsp), %rdi; movq $0, 16(%rsp); stmxcsr 16(%rsp); fnstcw 20(%rsp)\n\t"
        "mov 16(%rsp), %rax; cmp 24(%rsp), %rax; jne 2f\n\t"
        "cmp 0x08(%rdi), %rbx; jne 2f; cmp 0x10(%rdi), %rbp; jne 2f; cmp 0x60(%rdi), %r12\n\t"
        "jne 2f; cmp 0x68(%rdi), %r13; jne 2f; cmp 0x70(%rdi), %r14; jne 2f\n\t"
        "cmp 0x78(%rdi), %r15; jne 2f\n\t"
        "mov $1, %ebx; jmp 3f\n"
        "2: xor %ebx, %ebx\n"
        "3: movl $0x1f80, 24(%rsp); movl $0x37f, 28(%rsp); ldmxcsr 24(%rsp); fldcw 28(%rsp)\n\t"
        "mov %ebx, %eax\n\t"
        "add $40, %rsp; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n\t"
        "ret\n"
        ".size hold_call, . - hold_call");
/* clang-format on */

_Static_assert(__builtin_offsetof(struct pattern, general) == 512, "assembly knows this offset");
