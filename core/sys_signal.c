/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls on signals: what is done about them, masks, sending to oneself, waiting. There is
 * one process, so whoever is sent to is this program or one of its threads. */
#include "core/clock.h"
#include "core/doors.h"
#include "core/signal_deliver.h"
#include "core/signal_state.h"
#include "include/errno.h"
#include "lib/string.h"
#include "sched/wait.h"

long sys_rt_sigaction(long signal, const void *act, void *old, long size);
long sys_rt_sigprocmask(int how, const uint64_t *set, uint64_t *old, size_t size);
long sys_rt_sigpending(uint64_t *set, size_t size);
long sys_rt_sigsuspend(const uint64_t *set, size_t size);
long sys_rt_sigtimedwait(const uint64_t *set, void *info, const struct timespec64 *timeout,
                         size_t size);
long sys_rt_sigqueueinfo(int pid, int signal, const void *info);
long sys_rt_tgsigqueueinfo(int pid, int tid, int signal, const void *info);
long sys_sigaltstack(const stack_t *stack, stack_t *old);
long sys_kill(long pid, long signal);
long sys_tkill(long tid, long signal);
long sys_tgkill(long pid, long tid, long signal);
long sys_pause(void);

/* Those that wait for nothing but a signal. */
static struct wait_queue sleepers = WAIT_QUEUE_INIT(sleepers);

static bool is_signal(long signal)
{
	return signal >= 1 && signal <= SIGNALS;
}

long sys_rt_sigaction(long signal, const void *act, void *old, long size)
{
	struct signal_action action, before;

	if (size != sizeof(uint64_t) || !is_signal(signal))
		return -EINVAL;
	if (act && SIGNAL_BIT(signal) & SIGNALS_UNSTOPPABLE)
		return -EINVAL;
	if (act && copy_from_program(&action, act, sizeof(action)))
		return -EFAULT;
	signal_action_swap((int)signal, act ? &action : NULL, &before);
	return old ? copy_to_program(old, &before, sizeof(before)) : 0;
}

long sys_rt_sigprocmask(int how, const uint64_t *set, uint64_t *old, size_t size)
{
	uint64_t before = current_thread()->signal_mask, mask, flags;

	if (size != sizeof(mask))
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
		flags = spin_lock(&signal_lock);
		signal_mask_set(mask);
		spin_unlock(&signal_lock, flags);
	}
	return old ? copy_to_program(old, &before, sizeof(before)) : 0;
}

long sys_rt_sigpending(uint64_t *set, size_t size)
{
	const struct thread *self = current_thread();
	uint64_t waiting = (self->signals.pending.set | signal_shared.set) & self->signal_mask;

	if (size > sizeof(waiting))
		return -EINVAL;
	return copy_to_program(set, &waiting, size);
}

/* Sleeps until a signal, or until clock_ns() >= deadline. Returns -EINTR or -ETIMEDOUT. */
static int sleep_for_signal(uint64_t deadline)
{
	uint64_t flags = spin_lock(&sleepers.lock);
	int error = wait_block(&sleepers, deadline);

	irq_restore(flags);
	return error;
}

/* Only a handler ends these two: where none runs, they are called again (core/signal_deliver.c). */
long sys_pause(void)
{
	do {
		sleep_for_signal(WAIT_FOREVER);
	} while (!signal_interrupted());
	return -EINTR;
}

long sys_rt_sigsuspend(const uint64_t *set, size_t size)
{
	long error;

	if (!set)
		return -EFAULT;
	error = signal_mask_borrow(set, size);
	return error ? error : signal_mask_return(sys_pause());
}

/* Sleeps until one of set can be taken. Returns its number, -EINTR, or -EAGAIN at the deadline. */
static long await(uint64_t set, uint64_t deadline, struct siginfo *info)
{
	struct thread *self = current_thread();
	uint64_t flags = spin_lock(&signal_lock);
	long signal, error = 0;

	while (!(signal = signal_take_of(set, info)) && !error) {
		self->signals.awaited = set;
		signal_update(false);
		spin_unlock(&signal_lock, flags);
		error = sleep_for_signal(deadline);
		flags = spin_lock(&signal_lock);
		self->signals.awaited = 0;
		signal_update(false);
		/* For another of set, or one that another thread has taken. */
		if (error == -EINTR && !self->signals.work)
			error = 0;
	}
	signal_update(false);
	spin_unlock(&signal_lock, flags);
	if (signal)
		return signal;
	return error == -ETIMEDOUT ? -EAGAIN : error;
}

long sys_rt_sigtimedwait(const uint64_t *set, void *info, const struct timespec64 *timeout,
                         size_t size)
{
	uint64_t wanted, deadline = WAIT_FOREVER, ns;
	struct siginfo taken;
	struct timespec64 ts;
	long signal;

	if (size != sizeof(wanted))
		return -EINVAL;
	if (copy_from_program(&wanted, set, sizeof(wanted)))
		return -EFAULT;
	if (timeout) {
		if (copy_from_program(&ts, timeout, sizeof(ts)))
			return -EFAULT;
		if (timespec_to_ns(&ts, &ns))
			return -EINVAL;
		deadline = ns ? deadline_in(ns) : 0;
	}
	signal = await(wanted & ~SIGNALS_UNSTOPPABLE, deadline, &taken);
	if (signal > 0 && info && copy_to_program(info, &taken, sizeof(taken)))
		return -EFAULT;
	return signal;
}

long sys_sigaltstack(const stack_t *stack, stack_t *old)
{
	uint64_t sp = ((uint64_t *)current_thread()->ctx.kernel_stack)[-1];
	stack_t new, before = signal_stack(sp);
	int error;

	if (stack) {
		if (copy_from_program(&new, stack, sizeof(new)))
			return -EFAULT;
		error = signal_stack_set(&new, sp);
		if (error)
			return error;
	}
	return old ? copy_to_program(old, &before, sizeof(before)) : 0;
}

/* Sends what info says, or only looks whether the target is there (signal 0). tid 0: the program. */
static long send(int tid, struct siginfo *info)
{
	if (info->si_signo == 0)
		return tid && !thread_find(tid) ? -ESRCH : 0;
	return tid ? signal_send_tid(tid, info, NULL) : signal_send(NULL, info, NULL);
}

static long send_simple(int tid, long signal, int code)
{
	struct siginfo info = { .si_signo = (int)signal, .si_code = code };

	if (signal && !is_signal(signal))
		return -EINVAL;
	info.si_pid = PROGRAM_PID;
	return send(tid, &info);
}

long sys_kill(long pid, long signal)
{
	pid = (int)pid;
	if (pid != PROGRAM_PID && pid != -PROGRAM_PID && pid != 0)
		return -ESRCH;
	return send_simple(0, (int)signal, SI_USER);
}

long sys_tkill(long tid, long signal)
{
	return (int)tid > 0 ? send_simple((int)tid, (int)signal, SI_TKILL) : -EINVAL;
}

long sys_tgkill(long pid, long tid, long signal)
{
	if ((int)pid <= 0)
		return -EINVAL;
	return pid == PROGRAM_PID ? sys_tkill(tid, signal) : -ESRCH;
}

/* The program says itself what its handler is told; only the number is not its to choose. */
static long send_info(int tid, int signal, const void *user)
{
	struct siginfo info;

	if (signal && !is_signal(signal))
		return -EINVAL;
	if (copy_from_program(&info, user, sizeof(info)))
		return -EFAULT;
	info.si_signo = signal;
	return send(tid, &info);
}

long sys_rt_sigqueueinfo(int pid, int signal, const void *info)
{
	return pid == PROGRAM_PID ? send_info(0, signal, info) : -ESRCH;
}

long sys_rt_tgsigqueueinfo(int pid, int tid, int signal, const void *info)
{
	if (pid <= 0 || tid <= 0)
		return -EINVAL;
	return pid == PROGRAM_PID ? send_info(tid, signal, info) : -ESRCH;
}
