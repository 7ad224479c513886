/* SPDX-License-Identifier: BSD-2-Clause */
/* The POSIX clocks (core/clock.h). All of them are the TSC clock plus an offset, or CPU time. */
#include "core/clock.h"

#include <linux/time.h>

#include "arch/x86/tsc.h"
#include "core/doors.h"
#include "include/errno.h"
#include "include/log.h"
#include "include/platform.h"
#include "sched/thread.h"

#define NEVER UINT64_MAX

/* A negative id is a CPU clock: the complement of a process's or thread's number above three bits
 * that say which (pthread_getcpuclockid(), clock_getcpuclockid()). */
#define CPUCLOCK_SHIFT 3
#define CPUCLOCK_PERTHREAD 4
#define CPUCLOCK_TYPE 3
#define CPUCLOCK_SCHED 2 /* of the types, the one that C libraries use */

static struct wall_clock wall;

static void read_wall_clock(void)
{
	uint64_t now = platform->wall_clock ? platform->wall_clock() : 0;

	if (!now)
		log_warn("no wall clock: the date starts at 1970-01-01");
	wall.offset = now ? now - clock_ns() : 0;
	__atomic_store_n(&wall.known, true, __ATOMIC_RELEASE);
}

uint64_t clock_wall_ns(void)
{
	if (unlikely(!__atomic_load_n(&wall.known, __ATOMIC_ACQUIRE)))
		read_wall_clock();
	return clock_ns() + READ_ONCE(wall.offset);
}

#ifdef CONFIG_VDSO
const struct wall_clock *clock_wall(void)
{
	return &wall;
}
#endif

int64_t clock_set_wall_ns(uint64_t ns)
{
	uint64_t before, offset;

	clock_wall_ns(); /* reads the platform's if that has not been done */
	before = READ_ONCE(wall.offset);
	offset = ns - clock_ns();
	WRITE_ONCE(wall.offset, offset);
	__atomic_store_n(&wall.known, true, __ATOMIC_RELEASE);
	return (int64_t)(offset - before);
}

void clock_wall_reread(void)
{
	__atomic_store_n(&wall.known, false, __ATOMIC_RELEASE);
}

/* tid: 0 for the caller. */
static int thread_time(int tid, uint64_t *ns)
{
#ifdef CONFIG_THREAD_TIMES
	struct thread *thread = thread_get(tid ? tid : current_thread()->tid);

	if (!thread)
		return -EINVAL;
	*ns = thread_cpu_ns(thread);
	thread_put(thread);
	return 0;
#else
	(void)tid;
	(void)ns;
	return -EINVAL;
#endif
}

static int cpu_clock(int id, uint64_t *ns)
{
	int number = ~(id >> CPUCLOCK_SHIFT);

	if ((id & CPUCLOCK_TYPE) != CPUCLOCK_SCHED)
		return -EINVAL;
	if (id & CPUCLOCK_PERTHREAD)
		return thread_time(number, ns);
	if (number != 0 && number != PROGRAM_PID)
		return -EINVAL;
	*ns = sched_busy_ns();
	return 0;
}

bool clock_is_cpu_time(int id)
{
	int number = ~(id >> CPUCLOCK_SHIFT);

	return id == CLOCK_PROCESS_CPUTIME_ID ||
	       (id < 0 && (id & CPUCLOCK_TYPE) == CPUCLOCK_SCHED && !(id & CPUCLOCK_PERTHREAD) &&
	        (number == 0 || number == PROGRAM_PID));
}

static int clock_read(int id, uint64_t *ns)
{
	switch (id) {
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = clock_ns();
		return 0;
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI: /* as on Linux until somebody sets its offset */
		*ns = clock_wall_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*ns = sched_busy_ns();
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		return thread_time(0, ns);
	default:
		return id < 0 ? cpu_clock(id, ns) : -EINVAL;
	}
}

int clock_get(int id, struct timespec64 *ts)
{
	uint64_t ns;
	int error = clock_read(id, &ns);

	if (!error)
		*ts = timespec_from_ns(ns);
	return error;
}

struct timespec64 timespec_from_ns(uint64_t ns)
{
	return (struct timespec64){ (int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC) };
}

int timespec_to_ns(const struct timespec64 *ts, uint64_t *ns)
{
	if (ts->sec < 0 || ts->nsec < 0 || ts->nsec >= (int64_t)NS_PER_SEC)
		return -EINVAL;
	if (__builtin_mul_overflow((uint64_t)ts->sec, NS_PER_SEC, ns) ||
	    __builtin_add_overflow(*ns, (uint64_t)ts->nsec, ns))
		*ns = NEVER;
	return 0;
}

uint64_t deadline_in(uint64_t ns)
{
	uint64_t deadline;

	return __builtin_add_overflow(clock_ns(), ns, &deadline) ? NEVER : deadline;
}

uint64_t deadline_at_wall(uint64_t ns)
{
	uint64_t now = clock_wall_ns();

	if (ns == NEVER)
		return NEVER;
	return ns > now ? deadline_in(ns - now) : 0;
}
