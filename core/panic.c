/* SPDX-License-Identifier: BSD-2-Clause */
/* The report of a machine that cannot go on. It takes no lock and believes no pointer; a fault on
 * the way ends the machine at once. */
#include "core/panic.h"

#include "arch/x86/cpu.h"
#include "arch/x86/lock_order.h"
#include "arch/x86/percpu.h"
#include "arch/x86/smp.h"
#include "core/backtrace.h"
#include "core/console.h"
#include "core/exit.h"
#include "core/fault_text.h"
#include "core/log.h"
#include "core/signal_name.h"
#include "core/symbols.h"
#include "include/platform.h"
#include "lib/fmt.h"
#include "mm/heap.h"
#include "sched/thread.h"

#define LINE_MAX 256
#define LOG_LINES 8    /* last messages repeated in the report */
#define CODE_BEFORE 16 /* bytes of code shown before RIP */
#define CODE_BYTES 32

/* 0: all is well; 1: reporting; more: the report itself failed. Only ever grows. */
static uint32_t depth;
static uint32_t reporter; /* cpu_id() + 1 of who reports */

static void print(const char *fmt, ...) __printf(1, 2);

static void vprint(const char *fmt, va_list args)
{
	char line[LINE_MAX];
	int len = fmt_vsnprintf(line, sizeof(line), fmt, args);

	console_write(line, MIN((size_t)len, sizeof(line) - 1));
}

static void print(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprint(fmt, args);
	va_end(args);
}

static __noreturn void halt_forever(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Every report begins here. What comes second ends the machine at once, what comes third only
 * halts; another CPU waits for the first one's report. */
static void begin(void)
{
	uint32_t nobody = 0, before;

	irq_disable();
	if (!__atomic_compare_exchange_n(&reporter, &nobody, cpu_id() + 1, false, __ATOMIC_SEQ_CST,
	                                 __ATOMIC_SEQ_CST) &&
	    nobody != cpu_id() + 1)
		halt_forever();
	before = depth++;
	if (before > 1)
		halt_forever();
	if (before == 0) {
#ifdef CONFIG_LOCK_ORDER
		lock_order_stop();
#endif
		smp_stop_others();
		if (IS_ENABLED(CONFIG_SYMBOLS))
			fmt_set_symbolizer(symbols_format);
	}
	console_force();
	console_fresh_line();
	if (before) {
		print("PANIC within the report of another: stopping\n");
		if (platform)
			platform->stop(STOP_PANIC, 0);
		halt_forever();
	}
	log_flush();
}

static void print_thread(void)
{
	struct thread *thread = current_thread();

	if (thread)
		print("thread %d \"%.16s\", CPU %u\n", thread->tid, thread->name, cpu_id());
	else
		print("no thread yet, CPU %u\n", cpu_id());
}

static void print_registers(const struct trap_frame *f)
{
	const struct {
		char name[4];
		uint64_t value;
	} registers[] = {
		{ "rax", f->rax }, { "rbx", f->rbx },    { "rcx", f->rcx }, { "rdx", f->rdx },
		{ "rsi", f->rsi }, { "rdi", f->rdi },    { "rbp", f->rbp }, { "rsp", f->rsp },
		{ "r8", f->r8 },   { "r9", f->r9 },      { "r10", f->r10 }, { "r11", f->r11 },
		{ "r12", f->r12 }, { "r13", f->r13 },    { "r14", f->r14 }, { "r15", f->r15 },
		{ "rip", f->rip }, { "flg", f->rflags },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
		print("%s%-3s %016llx%s", i % 4 ? "" : "  ", registers[i].name,
		      (unsigned long long)registers[i].value, i % 4 == 3 ? "\n" : "  ");
	print("cs %llx  ss %llx\n", (unsigned long long)f->cs, (unsigned long long)f->ss);
}

/* Bytes around RIP, those of the instruction it points at in <>. */
static void print_code(uint64_t rip)
{
	uint8_t byte;

	print("code:");
	for (uint64_t at = rip - CODE_BEFORE; at != rip - CODE_BEFORE + CODE_BYTES; at++) {
		if (peek_memory(&byte, at, 1))
			print(at == rip ? " <%02x>" : " %02x", byte);
		else
			print(at == rip ? " <..>" : " ..");
	}
	print("\n");
}

/* What happened, in words: "page fault: write to ... (stack overflow)". */
static void print_fault(const struct trap_frame *frame, uint64_t address)
{
	struct fault_facts facts = {
		.vector = frame->vector,
		.error = frame->error,
		.address = address,
		.rip = frame->rip,
		.rsp = frame->rsp,
		.guard = kernel_stack_guard(frame->vector == TRAP_PAGE_FAULT ? address : frame->rsp),
	};
	char text[160];
	uint8_t byte;

	facts.stack_mapped = peek_memory(&byte, frame->rsp, 1);
	fault_text(text, sizeof(text), &facts);
	print("%s\n", text);
}

static void print_trap(const struct trap_frame *frame)
{
	uint64_t caller;

	print_thread();
	print_registers(frame);
	print_code(frame->rip);
	/* A jump to nowhere: the return address says where from. */
	if (!peek_executable(frame->rip) && peek_memory(&caller, frame->rsp, sizeof(caller)))
		backtrace_print(caller, frame->rbp, frame->rsp + 8, print);
	else
		backtrace_print(frame->rip, frame->rbp, frame->rsp, print);
}

void trap_report(struct trap_frame *frame, const char *title)
{
	if (IS_ENABLED(CONFIG_SYMBOLS))
		fmt_set_symbolizer(symbols_format);
	console_fresh_line();
	print("%s\n", title);
	print_trap(frame);
}

static __noreturn void finish(enum stop_reason reason, int status)
{
	log_print_tail("last messages:\n", LOG_LINES);
	machine_stop(reason, status);
}

void panic(const char *fmt, ...)
{
	uint64_t rbp = (uint64_t)__builtin_frame_address(0);
	va_list args;

	begin();
	print("PANIC: ");
	va_start(args, fmt);
	vprint(fmt, args);
	va_end(args);
	print("\n");
	print_thread();
	backtrace_print((uint64_t)__builtin_return_address(0), *(uint64_t *)rbp, *(uint64_t *)rbp,
	                print);
	finish(STOP_PANIC, 0);
}

void panic_trap(struct trap_frame *frame, uint64_t address)
{
	begin();
	print("PANIC: ");
	print_fault(frame, address);
	print_trap(frame);
	finish(STOP_PANIC, 0);
}

/* QUIT ILL TRAP ABRT BUS FPE SEGV XCPU XFSZ SYS: signal(7), default action "Core". */
static bool dumps_core(int signal)
{
	const uint32_t core =
		BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(11) | BIT(24) | BIT(25) | BIT(31);

	return signal > 0 && signal < 32 && core & BIT(signal);
}

#ifdef CONFIG_SIGNALS
void program_killed_at(const struct trap_frame *frame, int signal, const char *origin)
{
	if (!dumps_core(signal))
		machine_stop(STOP_SIGNAL, signal);
	begin();
	print("CRASH: signal %d (SIG%s), %s\n", signal, signal_name(signal), origin);
	print_thread();
	backtrace_print(frame->rip, frame->rbp, frame->rsp, print);
	finish(STOP_SIGNAL, signal);
}
#else
/* What the syscall instruction's entry pushed first (arch/x86/syscall.S), at the stack's top. */
struct syscall_stack {
	uint64_t rip, rflags, rsp;
};

/* The program's part of the call chain that rbp belongs to, from the system call on. */
static void program_backtrace(uint64_t rbp)
{
	uint64_t top = current_thread()->ctx.kernel_stack;
	uint64_t bottom = top - CONFIG_KERNEL_STACK_KIB * 1024UL;
	struct syscall_stack stack;

	/* A program may use RBP for anything: its value is whatever leads off the kernel stack. */
	while (rbp >= bottom && rbp < top)
		if (!peek_memory(&rbp, rbp, sizeof(rbp)))
			return;
	if (peek_memory(&stack, top - sizeof(stack), sizeof(stack)))
		backtrace_print(stack.rip, rbp, stack.rsp, print);
}

void program_killed(int signal)
{
	if (!dumps_core(signal))
		machine_stop(STOP_SIGNAL, signal);
	begin();
	print("CRASH: signal %d (SIG%s), sent by the program itself\n", signal, signal_name(signal));
	print_thread();
	program_backtrace((uint64_t)__builtin_frame_address(0));
	finish(STOP_SIGNAL, signal);
}
#endif

void program_crash(struct trap_frame *frame, uint64_t address, int signal)
{
	begin();
	print("CRASH: signal %d (SIG%s): ", signal, signal_name(signal));
	print_fault(frame, address);
	print_trap(frame);
	finish(STOP_SIGNAL, signal);
}
