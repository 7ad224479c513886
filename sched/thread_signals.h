/* SPDX-License-Identifier: BSD-2-Clause */
/* What a thread keeps about signals. core/signal.c owns it, under its lock; sched/ only asks whether
 * a sleep is to end. */
#ifndef PAGURUS_SCHED_THREAD_SIGNALS_H
#define PAGURUS_SCHED_THREAD_SIGNALS_H

#include "include/types.h"

struct queued_signal;

/* Signals that were sent and not yet taken. */
struct pending_signals {
	uint64_t set;                /* bit n - 1: signal n */
	struct queued_signal *first; /* what is known of them, in the order they were sent */
};

struct thread_signals {
	struct pending_signals pending; /* sent to this thread */
	uint64_t awaited;               /* rt_sigtimedwait: taken although blocked */
	uint64_t saved_mask;            /* in force again after rt_sigsuspend and its like, */
	bool restore_mask;              /* if this is set */
	bool closed;                    /* exiting: takes no more */
	bool dying;                     /* execve in another thread: to exit (CONFIG_EXEC) */
	/* There is something to do before program code goes on: counted in signal_work. A sleep that
	 * may be interrupted does not begin. */
	bool work;
	bool deaf;            /* for the sleep that it is in or about to begin, work does not count */
	uint32_t stack_flags; /* sigaltstack: SS_AUTODISARM */
	uint64_t stack;       /* its lowest address */
	uint64_t stack_size;  /* 0: none */
};

#endif
