/* SPDX-License-Identifier: BSD-2-Clause */
/* The signal frame: what lies on the program's stack while a handler runs, laid out as Linux has it
 * on x86-64 (struct rt_sigframe of its arch/x86/include/asm/sigframe.h): the handler's return address,
 * ucontext, siginfo, and above them the extended state with the marks of asm/sigcontext.h. */
#ifndef PAGURUS_X86_SIGFRAME_H
#define PAGURUS_X86_SIGFRAME_H

#include <linux/signal.h>

#include "arch/x86/trap.h"
#include "include/types.h"

#define SIGFRAME_RED_ZONE 128 /* below RSP, the program's still: psABI 3.2.2 */

struct sigframe_args {
	const struct siginfo *info;
	uint64_t handler;
	uint64_t restorer; /* the handler returns there: it calls rt_sigreturn */
	uint64_t mask;     /* to be in force again then */
	stack_t stack;     /* the alternate stack as it is now */
	uint64_t address;  /* CR2, for the ucontext of a page fault */
};

/* Builds a frame of frame's registers and the extended state below sp, and makes frame enter the
 * handler with a fresh extended state. Returns 0; or -EFAULT, frame unchanged: that memory cannot be
 * written. Threads only. */
int sigframe_push(struct trap_frame *frame, uint64_t sp, const struct sigframe_args *args);

/* rt_sigreturn: takes the registers, extended state, mask and alternate stack from the frame that
 * begins 8 bytes below sp. Only what a program may change is taken. Returns 0, or -EFAULT: memory is
 * missing, or a value is impossible. */
int sigframe_pop(struct trap_frame *frame, uint64_t sp, uint64_t *mask, stack_t *stack);

/* Bytes that a frame takes at most, without the red zone: AT_MINSIGSTKSZ. */
size_t sigframe_size(void);

/* Lowest address of the frame that sigframe_push() would make below sp. */
uint64_t sigframe_bottom(uint64_t sp);

#endif
