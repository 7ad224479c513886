/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers: a tree by deadline per CPU, so arming and cancelling stay logarithmic with 100,000 of
 * them; the hardware is set only when the first deadline changes. */
#ifndef PAGURUS_SCHED_TIMER_H
#define PAGURUS_SCHED_TIMER_H

#include "include/types.h"
#include "lib/tree.h"

struct timer {
	struct tree_node node;
	uint64_t deadline; /* clock_ns() */
	uint32_t cpu;      /* whose tree it is in */
	bool armed;
	void (*expired)(struct timer *timer); /* interrupts off, interrupt stack; may arm it again */
};

static inline void timer_init(struct timer *timer, void (*expired)(struct timer *timer))
{
	timer->armed = false;
	timer->cpu = 0;
	timer->expired = expired;
}

/* Installs the interrupt handler for this CPU's timer. */
void timers_init(void);

/* Fires at clock_ns() >= deadline. An armed timer is moved. Any context; who arms it while another
 * may do the same, expired() included, keeps them apart by a lock of its own. */
void timer_arm(struct timer *timer, uint64_t deadline);

/* After this, expired() does not run, even if it was arming the timer again; nobody else may be. Waits
 * for one that runs on another CPU: no lock that expired() takes may be held. Returns whether it was
 * armed. Any context. */
bool timer_cancel(struct timer *timer);

/* The clock or this CPU's timer is not what it was (a migration): sets the hardware anew.
 * Interrupts off. */
void timers_resume(void);

#endif
