/* SPDX-License-Identifier: BSD-2-Clause */
/* Assembly around the syscall instruction. */
#include "door.h"

/* rdi = n, rsi = a, rdx = b, rcx = result. All callee-saved registers are pushed, then result.
 * r15 keeps rsp, which tells whether the call changed it; r14, r12 and r13 keep the pattern and
 * the arguments. After the call nothing is pushed until the red zone has been looked at. */
__asm__(".text\n"
        ".globl door_check\n"
        ".type door_check, @function\n"
        "door_check:\n\t"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rcx\n\t"
        "mov %rdi, %rax\n\t"
        "mov %rsi, %rdi\n\t"
        "mov %rdx, %rsi\n\t"
        "mov %rsp, %r15\n\t"
        "mov %rdi, %r12\n\t"
        "mov %rsi, %r13\n\t"
        /* The red zone: quadword i below rsp is the pattern plus i. */
        "mov $0x1122334455667788, %r14\n\t"
        "mov $16, %ecx\n\t"
        "mov %rsp, %rbx\n"
        "1: lea (%r14,%rcx), %rbp\n\t"
        "neg %rcx\n\t"
        "mov %rbp, (%rbx,%rcx,8)\n\t"
        "neg %rcx\n\t"
        "dec %ecx\n\t"
        "jnz 1b\n\t"
        /* What the call must leave alone. */
        "mov $0x0101010101010101, %rbx\n\t"
        "mov $0x0202020202020202, %rbp\n\t"
        "mov $0x0303030303030303, %rdx\n\t"
        "mov $0x0404040404040404, %r8\n\t"
        "mov $0x0505050505050505, %r9\n\t"
        "mov $0x0606060606060606, %r10\n\t"
        "stc\n\t"
        "syscall\n"
        "2: mov %rax, %r11\n\t"
        "mov $0, %eax\n\t" /* mov leaves the flags alone */
        "jc 3f\n\t"
        "or $8, %eax\n"
        "3: cmp %rsp, %r15\n\t"
        "je 4f\n\t"
        "or $4, %eax\n\t"
        "mov %r15, %rsp\n"
        "4: cmp %rdi, %r12\n\t jne 5f\n\t"
        "cmp %rsi, %r13\n\t jne 5f\n\t"
        "mov $0x0101010101010101, %r12\n\t cmp %rbx, %r12\n\t jne 5f\n\t"
        "mov $0x0202020202020202, %r12\n\t cmp %rbp, %r12\n\t jne 5f\n\t"
        "mov $0x0303030303030303, %r12\n\t cmp %rdx, %r12\n\t jne 5f\n\t"
        "mov $0x0404040404040404, %r12\n\t cmp %r8, %r12\n\t jne 5f\n\t"
        "mov $0x0505050505050505, %r12\n\t cmp %r9, %r12\n\t jne 5f\n\t"
        "mov $0x0606060606060606, %r12\n\t cmp %r10, %r12\n\t jne 5f\n\t"
        "mov $0x1122334455667788, %r12\n\t cmp %r14, %r12\n\t je 6f\n"
        "5: or $1, %eax\n"
        "6: lea 2b(%rip), %rbx\n\t"
        "cmp %rbx, %rcx\n\t"
        "je 7f\n\t"
        "or $16, %eax\n"
        "7: mov $0x1122334455667788, %r14\n\t"
        "mov $16, %ecx\n"
        "8: lea (%r14,%rcx), %rbp\n\t"
        "neg %rcx\n\t"
        "cmp %rbp, (%rsp,%rcx,8)\n\t"
        "je 9f\n\t"
        "or $2, %eax\n"
        "9: neg %rcx\n\t"
        "dec %ecx\n\t"
        "jnz 8b\n\t"
        "pop %rcx\n\t"
        "mov %r11, (%rcx)\n\t"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n\t"
        "ret\n"
        ".size door_check, . - door_check\n");

long door_backwards(long n, long a, int *direction)
{
	uint64_t flags;
	long result;

	/* Nothing is pushed by the compiler around here: the red zone is skipped by hand. */
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
	                 "std\n\t"
	                 "syscall\n\t"
	                 "pushfq\n\t"
	                 "cld\n\t"
	                 "popq %[flags]\n\t"
	                 "lea 128(%%rsp), %%rsp"
	                 : "=a"(result), [flags] "=&r"(flags)
	                 : "a"(n), "D"(a)
	                 : "rcx", "r11", "memory", "cc");
	*direction = (flags >> 10) & 1;
	return result;
}
