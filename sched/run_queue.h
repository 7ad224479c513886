/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside sched/: the run queues of this CPU, and what its files tell one another. All of it with
 * interrupts off.
 *
 * A run queue is a ring of threads without a head, the current thread among them where it is of that
 * priority: so the usual switch, from one thread to the next of the same ring, changes no pointer.
 * cpu->front has where each begins, except that one with the current thread begins after that. The
 * bit in cpu->ready says whether somebody other than the current thread is in it. */
#ifndef PAGURUS_SCHED_RUN_QUEUE_H
#define PAGURUS_SCHED_RUN_QUEUE_H

#include "arch/x86/cpu.h"
#include "arch/x86/percpu.h"
#include "mm/zero_ahead.h"
#include "sched/thread.h"

static inline struct thread *run_queue_thread(struct list *node)
{
	return container_of(node, struct thread, ctx.ring);
}

/* Decides in which queue thread stands when it is ready. It must not stand in one now. */
static inline void run_queue_choose(struct thread *thread, unsigned priority)
{
	thread->priority = (uint8_t)priority;
	thread->ctx.rivals = (2UL << priority) - 1;
	/* context_yield() does not know how to count a thread's time, or how to load FS otherwise. */
	if (!IS_ENABLED(CONFIG_THREAD_TIMES) && cpu_features.fsgsbase)
		thread->ctx.ring_bit = BIT(priority);
}

/* Where queue p begins. */
static inline struct list **run_queue_front(struct cpu *cpu, unsigned p)
{
	struct thread *current = cpu->current;

	if (current->priority == p && current != cpu->idle)
		cpu->front[p] = &current->ctx.ring;
	return &cpu->front[p];
}

/* Puts thread, which is not the current one, at the end of its queue. */
static inline void run_queue_add(struct cpu *cpu, struct thread *thread)
{
	struct list **front = run_queue_front(cpu, thread->priority);

	if (*front) {
		list_add_before(*front, &thread->ctx.ring);
	} else {
		list_init(&thread->ctx.ring);
		*front = &thread->ctx.ring;
	}
	cpu->ready |= BIT(thread->priority);
}

/* Takes thread, which is not the current one, out of its queue. */
static inline void run_queue_remove(struct cpu *cpu, struct thread *thread)
{
	struct list **front = run_queue_front(cpu, thread->priority), *ring = &thread->ctx.ring;
	struct list *next = ring->next;

	list_del(ring);
	if (*front == ring)
		*front = next == ring ? NULL : next;
	if (next == ring || (*front == &cpu->current->ctx.ring && list_empty(*front)))
		cpu->ready &= ~BIT(thread->priority);
}

/* The current thread leaves its queue: somebody else is to be taken. */
static inline void run_queue_leave(struct cpu *cpu, struct thread *current)
{
	struct list *ring = &current->ctx.ring;

	cpu->front[current->priority] = list_empty(ring) ? NULL : ring->next;
	list_del(ring);
}

/* The current thread becomes the last of its queue: somebody is to be taken. */
static inline void run_queue_requeue(struct cpu *cpu, struct thread *current)
{
	cpu->front[current->priority] = current->ctx.ring.next;
	cpu->ready |= BIT(current->priority);
}

/* The current thread changes queues. */
static inline void run_queue_move(struct cpu *cpu, struct thread *current, unsigned priority)
{
	struct list *ring = &current->ctx.ring, **front = &cpu->front[priority];

	if (current->priority == priority)
		return;
	run_queue_leave(cpu, current);
	if (*front)
		list_add_before(*front, ring);
	else
		list_init(ring);
	run_queue_choose(current, priority);
}

/* Takes the first of the most urgent, to be made the current one; the idle thread where there is
 * none. */
static inline struct thread *run_queue_take(struct cpu *cpu)
{
	struct list *first;
	unsigned p;

	if (!cpu->ready)
		return cpu->idle;
	p = (unsigned)__builtin_ctzl(cpu->ready);
	first = cpu->front[p];
	if (list_empty(first))
		cpu->ready &= ~BIT(p);
	return run_queue_thread(first);
}

/* sched/schedule.c: a thread becomes ready in the run queue of this CPU, which it was chosen for. */
void run_queue_ready(struct cpu *cpu, struct thread *thread);

/* sched/schedule.c: a thread that nobody else can wake any more becomes ready. */
void run_queue_wake(struct thread *thread, int wake_error);

/* Zeroes frames that somebody may want, until there is something to run or as much as there should be;
 * the idle thread of cpu, which is this one. Interrupts are let in between. */
static inline void idle_zero_ahead(const struct cpu *cpu)
{
	while (!READ_ONCE(cpu->ready) && zero_ahead_step())
		cpu_take_interrupts();
}

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
