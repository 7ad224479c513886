/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals in an image without CONFIG_SIGNALS: default actions, which end the program at once, and
 * ignoring. Handlers are refused with ENOSYS, so that nobody relies on them. */
#include <asm/signal.h>

#include "core/doors.h"
#include "core/panic.h"
#include "core/syscall.h"
#include "include/errno.h"
#include "include/log.h"
#include "sched/thread.h"

#define SIGNALS 64

/* asm-generic/signal-defs.h has them as pointers. */
#define HANDLER_DEFAULT 0UL
#define HANDLER_IGNORE 1UL

/* struct sigaction as the kernel sees it (asm-generic/signal.h). */
struct kernel_sigaction {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};
_Static_assert(sizeof(struct kernel_sigaction) == 32, "struct sigaction");

static uint64_t ignored; /* bit n - 1: signal n is ignored */

long sys_kill(long pid, long signal);
long sys_tkill(long tid, long signal);
long sys_tgkill(long pid, long tid, long signal);
long sys_rt_sigaction(long signal, const void *act, void *old, long size);
long sys_rt_sigprocmask(int how, const uint64_t *set, uint64_t *old, size_t size);

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
		action.handler = ignored & BIT(signal - 1) ? HANDLER_IGNORE : HANDLER_DEFAULT;
		if (copy_to_program(old, &action, sizeof(action)))
			return -EFAULT;
	}
	if (!act)
		return 0;
	if (signal == SIGKILL || signal == SIGSTOP)
		return -EINVAL;
	if (copy_from_program(&action, act, sizeof(action)))
		return -EFAULT;
	if (action.handler == HANDLER_IGNORE) {
		ignored |= BIT(signal - 1);
	} else if (action.handler == HANDLER_DEFAULT) {
		ignored &= ~BIT(signal - 1);
	} else {
		if (!told)
			log_warn("this image has no signal handlers (CONFIG_SIGNALS): rt_sigaction(%ld) fails",
			         signal);
		told = true;
		return -ENOSYS;
	}
	return 0;
}

/* Kept for whoever reads it back: nothing is sent that a mask could hold up. */
long sys_rt_sigprocmask(int how, const uint64_t *set, uint64_t *old, size_t size)
{
	struct thread *self = current_thread();
	uint64_t before = self->signal_mask, mask;

	if (size != sizeof(uint64_t))
		return -EINVAL;
	if (set) {
		if (copy_from_program(&mask, set, sizeof(mask)))
			return -EFAULT;
		if (how == SIG_BLOCK)
			mask = before | mask;
		else if (how == SIG_UNBLOCK)
			mask = before & ~mask;
		else if (how != SIG_SETMASK)
			return -EINVAL;
		self->signal_mask = mask & ~(BIT(SIGKILL - 1) | BIT(SIGSTOP - 1));
	}
	return old ? copy_to_program(old, &before, sizeof(before)) : 0;
}
