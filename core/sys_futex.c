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

#ifdef CONFIG_FUTEX_PI
static long lock_pi(uint32_t *word, const struct timespec64 *timeout, bool wall)
{
	uint64_t deadline;
	long error = futex_deadline(timeout, false, wall, &deadline);

	if (error)
		return error;
	do {
		error = futex_lock_pi(word, deadline, true);
	} while (error == -EINTR && !signal_interrupted());
	return error;
}

static long wait_requeue_pi(uint32_t *word, uint32_t value, const struct timespec64 *timeout,
                            bool wall, uint32_t *target)
{
	uint64_t deadline;
	long error = futex_deadline(timeout, false, wall, &deadline);

	return error ? error : futex_wait_requeue_pi(word, value, deadline, target);
}
#endif

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
#ifdef CONFIG_FUTEX_PI
	case FUTEX_LOCK_PI:
		return lock_pi(word, timeout, true);
	case FUTEX_LOCK_PI2:
		return lock_pi(word, timeout, wall);
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(word, WAIT_FOREVER, false);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(word);
	case FUTEX_WAIT_REQUEUE_PI:
		return wait_requeue_pi(word, value, timeout, wall, other);
	case FUTEX_CMP_REQUEUE_PI:
		return value == 1 ? futex_cmp_requeue_pi(word, other, count_in(timeout), value3) : -EINVAL;
#endif
	default: /* what nobody uses */
		return -ENOSYS;
	}
}

#ifdef CONFIG_FUTEX_WAITV
long sys_futex_waitv(const struct futex_waitv *user, unsigned count, unsigned flags,
                     const struct timespec64 *timeout, int clock);

/* Checks a call's vector. */
static long copy_vector(const struct futex_waitv *user, unsigned count,
                        struct futex_vector_word *words)
{
	const uint32_t known = FUTEX_32 | FUTEX_PRIVATE_FLAG;

	for (unsigned i = 0; i < count; i++) {
		struct futex_waitv w;

		if (copy_from_program(&w, &user[i], sizeof(w)))
			return -EFAULT;
		if (w.__reserved || w.flags & ~known || !(w.flags & FUTEX_32))
			return -EINVAL;
		words[i].word = (uint32_t *)w.uaddr;
		words[i].expected = (uint32_t)w.val;
	}
	return 0;
}

long sys_futex_waitv(const struct futex_waitv *user, unsigned count, unsigned flags,
                     const struct timespec64 *timeout, int clock)
{
	struct futex_vector_word words[FUTEX_VECTOR_MAX];
	uint64_t deadline;
	long error;

	if (flags || !count || count > FUTEX_VECTOR_MAX || !user)
		return -EINVAL;
	if (timeout && clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)
		return -EINVAL;
	error = futex_deadline(timeout, false, clock == CLOCK_REALTIME, &deadline);
	if (!error)
		error = copy_vector(user, count, words);
	if (error)
		return error;
	do {
		error = futex_wait_vector(words, count, deadline);
	} while (error == -EINTR && !signal_interrupted());
	return error;
}
#endif

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
