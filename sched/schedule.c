/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs next: picking, switching, waking, yielding, preempting, idling. The path of a voluntary
 * switch reads no clock, writes no MSR and divides nothing. */
#include "arch/x86/cpu.h"
#include "arch/x86/lock_order.h"
#include "arch/x86/smp.h"
#include "arch/x86/tsc.h"
#include "sched/balance.h"
#include "sched/run_queue.h"

/* TSC ticks of each CPU. */
static struct idle_time {
	uint64_t total; /* spent halted, or zeroing ahead of need */
#ifdef CONFIG_SMP
	unsigned changes; /* odd: total and since belong together no more */
	uint64_t since;   /* halted since; 0: not */
	uint64_t online;  /* a further CPU: running since; 0: not */
#endif
} idle_times[CONFIG_NR_CPUS];

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

static inline void count_switch(struct cpu *cpu, const struct thread *next)
{
	cpu->switches++;
#ifdef CONFIG_SMP
	WRITE_ONCE(cpu->priority, next->priority);
#else
	(void)next;
#endif
}

static inline void switch_to(struct cpu *cpu, struct thread *prev, struct thread *next)
{
	count_switch(cpu, next);
	account(prev, next);
	context_switch(&prev->ctx, &next->ctx);
	if (unlikely(this_cpu->dead))
		threads_reap();
}

void schedule(void)
{
	struct cpu *cpu = this_cpu->self;
	struct thread *prev = cpu->current, *next;

#ifdef CONFIG_LOCK_ORDER
	lock_order_check_none();
#endif
	if (prev != cpu->idle)
		run_queue_leave(cpu, prev);
	next = run_queue_take(cpu);
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
	if (thread_has_rival()) {
		run_queue_requeue(cpu, prev);
		next = run_queue_take(cpu);
		switch_to(cpu, prev, next);
	}
	irq_enable();
#ifdef CONFIG_SIGNALS
	if (signals_wait())
		signal_door();
#endif
	return 0;
}

int upcall_yield(void)
{
	return thread_give_way();
}

/* The current thread, whose affinity forbids this CPU, goes elsewhere. Interrupts off. */
static void leave_cpu(struct thread *self)
{
	balance_send_current(self);
	schedule();
}

void run_queue_check(void)
{
	uint64_t flags;

	if (likely(!this_cpu->need_resched))
		return;
	flags = irq_save();
	this_cpu->need_resched = 0;
	if (balance_must_leave(current_thread()))
		leave_cpu(current_thread());
	irq_restore(flags);
	thread_yield();
}

void sched_preempt(struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu->self;
	struct thread *prev = cpu->current, *next;

	cpu->need_resched = 0;
	/* The idle thread looks for itself. */
	if (prev == cpu->idle)
		return;
	if (unlikely(balance_must_leave(prev))) {
		balance_send_current(prev);
		run_queue_leave(cpu, prev);
	} else if (cpu->ready & prev->ctx.rivals) {
		run_queue_requeue(cpu, prev);
	} else {
		return;
	}
	next = run_queue_take(cpu);
	count_switch(cpu, next);
	cpu->tick_switches = cpu->switches; /* next has a whole slice: it must not seem to switch */
	account(prev, next);
	context_preempt(&prev->ctx, &next->ctx, frame);
}

void run_queue_ready(struct cpu *cpu, struct thread *thread)
{
	bool contended = cpu->ready || cpu->current != cpu->idle;

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
	balance_made_ready();
}

void run_queue_wake(struct thread *thread, int wake_error)
{
	thread->wake_error = wake_error;
	thread->state = THREAD_RUNNING;
	if (!balance_send(thread))
		run_queue_ready(this_cpu->self, thread);
}

bool sched_tick(void)
{
	struct cpu *cpu = this_cpu->self;
	struct thread *current = cpu->current;

	/* Whoever has had the CPU since the last tick makes room. */
	if (cpu->ready & current->ctx.rivals && cpu->switches == cpu->tick_switches &&
	    !current->unsliced)
		cpu->need_resched = 1;
	cpu->tick_switches = cpu->switches;
	balance_share();
	cpu->tick_armed = cpu->ready != 0;
	return cpu->tick_armed;
}

#ifdef CONFIG_SMP
/* Only the CPU that has the thread in its run queue may move it there. */
void thread_set_priority(struct thread *thread, unsigned priority)
{
	WRITE_ONCE(thread->wanted, (uint8_t)priority);
	balance_recheck_all();
	if (irq_enabled())
		run_queue_check();
}
#else
void thread_set_priority(struct thread *thread, unsigned priority)
{
	uint64_t flags = irq_save();
	struct cpu *cpu = this_cpu->self;

	if (thread == cpu->current) {
		run_queue_move(cpu, thread, priority);
	} else if (thread->state == THREAD_RUNNING) {
		run_queue_remove(cpu, thread);
		run_queue_choose(thread, priority);
		run_queue_add(cpu, thread);
	} else {
		run_queue_choose(thread, priority);
	}
	if (cpu->ready & (cpu->current->ctx.rivals >> 1) && cpu->current != cpu->idle)
		cpu->need_resched = 1;
	irq_restore(flags);
	if (flags & RFLAGS_IF)
		run_queue_check();
}
#endif

/* Nothing to do: prepares for more, then halts until an interrupt, which may have made a thread ready. */
static void idle_halt(void)
{
	struct idle_time *idle = &idle_times[cpu_id()];
	uint64_t start;

#ifdef CONFIG_SMP
	/* Seen by all before the time is read: who read a later one while this CPU was kept from running
	 * would have counted it as busy. */
	__atomic_fetch_add(&idle->changes, 1, __ATOMIC_SEQ_CST);
	start = rdtsc_ordered();
	WRITE_ONCE(idle->since, start);
	WRITE_ONCE(idle->changes, idle->changes + 1);
	balance_idle();
	WRITE_ONCE(idle->changes, idle->changes + 1);
	WRITE_ONCE(idle->since, 0);
	WRITE_ONCE(idle->total, idle->total + rdtsc() - start);
	WRITE_ONCE(idle->changes, idle->changes + 1);
#else
	start = rdtsc();
	idle_zero_ahead(this_cpu->self);
	if (!IS_ENABLED(CONFIG_ZERO_AHEAD) || !this_cpu->ready)
		cpu_halt_until_interrupt();
	idle->total += rdtsc() - start;
#endif
}

/* Runs whenever nothing else does. */
void idle_loop(void *unused)
{
	(void)unused;
	irq_disable();
#ifdef CONFIG_SMP
	idle_times[cpu_id()].online = rdtsc();
#endif
	for (;;) {
		if (this_cpu->dead)
			threads_reap();
		while (!this_cpu->ready)
			idle_halt();
		balance_busy();
		schedule();
	}
}

#ifdef CONFIG_SMP
/* TSC ticks that a further CPU has been running and not idle; of the first, has been idle. */
static uint64_t read_ticks(const struct idle_time *idle)
{
	uint64_t total, since, now;
	unsigned changes;

	do {
		changes = READ_ONCE(idle->changes);
		total = READ_ONCE(idle->total);
		since = READ_ONCE(idle->since);
		now = rdtsc_ordered();
	} while (changes & 1 || READ_ONCE(idle->changes) != changes);
	if (idle == idle_times)
		return since ? total + now - since : total;
	return (since ? since : now) - idle->online - total;
}

uint64_t sched_busy_ns(void)
{
	/* In this order: a CPU that is kept from running in between finds the time it has lost in its own
	 * ticks below, and what is returned never runs back. */
	uint64_t busy = clock_ns();

	busy -= tsc_to_ns(read_ticks(idle_times));
	for (unsigned i = 1; i < CONFIG_NR_CPUS; i++)
		if (READ_ONCE(idle_times[i].online))
			busy += tsc_to_ns(read_ticks(&idle_times[i]));
	return busy;
}
#else
uint64_t sched_busy_ns(void)
{
	return clock_ns() - tsc_to_ns(idle_times[0].total);
}
#endif

#ifdef CONFIG_THREAD_TIMES
uint64_t thread_cpu_ns(const struct thread *thread)
{
	uint64_t flags = irq_save();
	uint64_t ticks, started, now;

	/* On another CPU it may come and go meanwhile. */
	do {
		ticks = READ_ONCE(thread->cpu_tsc);
		started = READ_ONCE(thread->started_tsc);
		now = rdtsc();
		if (READ_ONCE(cpus[thread->cpu].current) == thread && now > started)
			ticks += now - started;
	} while (READ_ONCE(thread->started_tsc) != started);
	irq_restore(flags);
	return tsc_to_ns(ticks);
}
#endif
