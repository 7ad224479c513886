/* SPDX-License-Identifier: BSD-2-Clause */
/* Ending the program from outside (core/shutdown.h). */
#include "core/shutdown.h"

#include "arch/x86/tsc.h"
#include "core/doors.h"
#include "core/exit.h"
#include "include/log.h"
#include "sched/timer.h"

enum {
	SIGKILL = 9,
	SIGTERM = 15
};

long sys_kill(long pid, long signal); /* core/sys_signal.c */

static enum stop_reason wanted;
static bool requested;
static struct timer grace;

static void grace_over(struct timer *timer)
{
	(void)timer;
	log_error("the program still runs %u s after SIGTERM: stopping the machine",
	          CONFIG_SHUTDOWN_GRACE);
	machine_stop(STOP_SIGNAL, SIGKILL);
}

void shutdown_request(enum stop_reason reason)
{
	wanted = reason;
	if (!requested) {
		requested = true;
		timer_init(&grace, grace_over);
		timer_arm(&grace, clock_ns() + CONFIG_SHUTDOWN_GRACE * NS_PER_SEC);
	}
	sys_kill(PROGRAM_PID, SIGTERM);
}

void shutdown_outcome(enum stop_reason *reason, int *status)
{
	if (!requested || *reason == STOP_PANIC)
		return;
	if (*reason == STOP_SIGNAL) {
		if (*status != SIGTERM && *status != SIGKILL)
			return; /* it has crashed on the way */
		*status += 128;
	}
	*reason = wanted;
}
