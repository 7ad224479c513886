/* SPDX-License-Identifier: BSD-2-Clause */
/* Switching between threads. A voluntary switch saves the callee-saved registers, MXCSR and the
 * x87 control word (all that the psABI preserves across a call) and the FS base. Inside the syscall
 * instruction, told by the thread being on its kernel stack, the extended state is saved as well.
 * A preempted thread leaves its whole frame and extended state in its struct thread. Whichever way
 * a thread left, it is resumed alike: RSP is loaded and a jump goes to where it said. */
#ifndef PAGURUS_X86_CONTEXT_H
#define PAGURUS_X86_CONTEXT_H

#include "arch/x86/trap.h"
#include "include/types.h"
#include "lib/list.h"

/* The part of struct thread that arch/x86 owns; its first member. Offsets used by assembly. */
struct context {
	struct list ring;         /* 0x00: those who take turns on a CPU (sched/run_queue.h) */
	uint64_t rsp;             /* 0x10: where the registers wait while the thread does not run, */
	uint64_t resume;          /* 0x18: and who fetches them. Of a running one: context_yield() */
	uint64_t fs_base;         /* 0x20 */
	uint64_t kernel_stack;    /* 0x28: top of the kernel stack that the syscall door uses */
	uint64_t rivals;          /* 0x30: bits of cpu->ready that context_yield() gives way to */
	uint64_t ring_bit;        /* 0x38: the one among them for ring; 0: context_yield() asks first */
	void *xstate;             /* 0x40: XSAVE area; NULL: a kernel thread, which has no such state */
	struct trap_frame *frame; /* 0x48: inside clone and its like: all of the program's registers */
	struct trap_frame preempt_frame;
};

/* sched_yield() of native programs, for which it is another name: to be called from program code
 * only. Returns 0 at once where nobody in rivals is ready; goes to the next in the ring where nobody
 * outside it is, and leaves all the rest to upcall_yield(). At most 40 instructions from one thread
 * to the other. */
int context_yield(void);
int upcall_yield(void);

/* Saves prev, resumes next; returns when somebody resumes prev. Interrupts off. Updates
 * this_cpu->current. */
void context_switch(struct context *prev, struct context *next);

/* Makes the context of who is running: on another stack, maybe, than the one that is to be its kernel
 * stack. */
void context_adopt(struct context *ctx, void *kernel_stack_top);

/* Makes a context that starts by calling entry(arg) on the kernel stack with interrupts on; entry
 * does not return. */
void context_init(struct context *ctx, void *kernel_stack_top, void (*entry)(void *), void *arg);

/* Gives a context that runs program code its save area: cpu_features.xsave_size bytes, 64-byte
 * aligned, owned by the caller. It starts as the state of a fresh processor. */
void context_set_xstate(struct context *ctx, void *area);

/* Makes a context that resumes as frame says with RAX = 0 (clone's child): its own RSP and FS base,
 * the extended state of the caller, saved in area (as for context_set_xstate). */
void context_clone(struct context *ctx, void *kernel_stack_top, void *area,
                   const struct trap_frame *frame, uint64_t fs_base);

/* Inside upcall_preempt(): saves the interrupted thread (frame) and its extended state into prev
 * and resumes next; prev goes on at the interrupted instruction when resumed. */
__noreturn void context_preempt(struct context *prev, struct context *next,
                                const struct trap_frame *frame);

/* Resumes next for good, saving nothing of the caller. Interrupts off. */
__noreturn void context_resume(struct context *next);

/* Sets the FS base of the running thread. */
void context_set_fs(struct context *ctx, uint64_t fs_base);

/* Extended state to and from an area (arch/x86/context_switch.S). */
void xstate_save(void *area);
void xstate_restore(void *area);

#endif
