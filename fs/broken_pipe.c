// SPDX-License-Identifier: BSD-2-Clause
/* What writing comes to where nobody reads: for pipes and sockets. */
#include "fs/pipe.h"
#include "include/errno.h"
#include "sched/thread.h"

#define SIGPIPE 13 /* asm/signal.h has it only together with a C library's types */

long sys_tkill(long tid, long signal); /* core/sys_signal.c */

long broken_pipe(void)
{
	sys_tkill(current_thread()->tid, SIGPIPE);
	return -EPIPE;
}
