/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers, and the one hardware timer of each CPU below them and the time slice. The hardware is set
 * only to something earlier; when it fires for a timer that was cancelled since, it is set anew, so
 * a timeout that never happens costs no access to the device. */
#include "sched/timer.h"

#include "arch/x86/lapic.h"
#include "arch/x86/percpu.h"
#include "arch/x86/smp.h"
#include "arch/x86/spinlock.h"
#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "sched/balance.h"
#include "sched/run_queue.h"

#define NEVER UINT64_MAX

static struct timer_base {
	struct spinlock lock;
	struct tree tree;      /* by deadline; equal ones in the order they were armed */
	struct timer *first;   /* the leftmost */
	struct timer *running; /* whose expired() runs now */
	uint64_t tick;         /* end of the time slice, NEVER: none */
	uint64_t hardware;     /* what the hardware is set to */
} bases[CONFIG_NR_CPUS];

static uint64_t next_event(const struct timer_base *base)
{
	return base->first ? MIN(base->first->deadline, base->tick) : base->tick;
}

/* Locked, on base's CPU. */
static void set_hardware(struct timer_base *base)
{
	uint64_t next = next_event(base);

	if (next < base->hardware) {
		base->hardware = next;
		lapic_timer_set(next);
	}
}

static void insert(struct timer_base *base, struct timer *timer)
{
	struct tree_node *parent = NULL, **link = &base->tree.root;
	bool first = true;

	while (*link) {
		parent = *link;
		if (timer->deadline < container_of(parent, struct timer, node)->deadline) {
			link = &parent->left;
		} else {
			link = &parent->right;
			first = false;
		}
	}
	tree_insert(&base->tree, parent, link, &timer->node);
	if (first)
		base->first = timer;
}

static void take_out(struct timer_base *base, struct timer *timer)
{
	if (base->first == timer) {
		struct tree_node *next = tree_next(&timer->node);

		base->first = next ? container_of(next, struct timer, node) : NULL;
	}
	tree_remove(&base->tree, &timer->node);
	__atomic_store_n(&timer->armed, false, __ATOMIC_RELEASE);
}

/* Takes timer out wherever it is. Returns whether it was armed; *runs: another CPU is in expired(). */
static bool disarm(struct timer *timer, bool *runs)
{
	struct timer_base *base = &bases[timer->cpu];
	uint64_t flags = spin_lock(&base->lock);
	bool armed = timer->armed;

	if (armed)
		take_out(base, timer);
	*runs = CONFIG_NR_CPUS > 1 && base->running == timer && base != &bases[cpu_id()];
	spin_unlock(&base->lock, flags);
	return armed;
}

/* Locks the base where timer is to be armed and returns its CPU: this one, but while another is in
 * expired(), that one, where timer_cancel() waits for it; it sets its hardware afterwards. Interrupts
 * off. */
static uint32_t lock_base(const struct timer *timer)
{
#if CONFIG_NR_CPUS > 1
	struct timer_base *last = &bases[timer->cpu];

	if (READ_ONCE(last->running) == timer) {
		spin_lock(&last->lock);
		if (last->running == timer)
			return timer->cpu;
		spin_unlock(&last->lock, 0);
	}
#else
	(void)timer;
#endif
	spin_lock(&bases[cpu_id()].lock);
	return cpu_id();
}

void timer_arm(struct timer *timer, uint64_t deadline)
{
	struct timer_base *base;
	uint64_t flags;
	uint32_t cpu;
	bool runs;

	if (__atomic_load_n(&timer->armed, __ATOMIC_ACQUIRE))
		disarm(timer, &runs);
	flags = irq_save();
	cpu = lock_base(timer);
	base = &bases[cpu];
	timer->deadline = deadline;
	timer->cpu = cpu;
	timer->armed = true;
	insert(base, timer);
	set_hardware(base);
	spin_unlock(&base->lock, flags);
}

bool timer_cancel(struct timer *timer)
{
	bool runs, armed = disarm(timer, &runs);

	/* Another CPU may be in expired() already, which may arm it again. */
	while (runs) {
		cpu_relax();
		armed |= disarm(timer, &runs);
	}
	return armed;
}

/* Runs what is due. Locked; the lock is released around each. */
static void expire(struct timer_base *base, uint64_t now)
{
	while (base->first && base->first->deadline <= now) {
		struct timer *timer = base->first;

		/* In this order: lock_base() finds it running where it is not armed any more. */
		base->running = timer;
		take_out(base, timer);
		spin_unlock(&base->lock, 0);
		timer->expired(timer);
		spin_lock(&base->lock);
		base->running = NULL;
	}
}

static void timer_interrupt(struct trap_frame *frame)
{
	struct timer_base *base = &bases[cpu_id()];
	uint64_t now;

	(void)frame;
	lapic_eoi();
	now = clock_ns();
	spin_lock(&base->lock);
	base->hardware = 0; /* what is armed in the meantime leaves it alone: it is set below */
	expire(base, now);
#ifdef CONFIG_PREEMPT
	if (base->tick <= now)
		base->tick = sched_tick() ? now + CONFIG_TIMESLICE_MS * NS_PER_MS : NEVER;
#endif
	base->hardware = next_event(base);
	if (base->hardware == NEVER)
		lapic_timer_idle();
	else
		lapic_timer_set(base->hardware);
	spin_unlock(&base->lock, 0);
}

#ifdef CONFIG_PREEMPT
void timer_tick_arm(void)
{
	struct timer_base *base = &bases[cpu_id()];

	spin_lock(&base->lock);
	base->tick = clock_ns() + CONFIG_TIMESLICE_MS * NS_PER_MS;
	set_hardware(base);
	spin_unlock(&base->lock, 0);
}
#endif

void timer_restart(void)
{
	struct timer_base *base = &bases[cpu_id()];

	spin_lock(&base->lock);
	base->hardware = next_event(base);
	if (base->hardware != NEVER)
		lapic_timer_set(base->hardware);
	spin_unlock(&base->lock, 0);
}

void timers_resume(void)
{
	timer_restart();
#ifdef CONFIG_SMP
	balance_request_others(CPU_REQUEST_TIMERS);
#endif
}

void timers_init(void)
{
	struct timer_base *base = &bases[cpu_id()];

	base->tick = NEVER;
	base->hardware = NEVER;
	trap_set_handler(VECTOR_TIMER, timer_interrupt);
}
