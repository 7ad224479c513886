/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside sched/: threads that change CPUs. All of it with interrupts off, unless said. */
#ifndef PAGURUS_SCHED_BALANCE_H
#define PAGURUS_SCHED_BALANCE_H

#include "sched/thread.h"

#ifdef CONFIG_SMP

/* A thread was woken: sends it to the CPU that shall run it. Returns false where that is this one:
 * then the caller puts it into the run queue. */
bool balance_send(struct thread *thread);

/* May thread, which runs here, no longer do so? Then balance_send_current(), and after that the CPU
 * switches to another thread: its own interrupt finds the thread in the inbox and sends it on. */
bool balance_must_leave(const struct thread *thread);
void balance_send_current(struct thread *self);

/* Gives threads that wait here to CPUs that are idle. */
void balance_share(void);

/* A thread was put into this CPU's run queue, and may have to wait there. */
void balance_made_ready(void);

/* The idle thread: says that this CPU is idle, asks others for work, halts; an interrupt has come.
 * Then, when there is something to run: no longer idle. */
void balance_idle(void);
void balance_busy(void);

/* Sends requests (CPU_REQUEST_) to all other CPUs. */
void balance_request_others(uint32_t requests);

/* Every CPU looks at the priorities and affinities of its threads again. Any context. */
void balance_recheck_all(void);

#else

static inline bool balance_send(struct thread *thread)
{
	(void)thread;
	return false;
}

static inline bool balance_must_leave(const struct thread *thread)
{
	(void)thread;
	return false;
}

static inline void balance_send_current(struct thread *self)
{
	(void)self;
}

static inline void balance_share(void)
{
}

static inline void balance_made_ready(void)
{
}

static inline void balance_busy(void)
{
}

#endif
#endif
