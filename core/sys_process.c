/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the program, and signals as far as they end it: default actions and ignoring. Handlers
 * come with a later issue and are refused with ENOSYS until then, so that nobody relies on them. */
#include "core/doors.h"
#include "core/exit.h"
#include "core/panic.h"
#include "core/syscall.h"
#include "include/errno.h"
#include "include/log.h"
#include "sched/thread.h"

#define SIGNALS 64
enum {
	SIGKILL = 9,
	SIGCHLD = 17,
	SIGCONT = 18,
	SIGSTOP = 19,
	SIGURG = 23,
	SIGWINCH = 28
};

#define SIG_DFL 0UL
#define SIG_IGN 1UL

/* struct sigaction as the kernel sees it (asm-generic/signal.h). */
struct kernel_sigaction {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};
_Static_assert(sizeof(struct kernel_sigaction) == 32, "struct sigaction");

static uint64_t ignored; /* bit n - 1: signal n is ignored */

long sys_exit_group(long status);
long sys_kill(long pid, long signal);
long sys_tkill(long tid, long signal);
long sys_tgkill(long pid, long tid, long signal);
long sys_rt_sigaction(long signal, const void *act, void *old, long size);

long sys_exit_group(long status)
{
	machine_stop(STOP_EXIT, status & 0xff);
}

static bool ignored_by_default(long signal)
{
	return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
}

/* Sends signal to the program. 0 only asks whether it is there. */
static long send(long signal)
{
	if (signal < 0 || signal > SIGNALS)
		return -EINVAL;
	if (signal == 0 || ignored_by_default(signal))
		return 0;
	if (signal != SIGKILL && signal != SIGSTOP && ignored & BIT(signal - 1))
		return 0;
	program_killed((int)signal);
}

long sys_kill(long pid, long signal)
{
	return pid == PROGRAM_PID || pid == 0 || pid == -1 ? send(signal) : -ESRCH;
}

long sys_tkill(long tid, long signal)
{
	if (tid <= 0)
		return -EINVAL;
	return thread_find((int)tid) ? send(signal) : -ESRCH;
}

long sys_tgkill(long pid, long tid, long signal)
{
	return pid == PROGRAM_PID ? sys_tkill(tid, signal) : -ESRCH;
}

long sys_rt_sigaction(long signal, const void *act, void *old, long size)
{
	struct kernel_sigaction action = { 0 };
	static bool told;

	if (size != sizeof(uint64_t) || signal < 1 || signal > SIGNALS)
		return -EINVAL;
	if (old) {
		action.handler = ignored & BIT(signal - 1) ? SIG_IGN : SIG_DFL;
		if (copy_to_program(old, &action, sizeof(action)))
			return -EFAULT;
	}
	if (!act)
		return 0;
	if (signal == SIGKILL || signal == SIGSTOP)
		return -EINVAL;
	if (copy_from_program(&action, act, sizeof(action)))
		return -EFAULT;
	if (action.handler == SIG_IGN) {
		ignored |= BIT(signal - 1);
	} else if (action.handler == SIG_DFL) {
		ignored &= ~BIT(signal - 1);
	} else {
		if (!told)
			log_warn("signal handlers are not supported yet: rt_sigaction(%ld) fails", signal);
		told = true;
		return -ENOSYS;
	}
	return 0;
}
