/* SPDX-License-Identifier: BSD-2-Clause */
/* What a handler finds on its stack, and that what it interrupts does not notice: every register, the
 * vector state, the red zone. */
#define _GNU_SOURCE
#include "signals.h"

#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#include "../tap.h"

/* Of the extended state in the frame (Linux's asm/sigcontext.h). */
#define FXSAVE_XMM 160
#define FXSAVE_SOFTWARE 464
#define MAGIC1 0x46505853U
#define MAGIC2 0x46505845U

#define TURNS 100000 /* of the loop in hold() */
#define TICKS 50     /* wanted */

struct held {
	unsigned char vectors[64]; /* YMM3, YMM12 (of which XMM without AVX) */
	long double x87[2];
	uint32_t mxcsr;
};
_Static_assert(__builtin_offsetof(struct held, mxcsr) == 96, "assembly knows this offset");

static volatile int ticks;
static int avx;

/* Overwrites what it may. */
static void spoil(int signal)
{
	uint32_t mxcsr = 0x1f80 | 0x6000;

	(void)signal;
	ticks++;
	__asm__ volatile("ldmxcsr %0\n\t"
	                 "fninit; fldpi; fldpi; fldpi; fldpi\n\t"
	                 "pcmpeqb %%xmm0, %%xmm0; movaps %%xmm0, %%xmm3; movaps %%xmm0, %%xmm12"
	                 :
	                 : "m"(mxcsr)
	                 : "xmm0", "xmm3", "xmm12", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
	                   "r11", "cc");
	if (avx)
		__asm__ volatile("vzeroall" : : : "xmm0", "xmm3", "xmm12");
	__asm__ volatile("fninit");
}

/* Puts known values into the registers (vectors from rdi), turns rdx times in a loop that changes
 * nothing but RCX, and says what has changed: 1 general registers, 2 flags, 4 red zone. The rest is
 * stored at rsi. rcx: is there AVX? */
unsigned hold(const struct held *in, struct held *out, long turns, int with_avx);
__asm__(".text\n"
        ".globl hold\n"
        ".type hold, @function\n"
        "hold:\n\t"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n\t"
        "push %rcx; push %rsi\n\t"
        "test %ecx, %ecx; jz 1f\n\t"
        "vmovups (%rdi), %ymm3; vmovups 32(%rdi), %ymm12; jmp 2f\n"
        "1: movups (%rdi), %xmm3; movups 32(%rdi), %xmm12\n"
        "2: fninit; fld1; fldpi; ldmxcsr 96(%rdi)\n\t"
        "movq $0x51, -8(%rsp); movq $0x52, -64(%rsp); movq $0x53, -128(%rsp)\n\t"
        "mov %rdx, %rcx\n\t"
        "mov $1, %eax; mov $2, %ebx; mov $4, %edx; mov $5, %esi; mov $6, %ebp; mov $7, %edi\n\t"
        "mov $8, %r8d; mov $9, %r9d; mov $10, %r10d; mov $11, %r11d; mov $12, %r12d\n\t"
        "mov $13, %r13d; mov $14, %r14d; mov $15, %r15d\n\t"
        "std; stc\n"
        "3: lea -1(%rcx), %rcx; jrcxz 4f; jmp 3b\n"
        "4: lea -128(%rsp), %rsp; pushfq; pop %rcx; lea 128(%rsp), %rsp; cld\n\t"
        "cmp $1, %rax; jne 5f; cmp $2, %rbx; jne 5f; cmp $4, %rdx; jne 5f; cmp $5, %rsi; jne 5f\n\t"
        "cmp $6, %rbp; jne 5f; cmp $7, %rdi; jne 5f; cmp $8, %r8; jne 5f; cmp $9, %r9; jne 5f\n\t"
        "cmp $10, %r10; jne 5f; cmp $11, %r11; jne 5f; cmp $12, %r12; jne 5f\n\t"
        "cmp $13, %r13; jne 5f; cmp $14, %r14; jne 5f; cmp $15, %r15; jne 5f\n\t"
        "xor %eax, %eax; jmp 6f\n"
        "5: mov $1, %eax\n"
        "6: and $0x401, %ecx; cmp $0x401, %ecx; je 7f; or $2, %eax\n"
        "7: cmpq $0x51, -8(%rsp); jne 8f; cmpq $0x52, -64(%rsp); jne 8f\n\t"
        "cmpq $0x53, -128(%rsp); je 9f\n"
        "8: or $4, %eax\n"
        "9: pop %rsi; pop %rcx\n\t"
        "test %ecx, %ecx; jz 10f\n\t"
        "vmovups %ymm3, (%rsi); vmovups %ymm12, 32(%rsi); vzeroupper; jmp 11f\n"
        "10: movups %xmm3, (%rsi); movups %xmm12, 32(%rsi)\n"
        "11: fstpt 64(%rsi); fstpt 80(%rsi); stmxcsr 96(%rsi); ldmxcsr 12f(%rip)\n\t"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n\t"
        "ret\n"
        ".balign 4\n"
        "12: .long 0x1f80\n"
        ".size hold, . - hold");

static void test_preserved(void)
{
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	struct held in = { .mxcsr = 0x1f80 | 0x2000 }, out;
	struct sigaction action = { .sa_handler = spoil };
	unsigned changed = 0, bad_vectors = 0, bad_x87 = 0, bad_mxcsr = 0;
	uint64_t begin = now_ms();

	__builtin_cpu_init();
	avx = __builtin_cpu_supports("avx");
	for (unsigned i = 0; i < sizeof(in.vectors); i++)
		in.vectors[i] = (unsigned char)(i * 7 + 1);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (ticks < TICKS && now_ms() - begin < 20000) {
		memset(&out, 0, sizeof(out));
		changed |= hold(&in, &out, TURNS, avx);
		bad_vectors += memcmp(in.vectors, out.vectors, avx ? 64 : 16) != 0;
		bad_x87 += out.x87[1] != 1.0L || out.x87[0] < 3.14159L || out.x87[0] > 3.1416L;
		bad_mxcsr += (out.mxcsr & ~0x3fU) != in.mxcsr;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	ok(ticks >= TICKS, "a loop is interrupted %d times", ticks);
	is(changed & 1, 0, "its general registers stay what they were");
	is(changed & 2, 0, "and the flags, the direction flag included");
	is(changed & 4, 0, "and the red zone");
	is(bad_vectors, 0, "and the vector registers");
	is(bad_x87, 0, "and the x87 stack");
	is(bad_mxcsr, 0, "and MXCSR");
}

static struct {
	uint64_t rsp, flags_in_handler;
	uint32_t magic1, magic2, extended_size, xstate_size;
	uint64_t xfeatures;
	unsigned char xmm9[16];
	int aligned, blocked_in_context, info_is_same;
	stack_t stack;
} found;

static void look(int signal, siginfo_t *info, void *arg)
{
	ucontext_t *context = arg;
	unsigned char *state = (unsigned char *)context->uc_mcontext.fpregs;
	struct {
		uint32_t magic1, extended_size;
		uint64_t xfeatures;
		uint32_t xstate_size;
	} software;
	__attribute__((aligned(16))) volatile char local[16];

	__asm__ volatile("pushfq; pop %0" : "=r"(found.flags_in_handler));
	memcpy(&software, state + FXSAVE_SOFTWARE, sizeof(software));
	found.magic1 = software.magic1;
	found.extended_size = software.extended_size;
	found.xstate_size = software.xstate_size;
	found.xfeatures = software.xfeatures;
	if (software.magic1 == MAGIC1)
		memcpy(&found.magic2, state + software.xstate_size, 4);
	memcpy(found.xmm9, state + FXSAVE_XMM + 9 * 16, 16);
	memset(state + FXSAVE_XMM + 9 * 16, 0x99, 16);
	found.rsp = (uint64_t)context->uc_mcontext.gregs[REG_RSP];
	local[0] = 1;
	found.aligned = ((uintptr_t)local & 15) == 0 && ((uintptr_t)state & 63) == 0 &&
	                ((uintptr_t)__builtin_frame_address(0) & 15) == 0;
	found.blocked_in_context = sigismember(&context->uc_sigmask, SIGUSR2) &&
	                           !sigismember(&context->uc_sigmask, signal);
	found.info_is_same = info->si_signo == signal;
	found.stack = context->uc_stack;
	sigdelset(&context->uc_sigmask, SIGUSR2);
}

static void test_layout(void)
{
	unsigned char after[16], before[16];
	uint64_t rsp;

	set_handler(SIGTRAP, look, 0);
	block(SIGUSR2);
	memset(before, 0x42, sizeof(before));
	__asm__ volatile("movups %2, %%xmm9\n\t"
	                 "mov %%rsp, %1\n\t"
	                 "std\n\t"
	                 "int3\n\t"
	                 "cld\n\t"
	                 "movups %%xmm9, %0"
	                 : "=m"(after), "=&r"(rsp)
	                 : "m"(before)
	                 : "xmm9", "memory");
	is(found.rsp, rsp, "the context has the stack pointer");
	ok(found.aligned, "the handler's stack is aligned, and the extended state");
	is(found.flags_in_handler & 0x400, 0, "the direction flag is clear in the handler");
	ok(found.blocked_in_context, "the context has the mask of before");
	ok(found.info_is_same, "the second argument is the siginfo");
	is(found.stack.ss_flags, SS_DISABLE, "and tells of the alternate stack");
	ok(memcmp(found.xmm9, before, 16) == 0, "it has the vector registers");
	ok(after[0] == 0x99 && after[15] == 0x99, "what the handler writes there counts");
	is(is_blocked(SIGUSR2), 0, "what it does to the mask there, too");
	if (avx) {
		is(found.magic1, MAGIC1, "the extended state is marked");
		is(found.magic2, MAGIC2, "at its end, too");
		ok(found.extended_size == found.xstate_size + 4 && found.xstate_size >= 832,
		   "with its size (%u)", found.xstate_size);
		is(found.xfeatures & 7, 7, "x87, SSE, AVX");
	} else {
		skip("this CPU has no XSAVE");
	}
	set_default(SIGTRAP);
}

static volatile int order, inner_at, outer_at;

static void inner(int signal)
{
	(void)signal;
	inner_at = ++order;
}

static void middle(int signal)
{
	(void)signal;
	raise(SIGUSR2);
	order++;
}

static void outer(int signal)
{
	(void)signal;
	raise(SIGHUP);
	outer_at = ++order;
}

static void test_nesting(void)
{
	signal(SIGUSR1, outer);
	signal(SIGHUP, middle);
	signal(SIGUSR2, inner);
	raise(SIGUSR1);
	ok(inner_at == 1 && order == 3 && outer_at == 3, "handlers within handlers return in order");
	set_default(SIGUSR1);
	set_default(SIGHUP);
	set_default(SIGUSR2);
}

void test_frame(void)
{
	test_preserved();
	test_layout();
	test_nesting();
}
