/* SPDX-License-Identifier: BSD-2-Clause */
/* The first door: C functions that a native program reaches by a plain call. The linker takes these
 * before it looks into the C library. Only what gains by it is here; everything else goes through
 * the C library and the syscall instruction into the same table.
 *
 * Signals interrupt these calls like any function of the program. One that sleeps or gives the CPU
 * away ends with signal_door() (as thread_give_way() does): what came meanwhile is taken there.
 * sched_yield() is arch/x86/context_switch.S's. */
#include "core/doors.h"

#include "core/clock.h"
#include "include/errno.h"
#include "sched/thread.h"

/* The C library's, found at the final link. */
extern int *__errno_location(void);

/* C's error convention out of the table's. */
static long result(long value)
{
	if (unlikely(value < 0 && value > -4096)) {
		*__errno_location() = (int)-value;
		return -1;
	}
	return value;
}

EXPORT int getpid(void)
{
	return PROGRAM_PID;
}

EXPORT int getppid(void)
{
	return 0;
}

EXPORT int gettid(void)
{
	return current_thread()->tid;
}

EXPORT int clock_gettime(int id, struct timespec64 *ts)
{
	return (int)result(clock_get(id, ts));
}
