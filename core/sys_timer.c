/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls on timers that send signals: timer_create and its family, and alarm, setitimer and
 * getitimer, which share one timer of the program. */
#include <linux/time.h>

#include "arch/x86/tsc.h"
#include "core/clock.h"
#include "core/posix_timer.h"
#include "core/signal_state.h"
#include "include/errno.h"
#include "mm/heap.h"
#include "sched/wait.h"

#define TIMERS_MAX 256 /* of timer_create() */

struct itimerspec64 {
	struct timespec64 interval;
	struct timespec64 value;
};

/* struct itimerval of a 64-bit program. */
struct itimerval64 {
	int64_t interval_sec, interval_usec;
	int64_t value_sec, value_usec;
};

long sys_timer_create(int clock, const struct sigevent *event, int *id);
long sys_timer_settime(int id, int flags, const struct itimerspec64 *new, struct itimerspec64 *old);
long sys_timer_gettime(int id, struct itimerspec64 *setting);
long sys_timer_getoverrun(int id);
long sys_timer_delete(int id);
long sys_setitimer(int which, const struct itimerval64 *new, struct itimerval64 *old);
long sys_getitimer(int which, struct itimerval64 *setting);
long sys_alarm(unsigned seconds);

static struct posix_timer *timers[TIMERS_MAX]; /* by number; under signal_lock */
static struct posix_timer program_timers[IS_ENABLED(CONFIG_CPU_TIMERS)
                                             ? 3
                                             : 1]; /* alarm's, and those of CPU time: by ITIMER_* */
static struct mutex turn = MUTEX_INIT(turn);       /* of those who make, set and delete timers */

static bool is_wall(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_TAI;
}

/* Turn taken. */
static struct posix_timer *timer_of(int id)
{
	return id >= 0 && id < TIMERS_MAX ? timers[id] : NULL;
}

/* What event says, NULL: SIGALRM with the timer's number. Returns 0 or -EINVAL. */
static int make_timer(struct posix_timer *timer, const struct sigevent *event, int id)
{
	struct siginfo info = { .si_signo = SIGALRM, .si_code = SI_TIMER };

	info.si_int = id;
	if (event) {
		info.si_signo = event->sigev_signo;
		info.si_value = event->sigev_value;
	}
	info.si_tid = id;
	posix_timer_init(timer, &info);
	if (!event)
		return 0;
	switch (event->sigev_notify) {
	case SIGEV_NONE:
		timer->silent = true;
		return 0;
	case SIGEV_THREAD_ID:
		timer->tid = event->sigev_notify_thread_id;
		if (!thread_find(timer->tid))
			return -EINVAL;
		break;
	case SIGEV_SIGNAL:
		break;
	default: /* SIGEV_THREAD is the C library's to do */
		return -EINVAL;
	}
	return event->sigev_signo >= 1 && event->sigev_signo <= SIGNALS ? 0 : -EINVAL;
}

static long create(int clock, const struct sigevent *event, int *user)
{
	struct posix_timer *timer;
	int id = 0, error;

	while (id < TIMERS_MAX && timers[id])
		id++;
	timer = id < TIMERS_MAX ? heap_alloc(sizeof(*timer)) : NULL;
	if (!timer)
		return -EAGAIN;
	error = make_timer(timer, event, id);
	timer->clock = clock;
#ifdef CONFIG_CPU_TIMERS
	timer->cpu_time = clock_is_cpu_time(clock);
#endif
	if (!error && copy_to_program(user, &id, sizeof(id)))
		error = -EFAULT;
	if (error)
		heap_free(timer);
	else
		timers[id] = timer;
	return error;
}

long sys_timer_create(int clock, const struct sigevent *event, int *id)
{
	struct sigevent wanted;
	long error;

	if (!is_wall(clock) && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
	    !(IS_ENABLED(CONFIG_CPU_TIMERS) && clock_is_cpu_time(clock)))
		return -EINVAL;
	if (event && copy_from_program(&wanted, event, sizeof(wanted)))
		return -EFAULT;
	mutex_lock(&turn);
	error = create(clock, event ? &wanted : NULL, id);
	mutex_unlock(&turn);
	return error;
}

static struct itimerspec64 to_program(struct posix_timer_setting setting)
{
	return (struct itimerspec64){ timespec_from_ns(setting.interval),
		                          timespec_from_ns(setting.value) };
}

static uint64_t deadline_from(const struct posix_timer *timer, uint64_t ns)
{
	uint64_t deadline;

	return __builtin_add_overflow(posix_timer_now(timer), ns, &deadline) ? UINT64_MAX : deadline;
}

static uint64_t deadline_of(const struct posix_timer *timer, bool absolute, uint64_t ns)
{
	if (!ns)
		return UINT64_MAX;
	if (!absolute)
		return deadline_from(timer, ns);
	return is_wall(timer->clock) ? deadline_at_wall(ns) : ns;
}

/* In one turn: a timer set in between would go by the new time already, and be shifted once more. */
void timers_set_wall_ns(uint64_t ns)
{
	int64_t forward;

	mutex_lock(&turn);
	forward = clock_set_wall_ns(ns);
	for (int id = 0; id < TIMERS_MAX; id++)
		if (timers[id])
			posix_timer_shift(timers[id], forward);
	mutex_unlock(&turn);
}

long sys_timer_settime(int id, int flags, const struct itimerspec64 *new, struct itimerspec64 *old)
{
	struct posix_timer *timer;
	struct itimerspec64 wanted, before;
	uint64_t value, interval;

	if (copy_from_program(&wanted, new, sizeof(wanted)))
		return -EFAULT;
	if (timespec_to_ns(&wanted.value, &value) || timespec_to_ns(&wanted.interval, &interval))
		return -EINVAL;
	mutex_lock(&turn);
	timer = timer_of(id);
	if (timer) {
		before = to_program(posix_timer_get(timer));
		posix_timer_set(timer, deadline_of(timer, flags & TIMER_ABSTIME, value), interval);
		timer->at_wall = flags & TIMER_ABSTIME && is_wall(timer->clock);
	}
	mutex_unlock(&turn);
	if (!timer)
		return -EINVAL;
	return old ? copy_to_program(old, &before, sizeof(before)) : 0;
}

long sys_timer_gettime(int id, struct itimerspec64 *user)
{
	struct posix_timer *timer;
	struct itimerspec64 setting;

	mutex_lock(&turn);
	timer = timer_of(id);
	if (timer)
		setting = to_program(posix_timer_get(timer));
	mutex_unlock(&turn);
	return timer ? copy_to_program(user, &setting, sizeof(setting)) : -EINVAL;
}

/* How often it had expired more than once when its signal was last taken. */
long sys_timer_getoverrun(int id)
{
	struct posix_timer *timer;
	long overrun = -EINVAL;

	mutex_lock(&turn);
	timer = timer_of(id);
	if (timer)
		overrun = READ_ONCE(timer->overrun);
	mutex_unlock(&turn);
	return overrun;
}

long sys_timer_delete(int id)
{
	struct posix_timer *timer;

	mutex_lock(&turn);
	timer = timer_of(id);
	if (timer) {
		timers[id] = NULL;
		posix_timer_stop(timer);
	}
	mutex_unlock(&turn);
	heap_free(timer);
	return timer ? 0 : -EINVAL;
}

#ifdef CONFIG_EXEC
void timers_delete_all(void)
{
	for (int id = 0; id < TIMERS_MAX; id++)
		sys_timer_delete(id);
}
#endif

/* Is there such a timer? There is no other CPU time than the program's own: ITIMER_VIRTUAL counts what
 * ITIMER_PROF does. */
static bool is_program_timer(int which)
{
	return which == ITIMER_REAL ||
	       (IS_ENABLED(CONFIG_CPU_TIMERS) && (which == ITIMER_VIRTUAL || which == ITIMER_PROF));
}

/* Turn taken. Sets one of the program's timers. Returns what it was set to. */
static struct posix_timer_setting set_program_timer(int which, uint64_t value, uint64_t interval)
{
	static const int signals[] = { SIGALRM, SIGVTALRM, SIGPROF };
	const struct siginfo info = { .si_signo = signals[which], .si_code = SI_KERNEL };
	struct posix_timer *timer = &program_timers[which];
	struct posix_timer_setting before;

	if (!timer->info.si_signo)
		posix_timer_init(timer, &info);
#ifdef CONFIG_CPU_TIMERS
	timer->cpu_time = which != ITIMER_REAL;
#endif
	before = posix_timer_get(timer);
	posix_timer_set(timer, value ? deadline_from(timer, value) : UINT64_MAX, interval);
	return before;
}

/* What is left is a microsecond at least: 0 would say that it is not set. */
static struct itimerval64 to_program_us(struct posix_timer_setting setting)
{
	if (setting.value)
		setting.value = MAX(setting.value, NS_PER_US);
	return (struct itimerval64){
		.interval_sec = (int64_t)(setting.interval / NS_PER_SEC),
		.interval_usec = (int64_t)(setting.interval % NS_PER_SEC / NS_PER_US),
		.value_sec = (int64_t)(setting.value / NS_PER_SEC),
		.value_usec = (int64_t)(setting.value % NS_PER_SEC / NS_PER_US),
	};
}

static int from_program_us(int64_t sec, int64_t usec, uint64_t *ns)
{
	const struct timespec64 ts = { sec, usec * (int64_t)NS_PER_US };

	return usec < 0 || usec >= (int64_t)(NS_PER_SEC / NS_PER_US) ? -EINVAL
	                                                             : timespec_to_ns(&ts, ns);
}

long sys_setitimer(int which, const struct itimerval64 *new, struct itimerval64 *old)
{
	struct itimerval64 wanted = { 0 }, before;
	uint64_t value, interval;

	if (!is_program_timer(which))
		return -EINVAL;
	if (new &&copy_from_program(&wanted, new, sizeof(wanted)))
		return -EFAULT;
	if (from_program_us(wanted.value_sec, wanted.value_usec, &value) ||
	    from_program_us(wanted.interval_sec, wanted.interval_usec, &interval))
		return -EINVAL;
	mutex_lock(&turn);
	before = to_program_us(set_program_timer(which, value, interval));
	mutex_unlock(&turn);
	return old ? copy_to_program(old, &before, sizeof(before)) : 0;
}

long sys_getitimer(int which, struct itimerval64 *user)
{
	struct itimerval64 setting;

	if (!is_program_timer(which))
		return -EINVAL;
	mutex_lock(&turn);
	setting = to_program_us(posix_timer_get(&program_timers[which]));
	mutex_unlock(&turn);
	return copy_to_program(user, &setting, sizeof(setting));
}

/* Seconds that were left are rounded, but not to 0: that would say that none was set. */
long sys_alarm(unsigned seconds)
{
	struct posix_timer_setting before;
	long left;

	mutex_lock(&turn);
	before = set_program_timer(ITIMER_REAL, seconds * NS_PER_SEC, 0);
	mutex_unlock(&turn);
	left = (long)((before.value + NS_PER_SEC / 2) / NS_PER_SEC);
	return before.value && !left ? 1 : left;
}
