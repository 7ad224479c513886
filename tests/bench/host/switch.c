/* SPDX-License-Identifier: BSD-2-Clause */
/* bench-host: the two doors of the system calls, and switches between threads. CLI, STI and HLT are
 * assembled as NOP (a Linux program may not execute them); all else is the kernel's code. */
#include <asm/prctl.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "arch/x86/context.h"
#include "arch/x86/cpu.h"
#include "arch/x86/percpu.h"
#include "sched/thread.h"
#include "tests/bench/host/bench.h"

#define AT_HWCAP2_FSGSBASE 2UL
#define STACK KIB(64)

int k_getpid(void);
int k_sched_yield(void);

struct cpu_features cpu_features;
uint32_t signal_work; /* no signal waits */

/* What the fast paths leave to others does not happen here. */
#define NEVER(name) __asm__(".globl " #name "\n" #name ": ud2");
NEVER(upcall_yield)
NEVER(signal_door)
NEVER(signal_exit)
NEVER(trap_return)
NEVER(k_abort)

static struct thread threads[2];
static char stacks[3][STACK] __aligned(64);

static void by_call(unsigned n)
{
	while (n--)
		k_getpid();
}

/* What the syscall instruction does, by a jump: the way back in RCX, the flags in R11. */
static inline long door(long number)
{
	__asm__ volatile("leaq 1f(%%rip), %%rcx; movl $0x202, %%r11d; jmp syscall_entry; 1:"
	                 : "+a"(number)
	                 :
	                 : "rcx", "r11", "cc", "memory");
	return number;
}

static void by_door(unsigned n)
{
	while (n--)
		door(SYS_getpid);
}

static void linux_getpid(unsigned n)
{
	while (n--)
		getpid();
}

static void yield(unsigned n)
{
	while (n--)
		k_sched_yield();
}

static void linux_yield(unsigned n)
{
	while (n--)
		sched_yield();
}

/* Each call is two switches. */
static void yield_twice(unsigned n)
{
	for (n /= 2; n; n--)
		k_sched_yield();
}

static void yield_forever(void *unused)
{
	(void)unused;
	for (;;)
		k_sched_yield();
}

static void switch_twice(unsigned n)
{
	for (n /= 2; n; n--)
		context_switch(&threads[0].ctx, &threads[1].ctx);
}

static void switch_forever(void *unused)
{
	(void)unused;
	for (;;)
		context_switch(&threads[1].ctx, &threads[0].ctx);
}

static ucontext_t flows[2];

static void swap_twice(unsigned n)
{
	for (n /= 2; n; n--)
		swapcontext(&flows[0], &flows[1]);
}

static void swap_forever(void)
{
	for (;;)
		swapcontext(&flows[1], &flows[0]);
}

/* Linux threads on one CPU hand a turn to one another. */
static volatile unsigned turn;
static volatile bool stop;

static void hand_over(unsigned n)
{
	for (n /= 2; n; n--) {
		turn = 1;
		while (turn)
			sched_yield();
	}
}

static void *hand_back(void *unused)
{
	(void)unused;
	while (!stop) {
		if (turn)
			turn = 0;
		sched_yield();
	}
	return NULL;
}

/* Another thread that begins with entry, and whether sched_yield() sees it. */
static void machine(void (*entry)(void *), bool ready)
{
	uint64_t fs;

	if (syscall(SYS_arch_prctl, ARCH_GET_FS, &fs))
		bench_fail("arch_prctl");
	cpus[0].current = &threads[0];
	cpus[0].ready = ready ? BIT(1) : 0;
	for (int i = 0; i < 2; i++) {
		struct context *ctx = &threads[i].ctx;

		context_init(ctx, stacks[i] + STACK, entry, NULL);
		ctx->fs_base = fs;
		ctx->rivals = BIT(2) - 1;
		ctx->ring_bit = BIT(1);
		list_init(&ctx->ring);
	}
	list_add_tail(&threads[0].ctx.ring, &threads[1].ctx.ring);
	context_adopt(&threads[0].ctx, stacks[0] + STACK);
}

void bench_doors(void)
{
	struct cost ours, theirs;

	machine(yield_forever, false);
	if (door(SYS_getpid) != k_getpid())
		bench_fail("the two doors differ");
	theirs = bench_time(linux_getpid, 1000, 1001);
	ours = bench_time(by_call, 10000, 2001);
	bench_row("getpid by call", ours, "glibc's getpid", &theirs);
	ours = bench_time(by_door, 1000, 2001);
	bench_row("getpid through the table (without SYSCALL itself)", ours, "glibc's getpid", &theirs);
	ours = bench_time(yield, 10000, 2001);
	theirs = bench_time(linux_yield, 1000, 1001);
	bench_row("sched_yield, nobody else", ours, "glibc's sched_yield", &theirs);
}

void bench_switches(void)
{
	struct cost ours, theirs;
	pthread_t other;

	cpu_features.fsgsbase = getauxval(AT_HWCAP2) & AT_HWCAP2_FSGSBASE;
	if (!cpu_features.fsgsbase) {
		errno = ENOTSUP;
		bench_fail("this machine has no FSGSBASE");
	}
	if (pthread_create(&other, NULL, hand_back, NULL))
		bench_fail("pthread_create");
	theirs = bench_time(hand_over, 1000, 501);
	stop = true;
	pthread_join(other, NULL);
	machine(yield_forever, true);
	ours = bench_time(yield_twice, 1000, 2001);
	bench_row("sched_yield to the other thread", ours, "pthreads, sched_yield", &theirs);

	if (getcontext(&flows[1]))
		bench_fail("getcontext");
	flows[1].uc_stack.ss_sp = stacks[2];
	flows[1].uc_stack.ss_size = STACK;
	makecontext(&flows[1], swap_forever, 0);
	theirs = bench_time(swap_twice, 1000, 501);
	machine(switch_forever, true);
	ours = bench_time(switch_twice, 1000, 2001);
	bench_row("context_switch()", ours, "swapcontext", &theirs);
}
