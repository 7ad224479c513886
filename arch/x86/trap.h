/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps: exceptions and interrupts. Every vector enters on an IST stack (a program's red zone lies
 * below RSP and ring 0 to ring 0 does not switch stacks by itself). Entry saves the general
 * registers as a struct trap_frame and calls what the rooms above provide. */
#ifndef PAGURUS_X86_TRAP_H
#define PAGURUS_X86_TRAP_H

#include "include/types.h"

struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector; /* pushed by the entry stub */
	uint64_t error;  /* by the CPU, or 0 */
	uint64_t rip, cs, rflags, rsp, ss;
};

#define TRAP_DIVIDE 0
#define TRAP_DEBUG 1
#define TRAP_NMI 2
#define TRAP_BREAKPOINT 3
#define TRAP_UNDEFINED 6
#define TRAP_DOUBLE_FAULT 8
#define TRAP_PROTECTION 13
#define TRAP_PAGE_FAULT 14
#define TRAP_MACHINE_CHECK 18
#define TRAP_VECTORS 256

#define PF_PRESENT BIT(0)
#define PF_WRITE BIT(1)
#define PF_FETCH BIT(4)

#define TRAP_STACKS 6 /* that a CPU needs */

/* Fills in the IDT, and loads it with GDT and TSS of the first CPU. */
void trap_init(void);

/* The same for a further CPU. stacks: their tops; each has an unmapped page below it. */
void trap_init_cpu(void *const stacks[TRAP_STACKS]);

/* Installs handler for an interrupt vector (32..255); called on the interrupt stack with
 * interrupts off; must call lapic_eoi() itself where the source wants it. */
void trap_set_handler(unsigned vector, void (*handler)(struct trap_frame *frame));

/* The kernel touches memory that a program named: runs the copy and returns 0, or -EFAULT where a
 * page fault could not be resolved (extable, arch/x86/uaccess.S) or (CONFIG_PROGRAM_MODULE) the
 * address is the kernel's. */
int copy_from_program(void *dst, const void *src, size_t n);
int copy_to_program(void *dst, const void *src, size_t n);
/* Copies a string of at most max bytes, NUL included. Returns its length, -EFAULT, -ENAMETOOLONG. */
long copy_string_from_program(char *dst, const char *src, size_t max);

/* Compare and exchange: writes value if *word is *expected; *expected becomes what *word was.
 * Returns 0 or -EFAULT. */
int cmpxchg_program(uint32_t *word, uint32_t *expected, uint32_t value);

/* Goes on as frame says; interrupts off. */
__noreturn void trap_resume(struct trap_frame *frame);

/* The end of every plain call that may have slept or given the CPU away, while signal_work is set: on
 * a program's stack it makes a system call, at whose end signals are delivered; on a kernel stack
 * that end is still to come, and it does nothing. Interrupts on. */
void signal_door(void);

/* What the rooms above provide (core/trap.c). */

/* #PF at address. Returns true where the faulting instruction can run again. */
bool upcall_page_fault(struct trap_frame *frame, uint64_t address);
/* Anything else that no handler was installed for, or a page fault that nobody resolved. Returns
 * only where the frame was changed so that going on makes sense. */
void upcall_unhandled(struct trap_frame *frame, uint64_t address);
/* Leaving an interrupt with this_cpu->need_resched set: may switch threads (context_preempt()). */
void upcall_preempt(struct trap_frame *frame);

/* CONFIG_SIGNALS (core/signal.c, core/signal_deliver.c): */

/* How many threads have a signal to take before their program code goes on. Whoever returns to
 * program code looks at this one word; whether it is meant is the slow path's to find out. */
extern uint32_t signal_work;
static inline bool signals_wait(void)
{
	bool some;

	/* One comparison with memory; compilers prefer to load it first. */
	__asm__("cmpl $0, %1" : "=@ccne"(some) : "m"(signal_work));
	return unlikely(some);
}
/* Leaving an interrupt, or resuming a preempted thread, with signal_work set: makes frame lead to the
 * delivery where it would lead back to program code. Interrupts off. */
void upcall_signals(struct trap_frame *frame);
/* Leaving a system call with signal_work set, on the kernel stack: delivers what there is for this
 * thread, changing frame. Returns with interrupts off. */
void signal_exit(struct trap_frame *frame);

#endif
