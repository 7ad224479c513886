/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers that send a signal; see core/posix_timer.h. Guarded by signal_lock. */
#include "core/posix_timer.h"

#include "arch/x86/tsc.h"
#include "core/signal_state.h"

#define OVERRUN_MAX 0x7fffffffU /* DELAYTIMER_MAX */
#define NEVER UINT64_MAX

#ifdef CONFIG_CPU_TIMERS
/* CPU time is looked at no more often. */
#define CPU_TIME_STEP NS_PER_MS

uint64_t posix_timer_now(const struct posix_timer *timer)
{
	return timer->cpu_time ? sched_busy_ns() : clock_ns();
}

/* The program's CPU time goes at most CONFIG_NR_CPUS times as fast as the clock; when it stands still,
 * it is looked at in vain. */
static void look_later(struct posix_timer *timer)
{
	timer_arm(&timer->timer, clock_ns() + MAX(timer->left / CONFIG_NR_CPUS, CPU_TIME_STEP));
}

static void arm(struct posix_timer *timer, uint64_t due)
{
	uint64_t now;

	timer->due = due;
	if (!timer->cpu_time) {
		timer_arm(&timer->timer, due);
		return;
	}
	now = sched_busy_ns();
	timer->left = due > now ? MIN(due - now, NS_PER_SEC * 3600) : 0;
	look_later(timer);
}

/* A single CPU knows how long it was idle only when it is not any more. */
static bool is_unknown(const struct posix_timer *timer)
{
	return timer->cpu_time && CONFIG_NR_CPUS == 1 && current_thread() == this_cpu->idle;
}
#else
uint64_t posix_timer_now(const struct posix_timer *timer)
{
	(void)timer;
	return clock_ns();
}

static void arm(struct posix_timer *timer, uint64_t due)
{
	timer->due = due;
	timer_arm(&timer->timer, due);
}
#endif

/* Is it not yet time? Then it will be looked at again. Of CPU time that is so at most looks; others may
 * have been set to a later time while they waited for the lock. */
static bool is_early(struct posix_timer *timer, uint64_t now)
{
#ifdef CONFIG_CPU_TIMERS
	if (is_unknown(timer)) {
		look_later(timer);
		return true;
	}
#endif
	if (now >= timer->due)
		return false;
	arm(timer, timer->due);
	return true;
}

static unsigned add_saturated(unsigned a, uint64_t b)
{
	return b > OVERRUN_MAX - a ? OVERRUN_MAX : a + (unsigned)b;
}

/* Sets a periodic timer to the next of its times; returns how many it has reached by now. */
static uint64_t next_period(struct posix_timer *timer, uint64_t now)
{
	uint64_t times = (now - timer->due) / timer->interval + 1;
	uint64_t next = timer->due + times * timer->interval;

	if (next < now + POSIX_TIMER_PERIOD_MIN) {
		uint64_t more = (now + POSIX_TIMER_PERIOD_MIN - next) / timer->interval + 1;

		times += more;
		next += more * timer->interval;
	}
	arm(timer, next);
	return times;
}

/* The signal of an expiry, unless the last one still waits. */
static void expire(struct posix_timer *timer)
{
	struct queued_signal *own = &timer->signal;
	uint64_t flags = spin_lock(&signal_lock), now = posix_timer_now(timer), times = 1;
	bool waits;

	if (!timer->set || is_early(timer, now)) {
		spin_unlock(&signal_lock, flags);
		return;
	}
	if (timer->interval)
		times = next_period(timer, now);
	else
		timer->set = false;
	waits = own->queued;
	timer->missed = waits ? add_saturated(timer->missed, times) : add_saturated(0, times - 1);
	spin_unlock(&signal_lock, flags);
	if (waits || timer->silent)
		return;
	/* A thread that has ended is sent nothing, as on Linux. */
	if (timer->tid)
		signal_send_tid(timer->tid, &timer->info, own);
	else
		signal_send(NULL, &timer->info, own);
}

static void expired(struct timer *timer)
{
	expire(container_of(timer, struct posix_timer, timer));
}

void posix_timer_taken(struct queued_signal *own, struct siginfo *info)
{
	struct posix_timer *timer = container_of(own, struct posix_timer, signal);

	timer->overrun = timer->missed;
	timer->missed = 0;
	if (info->si_code == SI_TIMER)
		info->si_overrun = (int)timer->overrun;
}

void posix_timer_init(struct posix_timer *timer, const struct siginfo *info)
{
	*timer = (struct posix_timer){ .info = *info };
	timer_init(&timer->timer, expired);
}

struct posix_timer_setting posix_timer_get(struct posix_timer *timer)
{
	uint64_t flags = spin_lock(&signal_lock);
	struct posix_timer_setting setting = { .interval = timer->interval };
	uint64_t now = posix_timer_now(timer);

	/* Due is not yet over: 0 would say that it is not set. */
	if (timer->set)
		setting.value = timer->due > now ? timer->due - now : 1;
	spin_unlock(&signal_lock, flags);
	return setting;
}

void posix_timer_set(struct posix_timer *timer, uint64_t deadline, uint64_t interval)
{
	uint64_t flags = spin_lock(&signal_lock);

	timer->set = false; /* an expiry that waits for the lock does not arm it again */
	spin_unlock(&signal_lock, flags);
	timer_cancel(&timer->timer);
	flags = spin_lock(&signal_lock);
	timer->interval = interval;
	timer->missed = 0;
	timer->overrun = 0;
	timer->set = deadline != NEVER;
	if (timer->set)
		arm(timer, deadline);
	spin_unlock(&signal_lock, flags);
}

void posix_timer_shift(struct posix_timer *timer, int64_t ns)
{
	uint64_t flags = spin_lock(&signal_lock), due = timer->due;

	if (timer->at_wall && timer->set)
		arm(timer, ns > 0 && (uint64_t)ns > due ? 0 : due - (uint64_t)ns);
	spin_unlock(&signal_lock, flags);
}

static bool remove(struct thread *thread, uint64_t own)
{
	pending_remove(&thread->signals.pending, (struct queued_signal *)own);
	return false;
}

void posix_timer_stop(struct posix_timer *timer)
{
	uint64_t flags;

	posix_timer_set(timer, NEVER, 0);
	flags = spin_lock(&signal_lock);
	if (timer->signal.queued) {
		pending_remove(&signal_shared, &timer->signal);
		thread_select(remove, (uint64_t)&timer->signal);
	}
	spin_unlock(&signal_lock, flags);
}
