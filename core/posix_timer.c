/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers that send a signal; see core/posix_timer.h. Guarded by signal_lock. */
#include "core/posix_timer.h"

#include "arch/x86/tsc.h"
#include "core/signal_state.h"

#define OVERRUN_MAX 0x7fffffffU /* DELAYTIMER_MAX */
#define NEVER UINT64_MAX

static unsigned add_saturated(unsigned a, uint64_t b)
{
	return b > OVERRUN_MAX - a ? OVERRUN_MAX : a + (unsigned)b;
}

/* Sets a periodic timer to the next of its times; returns how many it has reached by now. */
static uint64_t next_period(struct posix_timer *timer, uint64_t now)
{
	uint64_t times = (now - timer->timer.deadline) / timer->interval + 1;
	uint64_t next = timer->timer.deadline + times * timer->interval;

	if (next < now + POSIX_TIMER_PERIOD_MIN) {
		uint64_t more = (now + POSIX_TIMER_PERIOD_MIN - next) / timer->interval + 1;

		times += more;
		next += more * timer->interval;
	}
	timer_arm(&timer->timer, next);
	return times;
}

/* The signal of an expiry, unless the last one still waits. */
static void expire(struct posix_timer *timer)
{
	uint64_t now = clock_ns(), times = 1, flags;
	struct queued_signal *own = &timer->signal;
	bool waits;

	flags = spin_lock(&signal_lock);
	if (timer->interval)
		times = next_period(timer, MAX(now, timer->timer.deadline));
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
	uint64_t now = clock_ns();

	/* Due is not yet over: 0 would say that it is not set. */
	if (timer->timer.armed)
		setting.value = timer->timer.deadline > now ? timer->timer.deadline - now : 1;
	spin_unlock(&signal_lock, flags);
	return setting;
}

void posix_timer_set(struct posix_timer *timer, uint64_t deadline, uint64_t interval)
{
	uint64_t flags;

	timer_cancel(&timer->timer);
	flags = spin_lock(&signal_lock);
	timer->interval = interval;
	timer->missed = 0;
	timer->overrun = 0;
	if (deadline != NEVER)
		timer_arm(&timer->timer, deadline);
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
