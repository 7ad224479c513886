/* SPDX-License-Identifier: BSD-2-Clause */
/* Condition variables of mutexes with priority inheritance: threads that wait for one futex are moved
 * on to another that has an owner, and return when they own it. */
#include "arch/x86/trap.h"
#include "include/errno.h"
#include "sched/futex.h"
#include "sched/futex_queue.h"
#include "sched/run_queue.h"

int futex_wait_requeue_pi(uint32_t *word, uint32_t expected, uint64_t deadline, uint32_t *target)
{
	struct thread *self = current_thread();
	uint64_t flags;
	int error;

	if (futex_misaligned(target) || word == target)
		return -EINVAL;
	self->pi.target = target;
	error = futex_wait(word, expected, FUTEX_ANY, deadline);
	flags = futex_pi_lock_all();
	if (!self->pi.target)
		error = futex_pi_end_wait(self, error);
	else if (error == 0 || error == -EINTR)
		error = -EAGAIN;
	self->pi.target = NULL;
	futex_pi_unlock_all(flags);
	return error;
}

/* thread, which sleeps in a bucket, becomes the owner of its target or waits for that. All locked.
 * Returns 1, 0 or an error. */
static int requeue(struct thread *thread)
{
	int done = futex_pi_want(thread->pi.target, thread);

	if (done < 0)
		return done;
	thread->pi.target = NULL;
	if (done) {
		thread->pi.result = 0;
		wait_wake_thread(thread, 0);
	} else {
		list_del(&thread->run);
		list_add_tail(&futex_pi_queue.waiters, &thread->run);
		WRITE_ONCE(thread->queue, &futex_pi_queue);
	}
	return done;
}

/* Those of bucket that wait for from. All locked. */
static int requeue_some(struct wait_queue *bucket, const uint32_t *from, uint32_t *to, unsigned n)
{
	struct thread *thread, *next;
	unsigned count = 0;
	int error = 0;

	list_for_each_safe (thread, next, &bucket->waiters, run) {
		if (thread->futex_key != from)
			continue;
		if (count == n)
			break;
		error = thread->pi.target == to ? requeue(thread) : -EINVAL;
		if (error < 0)
			break;
		count++;
	}
	return count ? (int)count : MIN(error, 0);
}

int futex_cmp_requeue_pi(uint32_t *from, uint32_t *to, unsigned move, uint32_t expected)
{
	struct wait_queue *bucket;
	uint64_t flags;
	int result;

	if (futex_misaligned(from) || futex_misaligned(to) || from == to)
		return -EINVAL;
	bucket = futex_lock_bucket(from, &flags);
	result = futex_compare(from, expected);
	if (!result) {
		futex_pi_lock_all();
		result = requeue_some(bucket, from, to, move >= UINT32_MAX - 1 ? move : move + 1);
		futex_pi_unlock_all(0);
	}
	spin_unlock(&bucket->lock, flags);
	if (flags & RFLAGS_IF)
		run_queue_check();
	return result;
}
