/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside sched/: the run queues of this CPU, and what its files tell one another. All of it with
 * interrupts off. */
#ifndef PAGURUS_SCHED_RUN_QUEUE_H
#define PAGURUS_SCHED_RUN_QUEUE_H

#include "arch/x86/percpu.h"
#include "sched/thread.h"

/* Decides in which queue thread stands when it is ready. It must not stand in one now. */
static inline void run_queue_choose(struct thread *thread, unsigned priority)
{
	thread->priority = (uint8_t)priority;
	thread->fifo = &cpus[thread->cpu].fifo[priority];
	thread->fifo_bit = BIT(priority);
	thread->yield_mask = (2UL << priority) - 1;
}

/* Puts thread at the end of its queue. */
static inline void run_queue_add(struct cpu *cpu, struct thread *thread)
{
	list_add_tail(thread->fifo, &thread->run);
	cpu->ready |= thread->fifo_bit;
}

static inline void run_queue_remove(struct cpu *cpu, struct thread *thread)
{
	list_del(&thread->run);
	if (list_empty(thread->fifo))
		cpu->ready &= ~thread->fifo_bit;
}

/* Takes out the first of the most urgent; the idle thread where there is none. */
static inline struct thread *run_queue_take(struct cpu *cpu)
{
	struct thread *first;

	if (!cpu->ready)
		return cpu->idle;
	first = list_first(&cpu->fifo[__builtin_ctzl(cpu->ready)], struct thread, run);
	run_queue_remove(cpu, first);
	return first;
}

/* Puts thread at the end of fifo, which is not empty, and takes out the first. */
static inline struct thread *run_queue_rotate(struct list *fifo, struct thread *thread)
{
	struct list *first = fifo->next;

	fifo->next = first->next;
	fifo->next->prev = fifo;
	list_add_tail(fifo, &thread->run);
	return list_entry(first, struct thread, run);
}

/* sched/schedule.c: a thread becomes ready in the run queue of this CPU, which it was chosen for. */
void run_queue_ready(struct cpu *cpu, struct thread *thread);

/* sched/schedule.c: a thread that nobody else can wake any more becomes ready. */
void run_queue_wake(struct thread *thread, int wake_error);

/* Gives the CPU up if something woken since is more urgent. Interrupts on, threads only. */
void run_queue_check(void);

/* Frees the threads that have exited on this CPU, the current one excepted. */
void threads_reap(void);

/* sched/timer.c: a time slice begins, sched_tick() is called when it has passed. */
void timer_tick_arm(void);

/* Sets the hardware timer anew. */
void timer_restart(void);

/* The slice is over. Returns whether another one begins. */
bool sched_tick(void);

/* sched/robust.c: the exiting thread's futexes, as set_robust_list(2) promises. */
void robust_list_exit(struct thread *thread);

#endif
