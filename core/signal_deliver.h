/* SPDX-License-Identifier: BSD-2-Clause */
/* What core/trap.c and core/sys_signal.c want of the delivery. */
#ifndef PAGURUS_CORE_SIGNAL_DELIVER_H
#define PAGURUS_CORE_SIGNAL_DELIVER_H

#include <linux/signal.h>

#include "arch/x86/trap.h"

/* A trap of the current thread that raises signal; address: of a page fault. Returns true where the
 * program has a handler for it, which will run: frame then leads there. On the trap's stack,
 * interrupts off. */
bool signal_fault(struct trap_frame *frame, uint64_t address, int signal);

/* What the handler is told of that (core/signal_fault.c). */
void signal_fault_info(struct siginfo *info, const struct trap_frame *frame, uint64_t address,
                       int signal);

/* The caller's alternate stack as sigaltstack() reports it. sp: the program's RSP. */
stack_t signal_stack(uint64_t sp);

/* sigaltstack(): returns 0, -EPERM (in use), -EINVAL or -ENOMEM (too small). */
int signal_stack_set(const stack_t *stack, uint64_t sp);

#endif
