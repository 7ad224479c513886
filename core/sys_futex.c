/* SPDX-License-Identifier: BSD-2-Clause */
/* futex(2) and the robust list: the system calls in front of sched/futex.c. */
#include <linux/futex.h>

#include "arch/x86/trap.h"
#include "core/clock.h"
#include "core/signal.h"
#include "include/errno.h"
#include "sched/futex.h"
#include "sched/thread.h"
#include "sched/wait.h"

long sys_futex(uint32_t *word, int op, uint32_t value, const struct timespec64 *timeout,
               uint32_t *other, uint32_t value3);
long sys_set_robust_list(struct robust_list_head *head, size_t len);
long sys_get_robust_list(int tid, struct robust_list_head **head, size_t *len);

/* A timeout is relative for FUTEX_WAIT and absolute for the others. */
static long futex_deadline(const struct timespec64 *user, bool relative, bool wall,
                           uint64_t *deadline)
{
	struct timespec64 ts;
	uint64_t ns;
	int error;

	*deadline = WAIT_FOREVER;
	if (!user)
		return 0;
	if (copy_from_program(&ts, user, sizeof(ts)))
		return -EFAULT;
	error = timespec_to_ns(&ts, &ns);
	if (!error)
		*deadline = relative ? deadline_in(ns) : wall ? deadline_at_wall(ns) : ns;
	return error;
}

static long wait(uint32_t *word, uint32_t value, const struct timespec64 *timeout, bool relative,
                 bool wall, uint32_t bitset)
{
	uint64_t deadline;
	long error = futex_deadline(timeout, relative, wall, &deadline);

	if (error)
		return error;
	do {
		error = futex_wait(word, value, bitset, deadline);
	} while (error == -EINTR && !signal_interrupted());
	return error;
}

/* For some operations the fourth argument is no pointer but a count. */
static unsigned count_in(const struct timespec64 *timeout)
{
	return (unsigned)(uint64_t)timeout;
}

long sys_futex(uint32_t *word, int op, uint32_t value, const struct timespec64 *timeout,
               uint32_t *other, uint32_t value3)
{
	/* There is one process: FUTEX_PRIVATE_FLAG makes no difference. */
	bool wall = op & FUTEX_CLOCK_REALTIME;

	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
		return wait(word, value, timeout, true, false, FUTEX_ANY);
	case FUTEX_WAIT_BITSET:
		return wait(word, value, timeout, false, wall, value3);
	case FUTEX_WAKE:
		return futex_wake(word, value, FUTEX_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(word, value, value3);
	case FUTEX_REQUEUE:
		return futex_requeue(word, value, other, count_in(timeout), NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(word, value, other, count_in(timeout), &value3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(word, value, other, count_in(timeout), value3);
	default: /* priority inheritance, and what nobody uses */
		return -ENOSYS;
	}
}

long sys_set_robust_list(struct robust_list_head *head, size_t len)
{
	if (len != sizeof(*head))
		return -EINVAL;
	current_thread()->robust_list = head;
	return 0;
}

long sys_get_robust_list(int tid, struct robust_list_head **head, size_t *len)
{
	struct thread *thread = thread_get(tid ? tid : current_thread()->tid);
	size_t size = sizeof(**head);
	void *list;

	if (!thread)
		return -ESRCH;
	list = thread->robust_list;
	thread_put(thread);
	if (copy_to_program(len, &size, sizeof(size)))
		return -EFAULT;
	return copy_to_program(head, &list, sizeof(*head));
}
