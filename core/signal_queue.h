/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals that wait to be taken: one bit each, and what is known of them in a queue. A standard
 * signal (1 to 31) waits at most once, a real-time one as often as it was sent, all within a bound.
 * Nothing here locks: core/signal.c does. */
#ifndef PAGURUS_CORE_SIGNAL_QUEUE_H
#define PAGURUS_CORE_SIGNAL_QUEUE_H

#include <linux/signal.h>

#include "include/types.h"
#include "sched/thread_signals.h"

#define SIGNALS 64
#define SIGNAL_RT 32 /* the first real-time signal */
#define SIGNAL_BIT(signal) BIT((signal) - 1)

/* Of struct siginfo: what any kind of signal uses (as Linux keeps it). */
#define SIGINFO_KEPT 48

struct queued_signal {
	struct queued_signal *next;
	bool owned; /* by a timer: not to be freed */
	bool queued;
	char info[SIGINFO_KEPT] __aligned(8);
};

/* Adds a signal. own: the room to keep it in; NULL: from the heap. Returns 0 (a standard signal that
 * waits already is the same signal), or -EAGAIN: a real-time signal that tells more than its number
 * finds no room. Any other then waits without what is known of it. */
int pending_add(struct pending_signals *pending, const struct siginfo *info,
                struct queued_signal *own);

/* The signal of set that is to be taken first, 0 for none: those that the CPU raised for an
 * instruction, then by number. */
int pending_first(const struct pending_signals *pending, uint64_t set);

/* Takes the oldest of one signal out. Returns whose room it was (a timer's), else NULL. */
struct queued_signal *pending_take(struct pending_signals *pending, int signal,
                                   struct siginfo *info);

/* Forgets what waits of set. */
void pending_flush(struct pending_signals *pending, uint64_t set);

/* Takes a timer's entry out, if it waits. */
void pending_remove(struct pending_signals *pending, struct queued_signal *own);

#endif
