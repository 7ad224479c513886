/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals that an instruction raises, and alternate stacks. */
#define _GNU_SOURCE
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "../tap.h"

static sigjmp_buf out;
static siginfo_t fault;
static unsigned long fault_rip, fault_sp, fault_trap;

static void note_fault(const siginfo_t *info, const ucontext_t *context)
{
	fault = *info;
	fault_rip = (unsigned long)context->uc_mcontext.gregs[REG_RIP];
	fault_trap = (unsigned long)context->uc_mcontext.gregs[REG_TRAPNO];
	fault_sp = (unsigned long)__builtin_frame_address(0);
}

static void escape(int signal, siginfo_t *info, void *context)
{
	note_fault(info, context);
	siglongjmp(out, signal);
}

/* Runs what raises a signal; returns its number, 0: none. */
static int try(void (*what)(void))
{
	int signal;

	memset(&fault, 0, sizeof(fault));
	signal = sigsetjmp(out, 1);
	if (signal == 0)
		what();
	return signal;
}

static char *page;
static volatile char *volatile target;

static void read_target(void)
{
	(void)*target;
}

static void write_target(void)
{
	*target = 1;
}

static void call_target(void)
{
	((void (*)(void))(uintptr_t)target)();
}

static void test_memory(void)
{
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	set_handler(SIGSEGV, escape, 0);
	target = (char *)16;
	is(try(write_target), SIGSEGV, "a write through a null pointer");
	is(fault.si_code, SEGV_MAPERR, "nothing is mapped there");
	ok(fault.si_addr == (char *)16, "si_addr is the address");
	is(fault_trap, 14, "the context tells of a page fault");
	is(is_blocked(SIGSEGV), 0, "and siglongjmp unblocks the signal");
	target = NULL;
	is(try(call_target), SIGSEGV, "a call of a null pointer");
	ok(fault_rip == 0 && fault.si_addr == NULL, "the context says where it went");
	page[0] = 1;
	mprotect(page, 4096, PROT_READ);
	target = page;
	is(try(write_target), SIGSEGV, "a write to read-only memory");
	ok(fault.si_code == SEGV_ACCERR && fault.si_addr == page, "is not allowed, at this address");
	is(try(read_target), 0, "but a read is");
	mprotect(page + 4096, 4096, PROT_NONE);
	target = page + 4100;
	is(try(read_target), SIGSEGV, "a read where nothing is allowed");
	ok(fault.si_code == SEGV_ACCERR && fault.si_addr == page + 4100, "says so");
	target = page;
	is(try(call_target), SIGSEGV, "a call of no-execute memory");
	is(fault.si_code, SEGV_ACCERR, "is not allowed");
	target = (char *)0x8000000000000000UL;
	is(try(read_target), SIGSEGV, "an address that no address can be");
	is(fault.si_code, SI_KERNEL, "of which the CPU does not tell more");
	munmap(page, 4096);
	errno = 0;
	ok(write(1, page, 10) == -1 && errno == EFAULT, "in a system call it is EFAULT");
	munmap(page, 8192);
}

static volatile int zero;

static void divide(void)
{
	zero = 7 / zero;
}

static void trap(void)
{
	__asm__ volatile("int3");
}

static void undefined(void)
{
	__asm__ volatile("ud2");
}

/* Unmasks division by zero in MXCSR. */
static void divide_float(void)
{
	uint32_t mxcsr = 0x1f80 & ~0x200U;
	volatile double one = 1, nothing = 0;

	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	one = one / nothing;
}

static void divide_x87(void)
{
	uint16_t control = 0x037f & ~0x4U;

	__asm__ volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(control));
}

static void test_exceptions(void)
{
	uint32_t mxcsr = 0;
	uint16_t control = 0;

	set_handler(SIGFPE, escape, 0);
	set_handler(SIGILL, escape, 0);
	set_handler(SIGTRAP, escape, 0);
	is(try(divide), SIGFPE, "an integer division by zero");
	ok(fault.si_code == FPE_INTDIV && (unsigned long)fault.si_addr == fault_rip, "says so, and where");
	if (try(divide_float) == SIGFPE) {
		is(fault.si_code, FPE_FLTDIV, "so does a floating-point division by zero, unmasked");
		__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
		is(mxcsr & 0x1f80, 0x1f80, "the handler runs with floating-point exceptions masked");
	} else {
		mxcsr = 0x1f80;
		__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
		skip("this CPU raises no SSE exceptions (QEMU's TCG)");
	}
	is(try(divide_x87), SIGFPE, "the same on the x87");
	is(fault.si_code, FPE_FLTDIV, "says so");
	__asm__ volatile("fnstcw %0" : "=m"(control));
	is(control & 0x3f, 0x3f, "the handler runs with a fresh control word");
	__asm__ volatile("fninit");
	is(try(undefined), SIGILL, "an undefined instruction");
	is((unsigned long)fault.si_addr, fault_rip, "si_addr is its address");
	is(try(trap), SIGTRAP, "a breakpoint");
}

static void skip_ud2(int signal, siginfo_t *info, void *arg)
{
	ucontext_t *context = arg;

	(void)signal;
	note_fault(info, context);
	context->uc_mcontext.gregs[REG_RIP] += 2;
	context->uc_mcontext.gregs[REG_RAX] = 0x1234567890;
}

static void allow(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	seen++;
	mprotect((void *)((unsigned long)info->si_addr & ~4095UL), 4096, PROT_READ | PROT_WRITE);
}

static void test_mending(void)
{
	long result;
	int good = 0;

	set_handler(SIGILL, skip_ud2, 0);
	__asm__ volatile("ud2" : "=a"(result) : "a"(0));
	is(result, 0x1234567890, "a handler skips the instruction and sets a register");

	count(SIGSEGV, 0);
	set_handler(SIGSEGV, allow, 0);
	page = mmap(NULL, 64 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 64; i++) {
		page[i * 4096 + i] = (char)i;
		good += page[i * 4096 + i] == (char)i;
	}
	ok(seen == 64 && good == 64, "a handler makes memory accessible, page by page");
	munmap(page, 64 * 4096);
}

static char *stack_low;
static size_t stack_size;
static stack_t stack_inside;
static int change_inside;

static void on_stack(int signal, siginfo_t *info, void *context)
{
	stack_t other = { .ss_sp = stack_low, .ss_size = stack_size };

	(void)signal;
	note_fault(info, context);
	sigaltstack(NULL, &stack_inside);
	errno = 0;
	change_inside = sigaltstack(&other, NULL) == -1 ? errno : 0;
}

static int within(unsigned long address)
{
	return address >= (unsigned long)stack_low && address < (unsigned long)stack_low + stack_size;
}

static void test_altstack(void)
{
	stack_t stack, old;

	stack_size = 65536;
	stack_low = malloc(stack_size);
	stack = (stack_t){ .ss_sp = stack_low, .ss_size = 1024 };
	errno = 0;
	ok(sigaltstack(&stack, NULL) == -1 && errno == ENOMEM, "too small a stack: ENOMEM");
	stack.ss_size = stack_size;
	stack.ss_flags = 64;
	errno = 0;
	ok(sigaltstack(&stack, NULL) == -1 && errno == EINVAL, "an unknown flag: EINVAL");
	stack.ss_flags = 0;
	is(sigaltstack(&stack, &old), 0, "sigaltstack");
	is(old.ss_flags, SS_DISABLE, "there was none");
	set_handler(SIGUSR1, on_stack, SA_ONSTACK);
	raise(SIGUSR1);
	ok(within(fault_sp), "SA_ONSTACK: the handler runs there");
	is(stack_inside.ss_flags, SS_ONSTACK, "and sigaltstack knows");
	is(change_inside, EPERM, "it cannot be changed then: EPERM");
	sigaltstack(NULL, &old);
	ok(old.ss_flags == 0 && old.ss_sp == stack_low && old.ss_size == stack_size,
	   "afterwards it is not in use");
	set_handler(SIGUSR1, on_stack, 0);
	raise(SIGUSR1);
	ok(!within(fault_sp), "without SA_ONSTACK it does not");
}

static volatile int depth;

static int __attribute__((noinline)) dive(int n)
{
	volatile char frame[500];

	frame[0] = (char)n;
	depth = n;
	return n < 0 ? 0 : dive(n + 1) + frame[0];
}

static void overflow(void)
{
	dive(0);
}

/* In a thread with a stack of its own, so that there is little to use up. */
static void *overflow_twice(void *arg)
{
	char memory[1];
	stack_t stack = { .ss_size = 65536 };
	intptr_t result = 0;

	(void)arg;
	(void)memory;
	stack.ss_sp = stack_low = malloc(stack.ss_size);
	sigaltstack(&stack, NULL);
	for (int i = 0; i < 2; i++)
		if (try(overflow) == SIGSEGV && within(fault_sp) && depth > 100)
			result++;
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	free(stack.ss_sp);
	return (void *)result;
}

static void test_overflow(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	stack_t stack;
	void *result = NULL;
	char *low = stack_low;

	set_handler(SIGSEGV, escape, SA_ONSTACK);
	is(try(overflow), SIGSEGV, "an overflow of the first thread's stack is caught");
	ok(within(fault_sp), "on the alternate one");
	stack = (stack_t){ .ss_flags = SS_DISABLE };
	is(sigaltstack(&stack, NULL), 0, "the alternate stack is given back");
	free(low);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	pthread_create(&thread, &attr, overflow_twice, NULL);
	pthread_join(thread, &result);
	is((intptr_t)result, 2, "so is that of another thread's, twice");
	pthread_attr_destroy(&attr);
}

void test_fault(void)
{
	test_memory();
	test_exceptions();
	test_mending();
	test_altstack();
	test_overflow();
	set_default(SIGSEGV);
	set_default(SIGFPE);
	set_default(SIGILL);
	set_default(SIGTRAP);
	set_default(SIGUSR1);
}
