/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs next: picking, switching, waking, yielding, preempting, idling. The path of a voluntary
 * switch reads no clock, writes no MSR and divides nothing. */
#include "arch/x86/cpu.h"
#include "arch/x86/tsc.h"
#include "sched/run_queue.h"

static uint64_t idle_tsc[CONFIG_NR_CPUS]; /* TSC ticks spent halted */

static inline void account(struct thread *prev, struct thread *next)
{
#ifdef CONFIG_THREAD_TIMES
	uint64_t now = rdtsc();

	prev->cpu_tsc += now - prev->started_tsc;
	next->started_tsc = now;
#else
	(void)prev;
	(void)next;
#endif
}

static inline void switch_to(struct cpu *cpu, struct thread *prev, struct thread *next)
{
	cpu->switches++;
	account(prev, next);
	context_switch(&prev->ctx, &next->ctx);
	if (unlikely(this_cpu->dead))
		threads_reap();
}

void schedule(void)
{
	struct cpu *cpu = this_cpu->self;
	struct thread *prev = cpu->current;
	struct thread *next = run_queue_take(cpu);

	if (likely(next != prev))
		switch_to(cpu, prev, next);
}

/* Somebody else is, or was, ready. */
int thread_give_way(void)
{
	struct cpu *cpu;
	struct thread *prev, *next;

	irq_disable();
	cpu = this_cpu->self;
	prev = cpu->current;
	if (likely((cpu->ready & prev->yield_mask) == prev->fifo_bit)) {
		/* Nobody more urgent: prev changes places with the first of its own queue. */
		switch_to(cpu, prev, run_queue_rotate(prev->fifo, prev));
	} else {
		run_queue_add(cpu, prev);
		next = run_queue_take(cpu);
		if (next != prev)
			switch_to(cpu, prev, next);
	}
	irq_enable();
	return 0;
}

void run_queue_check(void)
{
	if (likely(!this_cpu->need_resched))
		return;
	this_cpu->need_resched = 0;
	thread_yield();
}

void sched_preempt(struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu->self;
	struct thread *prev = cpu->current, *next;

	cpu->need_resched = 0;
	/* The idle thread looks for itself. */
	if (prev == cpu->idle || !(cpu->ready & prev->yield_mask))
		return;
	run_queue_add(cpu, prev);
	next = run_queue_take(cpu);
	cpu->switches++;
	cpu->tick_switches = cpu->switches; /* next has a whole slice: it must not seem to switch */
	account(prev, next);
	context_preempt(&prev->ctx, &next->ctx, frame);
}

void run_queue_wake(struct thread *thread, int wake_error)
{
	struct cpu *cpu = this_cpu->self;
	bool contended = cpu->ready || cpu->current != cpu->idle;

	thread->wake_error = wake_error;
	thread->state = THREAD_RUNNING;
	run_queue_add(cpu, thread);
	if (!contended)
		return;
	if (thread->priority < cpu->current->priority && cpu->current != cpu->idle)
		cpu->need_resched = 1;
#ifdef CONFIG_PREEMPT
	if (!cpu->tick_armed) {
		cpu->tick_armed = true;
		cpu->tick_switches = cpu->switches;
		timer_tick_arm();
	}
#endif
}

bool sched_tick(void)
{
	struct cpu *cpu = this_cpu->self;
	struct thread *current = cpu->current;

	/* Whoever has had the CPU since the last tick makes room. */
	if (cpu->ready & current->yield_mask && cpu->switches == cpu->tick_switches &&
	    !current->unsliced)
		cpu->need_resched = 1;
	cpu->tick_switches = cpu->switches;
	cpu->tick_armed = cpu->ready != 0;
	return cpu->tick_armed;
}

void thread_set_priority(struct thread *thread, unsigned priority)
{
	uint64_t flags = irq_save();
	struct cpu *cpu = this_cpu->self;
	bool waits = thread->state == THREAD_RUNNING && thread != cpu->current;

	if (waits)
		run_queue_remove(cpu, thread);
	run_queue_choose(thread, priority);
	if (waits)
		run_queue_add(cpu, thread);
	if (cpu->ready & (cpu->current->yield_mask >> 1) && cpu->current != cpu->idle)
		cpu->need_resched = 1;
	irq_restore(flags);
	if (flags & RFLAGS_IF)
		run_queue_check();
}

/* Runs whenever nothing else does: halts until an interrupt has made a thread ready. */
void idle_loop(void *unused)
{
	(void)unused;
	irq_disable();
	for (;;) {
		if (this_cpu->dead)
			threads_reap();
		while (!this_cpu->ready) {
			uint64_t start = rdtsc();

			cpu_halt_until_interrupt();
			idle_tsc[cpu_id()] += rdtsc() - start;
		}
		schedule();
	}
}

uint64_t sched_busy_ns(void)
{
	return clock_ns() - tsc_to_ns(idle_tsc[cpu_id()]);
}

#ifdef CONFIG_THREAD_TIMES
uint64_t thread_cpu_ns(const struct thread *thread)
{
	uint64_t flags = irq_save();
	uint64_t ticks = thread->cpu_tsc;

	if (thread == current_thread())
		ticks += rdtsc() - thread->started_tsc;
	irq_restore(flags);
	return tsc_to_ns(ticks);
}
#endif
