/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that make up signals: actions, pending sets and masks, all under one lock.
 * Functions marked Locked want signal_lock held. */
#ifndef PAGURUS_CORE_SIGNAL_STATE_H
#define PAGURUS_CORE_SIGNAL_STATE_H

#include "arch/x86/spinlock.h"
#include "core/signal.h"
#include "core/signal_queue.h"
#include "core/watch.h"
#include "sched/thread.h"

#define SIGNALS_UNSTOPPABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

/* Values of handler that are none (asm-generic/signal-defs.h has them as pointers). */
#define HANDLER_DEFAULT 0UL
#define HANDLER_IGNORE 1UL

/* struct sigaction of asm/signal.h, in numbers. */
struct signal_action {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};
_Static_assert(sizeof(struct signal_action) == sizeof(struct sigaction), "struct sigaction");

extern struct spinlock signal_lock;
extern struct pending_signals signal_shared; /* sent to the program */

/* Notified of every signal that is sent (CONFIG_EVENT_FILES: signalfd). */
extern struct watch_head signal_watch;

/* Reads and (action != NULL) sets what is done about a signal. */
void signal_action_swap(int signal, const struct signal_action *action, struct signal_action *old);

/* Would a trap that raises signal now reach a handler? Any context. */
bool signal_is_caught(int signal);

/* What is to be done about signal this time (SA_RESETHAND: and never again). Locked. */
void signal_action_take(int signal, struct signal_action *action);

/* The caller's mask becomes mask. Locked. */
void signal_mask_set(uint64_t mask);

/* Takes the next signal out that the caller does not block, without those that are ignored. Fills
 * in info and action. Returns its number; 0: there is none. Locked. */
int signal_take(struct siginfo *info, struct signal_action *action);

/* Takes one of set out, blocked or not. Returns its number; 0: there is none. Locked. */
int signal_take_of(uint64_t set, struct siginfo *info);

/* Brings signals.work of the caller up to date; also wanted: more than signals is to be done.
 * Locked. */
void signal_update(bool wanted);

/* core/posix_timer.c: a timer's signal is being taken: adds to info how often it has expired since.
 * Locked. */
void posix_timer_taken(struct queued_signal *own, struct siginfo *info);

#endif
