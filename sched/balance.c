/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads on several CPUs: which one gets a thread that was woken, and how it gets there. A run
 * queue is touched by its own CPU only, so all that comes from elsewhere goes through the CPU's
 * inbox, a list that anybody may push to without a lock, and an interrupt. A thread that is on its
 * way has left its wait queue and stands in no run queue: nobody else touches it. */
#include "sched/balance.h"

#include "arch/x86/cpu.h"
#include "arch/x86/smp.h"
#include "include/errno.h"
#include "sched/run_queue.h"

#define SEARCH_MAX 32 /* threads looked at for one that may run elsewhere */

/* Bit n: CPU n has nothing to do and nobody has promised it a thread. */
static uint64_t idle_cpus;

static inline uint64_t load(const uint64_t *mask)
{
	return __atomic_load_n(mask, __ATOMIC_SEQ_CST);
}

/* Takes an idle CPU for oneself. Returns false: somebody was faster. */
static bool claim(unsigned cpu)
{
	return __atomic_fetch_and(&idle_cpus, ~BIT(cpu), __ATOMIC_SEQ_CST) & BIT(cpu);
}

/* An idle CPU out of allowed, claimed; CONFIG_NR_CPUS: none. Prefers those in preferred. */
static unsigned claim_idle(uint64_t allowed, uint64_t preferred)
{
	uint64_t idle;

	while ((idle = load(&idle_cpus) & allowed)) {
		unsigned cpu = (unsigned)__builtin_ctzl(idle & preferred ? idle & preferred : idle);

		if (claim(cpu))
			return cpu;
	}
	return CONFIG_NR_CPUS;
}

/* Pushes thread, whose cpu this is, to that CPU's inbox. */
static void send(struct thread *thread)
{
	struct cpu *cpu = &cpus[thread->cpu];
	struct list *first = READ_ONCE(cpu->inbox);

	do
		thread->run.next = first;
	while (!__atomic_compare_exchange_n(&cpu->inbox, &first, &thread->run, true, __ATOMIC_SEQ_CST,
	                                    __ATOMIC_RELAXED));
	cpu_request(thread->cpu, CPU_REQUEST_INBOX);
}

/* Nobody is idle: where thread is more urgent than what runs, this CPU if possible. */
static unsigned choose_busy(const struct thread *thread, uint64_t allowed)
{
	unsigned me = cpu_id(), urgency = READ_ONCE(thread->wanted);

	if (!(allowed & BIT(me)))
		return allowed & BIT(thread->cpu) ? thread->cpu : (unsigned)__builtin_ctzl(allowed);
	if (urgency < READ_ONCE(cpus[me].priority))
		return me;
	for (allowed &= ~BIT(me); allowed; allowed &= allowed - 1) {
		unsigned cpu = (unsigned)__builtin_ctzl(allowed);

		if (urgency < READ_ONCE(cpus[cpu].priority))
			return cpu;
	}
	return me;
}

static uint64_t allowed_cpus(const struct thread *thread)
{
	uint64_t online = cpus_now_online(), allowed = READ_ONCE(thread->affinity) & online;

	return allowed ? allowed : online;
}

bool balance_send(struct thread *thread)
{
	unsigned me = cpu_id(), last = thread->cpu, target;
	uint64_t allowed;

	/* Still leaving its CPU: that one gets it, and looks again once it is off. */
	if (last != me && __atomic_load_n(&cpus[last].current, __ATOMIC_ACQUIRE) == thread) {
		send(thread);
		return true;
	}
	allowed = allowed_cpus(thread);
	target = claim_idle(allowed, allowed & BIT(last) ? BIT(last) : BIT(me));
	if (target == CONFIG_NR_CPUS)
		target = choose_busy(thread, allowed);
	thread->cpu = target;
	run_queue_choose(thread, READ_ONCE(thread->wanted));
	if (target == me)
		return false;
	send(thread);
	return true;
}

/* A thread of this CPU that may run on one of targets; NULL: none among the first few. */
static struct thread *find_movable(struct cpu *cpu, uint64_t targets)
{
	unsigned looked_at = 0;
	struct thread *thread;

	for (uint64_t ready = cpu->ready; ready; ready &= ready - 1) {
		struct list *front = *run_queue_front(cpu, (unsigned)__builtin_ctzl(ready)), *at = front;

		do {
			thread = run_queue_thread(at);
			if (READ_ONCE(thread->affinity) & targets && thread != cpu->current)
				return thread;
			if (++looked_at == SEARCH_MAX)
				return NULL;
		} while ((at = at->next) != front);
	}
	return NULL;
}

/* Has this CPU a thread to spare? The idle thread will take one itself. */
static bool has_spare(const struct cpu *cpu)
{
	if (!cpu->ready || cpu->current != cpu->idle)
		return cpu->ready;
	return cpu->ready & (cpu->ready - 1) || !list_empty(cpu->front[__builtin_ctzl(cpu->ready)]);
}

void balance_share(void)
{
	struct cpu *cpu = this_cpu->self;
	uint64_t idle;

	while (has_spare(cpu) && (idle = load(&idle_cpus) & ~BIT(cpu->id))) {
		struct thread *thread = find_movable(cpu, idle);
		unsigned target;

		if (!thread)
			return;
		target = claim_idle(READ_ONCE(thread->affinity) & ~BIT(cpu->id), ~0UL);
		if (target == CONFIG_NR_CPUS)
			continue;
		run_queue_remove(cpu, thread);
		thread->cpu = target;
		run_queue_choose(thread, READ_ONCE(thread->wanted));
		send(thread);
	}
}

void balance_idle(void)
{
	struct cpu *cpu = this_cpu->self;
	uint64_t others = cpus_now_online() & ~BIT(cpu->id);

	/* First say so, then look: whoever makes a thread ready does it the other way round. */
	__atomic_fetch_or(&idle_cpus, BIT(cpu->id), __ATOMIC_SEQ_CST);
	for (; others; others &= others - 1) {
		unsigned other = (unsigned)__builtin_ctzl(others);

		if (READ_ONCE(cpus[other].ready)) {
			cpu_request(other, CPU_REQUEST_BALANCE);
			break;
		}
	}
	idle_zero_ahead(cpu);
	if (CONFIG_IDLE_POLL_US > 0 && !cpu->ready)
		cpu_poll(CONFIG_IDLE_POLL_US * NS_PER_US);
	if (cpu->ready)
		return;
	tlb_idle_enter();
	cpu_halt_until_interrupt();
	tlb_idle_leave();
}

void balance_busy(void)
{
	claim(cpu_id());
	balance_share();
}

void balance_made_ready(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (unlikely(READ_ONCE(idle_cpus)))
		balance_share();
}

static void read_inbox(struct cpu *cpu)
{
	struct list *newest = __atomic_exchange_n(&cpu->inbox, NULL, __ATOMIC_SEQ_CST);
	struct list *oldest = NULL, *next;

	for (; newest; newest = next) {
		next = newest->next;
		newest->next = oldest;
		oldest = newest;
	}
	for (; oldest; oldest = next) {
		struct thread *thread = list_entry(oldest, struct thread, run);

		next = oldest->next;
		if (allowed_cpus(thread) & BIT(cpu->id)) {
			run_queue_choose(thread, READ_ONCE(thread->wanted));
			run_queue_ready(cpu, thread);
		} else if (!balance_send(thread)) {
			run_queue_ready(cpu, thread);
		}
	}
}

static void recheck_queue(struct cpu *cpu, unsigned p)
{
	struct list *at = *run_queue_front(cpu, p), *next = at, *last = at->prev;

	do {
		struct thread *thread = run_queue_thread(at = next);
		bool allowed = allowed_cpus(thread) & BIT(cpu->id);
		unsigned wanted = READ_ONCE(thread->wanted);

		next = at->next;
		if (thread == cpu->current || (allowed && wanted == p))
			continue;
		run_queue_remove(cpu, thread);
		run_queue_choose(thread, wanted);
		if (allowed || !balance_send(thread))
			run_queue_add(cpu, thread);
	} while (at != last);
}

/* Puts every thread of this CPU where its priority and its affinity want it by now. */
static void recheck(struct cpu *cpu)
{
	struct thread *current = cpu->current;

	for (uint64_t ready = cpu->ready; ready; ready &= ready - 1)
		recheck_queue(cpu, (unsigned)__builtin_ctzl(ready));
	if (current == cpu->idle)
		return;
	run_queue_move(cpu, current, READ_ONCE(current->wanted));
	WRITE_ONCE(cpu->priority, current->priority);
	if (cpu->ready & (current->ctx.rivals >> 1) || balance_must_leave(current))
		cpu->need_resched = 1;
}

void balance_request_others(uint32_t requests)
{
	uint64_t others = cpus_now_online() & ~BIT(cpu_id());

	for (; others; others &= others - 1)
		cpu_request((unsigned)__builtin_ctzl(others), requests);
}

void balance_recheck_all(void)
{
	uint64_t flags = irq_save();

	recheck(this_cpu->self);
	balance_request_others(CPU_REQUEST_RECHECK);
	irq_restore(flags);
}

void upcall_cpu_requests(uint32_t requests)
{
	struct cpu *cpu = this_cpu->self;

	if (requests & CPU_REQUEST_INBOX)
		read_inbox(cpu);
	if (requests & CPU_REQUEST_RECHECK)
		recheck(cpu);
	if (requests & CPU_REQUEST_BALANCE)
		balance_share();
	if (requests & CPU_REQUEST_TIMERS)
		timer_restart();
}

bool balance_must_leave(const struct thread *thread)
{
	return !(allowed_cpus(thread) & BIT(cpu_id()));
}

void balance_send_current(struct thread *self)
{
	send(self);
}

int thread_set_affinity(struct thread *thread, uint64_t mask)
{
	if (!(mask & cpus_now_online()))
		return -EINVAL;
	WRITE_ONCE(thread->affinity, mask);
	balance_recheck_all();
	run_queue_check();
	return 0;
}
