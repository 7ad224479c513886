/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that tell, set and wait for the time. */
#include <linux/time.h>
#include <linux/times.h>

#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/clock.h"
#include "core/posix_timer.h"
#include "core/signal.h"
#include "include/errno.h"
#include "sched/thread.h"

#define NS_PER_CLOCK_TICK 10000000ULL /* USER_HZ is 100 */

long sys_clock_gettime(int id, struct timespec64 *user);
long sys_clock_getres(int id, struct timespec64 *user);
long sys_clock_settime(int id, const struct timespec64 *user);
long sys_gettimeofday(void *tv, void *tz);
long sys_time(int64_t *user);
long sys_times(struct tms *user);
long sys_nanosleep(const struct timespec64 *request, struct timespec64 *left);
long sys_clock_nanosleep(int id, int flags, const struct timespec64 *request,
                         struct timespec64 *left);

/* struct timeval of a 64-bit program. */
struct timeval64 {
	int64_t sec;
	int64_t usec;
};

long sys_clock_gettime(int id, struct timespec64 *user)
{
	struct timespec64 ts;
	int error = clock_get(id, &ts);

	return error ? error : copy_to_program(user, &ts, sizeof(ts));
}

long sys_clock_getres(int id, struct timespec64 *user)
{
	struct timespec64 ts;
	int error = clock_get(id, &ts);

	if (error || !user)
		return error;
	ts = timespec_from_ns(1); /* the coarse clocks are no coarser than the others */
	return copy_to_program(user, &ts, sizeof(ts));
}

/* Reads a time that a program gives. */
static int get_timespec(const struct timespec64 *user, uint64_t *ns)
{
	struct timespec64 ts;

	if (copy_from_program(&ts, user, sizeof(ts)))
		return -EFAULT;
	return timespec_to_ns(&ts, ns);
}

long sys_clock_settime(int id, const struct timespec64 *user)
{
	uint64_t ns;
	int error;

	if (id != CLOCK_REALTIME)
		return -EINVAL;
	error = get_timespec(user, &ns);
	if (error)
		return error;
	timers_set_wall_ns(ns);
	return 0;
}

long sys_gettimeofday(void *tv, void *tz)
{
	static const struct timezone utc;
	uint64_t now = clock_wall_ns();
	struct timeval64 time = { (int64_t)(now / NS_PER_SEC),
		                      (int64_t)(now % NS_PER_SEC / NS_PER_US) };

	if (tv && copy_to_program(tv, &time, sizeof(time)))
		return -EFAULT;
	return tz ? copy_to_program(tz, &utc, sizeof(utc)) : 0;
}

long sys_time(int64_t *user)
{
	int64_t seconds = (int64_t)(clock_wall_ns() / NS_PER_SEC);

	if (user && copy_to_program(user, &seconds, sizeof(seconds)))
		return -EFAULT;
	return seconds;
}

/* One address space, one ring: all CPU time counts as the program's own. */
long sys_times(struct tms *user)
{
	struct tms tms = { .tms_utime = (long)(sched_busy_ns() / NS_PER_CLOCK_TICK) };

	if (user && copy_to_program(user, &tms, sizeof(tms)))
		return -EFAULT;
	return (long)(clock_ns() / NS_PER_CLOCK_TICK);
}

/* Sleeps until deadline; a signal ends it early, and then *left (may be NULL) tells what
 * remained. */
static long sleep_until(uint64_t deadline, struct timespec64 *left)
{
	struct timespec64 ts;
	uint64_t now;
	int error;

	do {
		error = thread_sleep_until(deadline);
	} while (error == -EINTR && !signal_interrupted());
	if (error != -EINTR || !left)
		return error;
	now = clock_ns();
	ts = timespec_from_ns(deadline > now ? deadline - now : 0);
	return copy_to_program(left, &ts, sizeof(ts)) ? -EFAULT : error;
}

long sys_nanosleep(const struct timespec64 *request, struct timespec64 *left)
{
	uint64_t ns;
	int error = get_timespec(request, &ns);

	return error ? error : sleep_until(deadline_in(ns), left);
}

/* A sleep until a wall-clock time follows the clock as it was set when the sleep began. */
long sys_clock_nanosleep(int id, int flags, const struct timespec64 *request,
                         struct timespec64 *left)
{
	bool wall = id == CLOCK_REALTIME || id == CLOCK_TAI;
	uint64_t ns;
	int error;

	if (!wall && id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME) {
		struct timespec64 now;

		/* CPU time cannot be waited for, nor is there a use for the others. */
		error = clock_get(id, &now);
		return error || id == CLOCK_THREAD_CPUTIME_ID ? -EINVAL : -EOPNOTSUPP;
	}
	error = get_timespec(request, &ns);
	if (error)
		return error;
	if (!(flags & TIMER_ABSTIME))
		return sleep_until(deadline_in(ns), left);
	return sleep_until(wall ? deadline_at_wall(ns) : ns, NULL);
}
