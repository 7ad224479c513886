/* SPDX-License-Identifier: BSD-2-Clause */
/* What core/trap.c calls where nothing can go on; panic() itself is in include/panic.h. */
#ifndef PAGURUS_CORE_PANIC_H
#define PAGURUS_CORE_PANIC_H

#include "arch/x86/trap.h"
#include "include/panic.h"

/* A trap in the kernel's own code that nobody handles: report as panic() does, of frame. address:
 * the faulting address of a page fault. Any context. */
__noreturn __cold void panic_trap(struct trap_frame *frame, uint64_t address);

/* Prints title and what panic_trap() would of frame, and returns. Any context. */
void trap_report(struct trap_frame *frame, const char *title);

/* A trap in the program's code: the same report under "CRASH", then STOP_SIGNAL with signal. */
__noreturn __cold void program_crash(struct trap_frame *frame, uint64_t address, int signal);

#ifdef CONFIG_SIGNALS
/* A signal without a handler ends the program: STOP_SIGNAL, for one that would dump core (as abort()'s)
 * after a backtrace from the program's registers in frame. origin: who sent it, in words. */
__noreturn __cold void program_killed_at(const struct trap_frame *frame, int signal,
                                         const char *origin);
#else
/* The program sent itself a signal that ends it: STOP_SIGNAL, for a signal that would dump core (as
 * abort()'s) after a backtrace. Called from the system call, so that the chain leads there. */
__noreturn __cold void program_killed(int signal);
#endif

#endif
