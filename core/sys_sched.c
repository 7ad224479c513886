/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls about who gets which CPU when. Real-time policies take the run queues above the
 * default priority, SCHED_IDLE the last one. */
#include <linux/membarrier.h>
#include <linux/sched.h>

#include "arch/x86/percpu.h"
#include "arch/x86/smp.h"
#include "arch/x86/trap.h"
#include "core/clock.h"
#include "core/cpus.h"
#include "core/doors.h"
#include "include/errno.h"
#include "sched/thread.h"

#define RT_PRIORITY_MIN 1
#define RT_PRIORITY_MAX 99

long sys_sched_yield(void);
long sys_sched_setaffinity(int tid, size_t len, const uint64_t *user);
long sys_sched_getaffinity(int tid, size_t len, uint64_t *user);
long sys_sched_setscheduler(int tid, int policy, const int *param);
long sys_sched_getscheduler(int tid);
long sys_sched_setparam(int tid, const int *param);
long sys_sched_getparam(int tid, int *param);
long sys_sched_get_priority_max(int policy);
long sys_sched_get_priority_min(int policy);
long sys_sched_rr_get_interval(int tid, struct timespec64 *interval);
long sys_getcpu(unsigned *cpu, unsigned *node);
long sys_membarrier(int command, unsigned flags, int cpu);

long sys_sched_yield(void)
{
	return thread_yield();
}

/* 0 is the caller. The thread is the caller's to give back: thread_put(). */
static struct thread *thread_of(int tid)
{
	return thread_get(tid ? tid : current_thread()->tid);
}

#ifdef CONFIG_SMP
static int set_affinity(struct thread *thread, uint64_t mask)
{
	return thread_set_affinity(thread, mask);
}

static uint64_t affinity(const struct thread *thread)
{
	return READ_ONCE(thread->affinity) & cpus_now_online();
}
#else
static int set_affinity(struct thread *thread, uint64_t mask)
{
	(void)thread;
	return mask & 1 ? 0 : -EINVAL;
}

static uint64_t affinity(const struct thread *thread)
{
	(void)thread;
	return 1;
}
#endif

long sys_sched_setaffinity(int tid, size_t len, const uint64_t *user)
{
	struct thread *thread = thread_of(tid);
	uint64_t mask = 0;
	long error;

	if (!thread)
		return -ESRCH;
	if (copy_from_program(&mask, user, MIN(len, sizeof(mask))))
		error = -EFAULT;
	else
		error = set_affinity(thread, mask);
	thread_put(thread);
	return error;
}

long sys_sched_getaffinity(int tid, size_t len, uint64_t *user)
{
	struct thread *thread;
	uint64_t mask;

	if (len < sizeof(mask) || len % sizeof(mask))
		return -EINVAL;
	cpus_wait();
	thread = thread_of(tid);
	if (!thread)
		return -ESRCH;
	mask = affinity(thread);
	thread_put(thread);
	return copy_to_program(user, &mask, sizeof(mask)) ? -EFAULT : (long)sizeof(mask);
}

static bool is_real_time(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_known(int policy)
{
	return is_real_time(policy) || policy == SCHED_NORMAL || policy == SCHED_BATCH ||
	       policy == SCHED_IDLE;
}

/* The run queue of a policy: real-time priorities 99 to 1 fall on 0 to PRIORITY_DEFAULT - 1. */
static unsigned run_queue_of(int policy, int priority)
{
	if (is_real_time(policy))
		return (unsigned)(RT_PRIORITY_MAX - priority) * PRIORITY_DEFAULT / RT_PRIORITY_MAX;
	return policy == SCHED_IDLE ? PRIORITY_IDLE : PRIORITY_DEFAULT;
}

static long set_policy(struct thread *thread, int policy, const int *param)
{
	int priority;

	if (!param)
		return -EINVAL;
	if (copy_from_program(&priority, param, sizeof(priority)))
		return -EFAULT;
	if (is_real_time(policy) ? priority < RT_PRIORITY_MIN || priority > RT_PRIORITY_MAX
	                         : priority != 0)
		return -EINVAL;
	thread->policy = (uint8_t)policy;
	thread->policy_priority = (uint8_t)priority;
	thread->unsliced = policy == SCHED_FIFO;
	thread_set_base_priority(thread, run_queue_of(policy, priority));
	return 0;
}

long sys_sched_setscheduler(int tid, int policy, const int *param)
{
	struct thread *thread;
	long error;

	policy &= ~SCHED_RESET_ON_FORK;
	if (!is_known(policy))
		return -EINVAL;
	thread = thread_of(tid);
	if (!thread)
		return -ESRCH;
	error = set_policy(thread, policy, param);
	thread_put(thread);
	return error;
}

long sys_sched_getscheduler(int tid)
{
	struct thread *thread = thread_of(tid);
	long policy;

	if (!thread)
		return -ESRCH;
	policy = thread->policy;
	thread_put(thread);
	return policy;
}

long sys_sched_setparam(int tid, const int *param)
{
	struct thread *thread = thread_of(tid);
	long error;

	if (!thread)
		return -ESRCH;
	error = set_policy(thread, thread->policy, param);
	thread_put(thread);
	return error;
}

long sys_sched_getparam(int tid, int *param)
{
	struct thread *thread = thread_of(tid);
	int priority;

	if (!thread)
		return -ESRCH;
	priority = thread->policy_priority;
	thread_put(thread);
	if (!param)
		return -EINVAL;
	return copy_to_program(param, &priority, sizeof(priority));
}

long sys_sched_get_priority_max(int policy)
{
	if (!is_known(policy))
		return -EINVAL;
	return is_real_time(policy) ? RT_PRIORITY_MAX : 0;
}

long sys_sched_get_priority_min(int policy)
{
	if (!is_known(policy))
		return -EINVAL;
	return is_real_time(policy) ? RT_PRIORITY_MIN : 0;
}

/* 0 for those that wait their turn by nobody's clock, as on Linux. */
long sys_sched_rr_get_interval(int tid, struct timespec64 *user)
{
	struct thread *thread = tid < 0 ? NULL : thread_of(tid);
	struct timespec64 slice = { 0 };

	if (tid < 0)
		return -EINVAL;
	if (!thread)
		return -ESRCH;
#ifdef CONFIG_PREEMPT
	if (!thread->unsliced)
		slice.nsec = CONFIG_TIMESLICE_MS * (int64_t)NS_PER_MS;
#endif
	thread_put(thread);
	return copy_to_program(user, &slice, sizeof(slice));
}

long sys_getcpu(unsigned *cpu, unsigned *node)
{
	unsigned id = cpu_id(), zero = 0;

	if (cpu && copy_to_program(cpu, &id, sizeof(id)))
		return -EFAULT;
	return node ? copy_to_program(node, &zero, sizeof(zero)) : 0;
}

long sys_membarrier(int command, unsigned flags, int cpu)
{
	const long supported = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
	                       MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;

	(void)cpu;
	if (flags)
		return -EINVAL;
	if (command == MEMBARRIER_CMD_QUERY)
		return supported;
	if (!(command & supported) || (command & (command - 1)))
		return -EINVAL;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	tlb_flush_others(0, 0, false); /* nothing, but on every CPU that runs something */
	return 0;
}
