/* SPDX-License-Identifier: BSD-2-Clause */
/* Futexes with priority inheritance: who owns one runs at least as urgently as whoever waits for it,
 * and so on along the chain of those who own what the owner waits for. The word holds the owner's
 * number (futex(2)); what the kernel knows of it, struct pi_lock, lasts as long as somebody waits.
 *
 * Everything is under one lock, that of futex_pi_queue, in which all waiters sleep; it comes after that
 * of a futex bucket. The order in which they get a lock is that of another list, per lock. */
#include <linux/futex.h>

#include "arch/x86/trap.h"
#include "include/errno.h"
#include "mm/heap.h"
#include "sched/futex.h"
#include "sched/futex_queue.h"
#include "sched/run_queue.h"

struct pi_lock {
	uint32_t *word;
	struct thread *owner;
	struct list waiters;   /* struct thread.pi.waits, most urgent first */
	struct list of_owner;  /* in the owner's pi.owns */
	struct list in_bucket; /* by word */
};

struct wait_queue futex_pi_queue;
static struct list pi_buckets[1 << CONFIG_FUTEX_HASH_BITS];

static struct thread *first_waiter(const struct pi_lock *pi)
{
	return list_first(&pi->waiters, struct thread, pi.waits);
}

uint64_t futex_pi_lock_all(void)
{
	uint64_t flags = spin_lock(&futex_pi_queue.lock);

	if (unlikely(!futex_pi_queue.waiters.next))
		list_init(&futex_pi_queue.waiters);
	return flags;
}

void futex_pi_unlock_all(uint64_t flags)
{
	spin_unlock(&futex_pi_queue.lock, flags);
	if (flags & RFLAGS_IF)
		run_queue_check();
}

static struct list *pi_bucket(const uint32_t *word)
{
	struct list *bucket = &pi_buckets[futex_hash(word)];

	if (unlikely(!bucket->next))
		list_init(bucket);
	return bucket;
}

static struct pi_lock *find(const uint32_t *word)
{
	struct list *bucket = pi_bucket(word);
	struct pi_lock *pi;

	list_for_each (pi, bucket, in_bucket)
		if (pi->word == word)
			return pi;
	return NULL;
}

/* Equals in the order in which they came. */
static void enqueue(struct pi_lock *pi, struct thread *thread)
{
	struct list *at = pi->waiters.prev;

	while (at != &pi->waiters &&
	       futex_urgency(list_entry(at, struct thread, pi.waits)) > futex_urgency(thread))
		at = at->prev;
	list_add_head(at, &thread->pi.waits);
}

/* Gives thread the urgency that it is due, and then the one whom it waits for, and so on: there are no
 * circles, since nobody begins to wait who would close one. */
static void update(struct thread *thread)
{
	for (struct pi_lock *pi; thread; thread = pi->owner) {
		unsigned due = thread->pi.base_priority;

		list_for_each (pi, &thread->pi.owns, of_owner)
			if (!list_empty(&pi->waiters))
				due = MIN(due, futex_urgency(first_waiter(pi)));
		if (due == futex_urgency(thread))
			return;
		thread_set_priority(thread, due);
		pi = thread->pi.lock;
		if (!pi)
			return;
		list_del(&thread->pi.waits);
		enqueue(pi, thread);
	}
}

void thread_set_base_priority(struct thread *thread, unsigned priority)
{
	uint64_t flags = futex_pi_lock_all();

	thread->pi.base_priority = (uint8_t)priority;
	update(thread);
	futex_pi_unlock_all(flags);
}

static void set_owner(struct pi_lock *pi, struct thread *owner)
{
	pi->owner = owner;
	list_add_tail(&owner->pi.owns, &pi->of_owner);
}

/* The last waiter has gone. */
static void forget(struct pi_lock *pi)
{
	list_del(&pi->of_owner);
	list_del(&pi->in_bucket);
	heap_free(pi);
}

/* Changes *word from *seen, unless it has changed meanwhile: then *seen is the new value. Returns 1
 * (done), 0 (changed) or -EFAULT. */
static int exchange(uint32_t *word, uint32_t *seen, uint32_t value)
{
	uint32_t expected = *seen;

	if (cmpxchg_program(word, seen, value))
		return -EFAULT;
	return *seen == expected;
}

/* Is thread among those whom owner waits for, or owner itself? */
static bool would_deadlock(const struct thread *thread, const struct thread *owner)
{
	while (owner != thread && owner->pi.lock)
		owner = owner->pi.lock->owner;
	return owner == thread;
}

/* What there is for a word that thread number tid owns and thread wants; made if there is nothing yet.
 * Returns 0, -ESRCH (no such thread, any more), -EINVAL (the word names another owner than the one
 * that waiters know of), -EDEADLK or -ENOMEM. */
static int pi_of(uint32_t *word, uint32_t tid, const struct thread *thread, struct pi_lock **found)
{
	struct pi_lock *pi = find(word);
	struct thread *owner;
	int error = 0;

	*found = pi;
	if (pi) {
		if ((uint32_t)pi->owner->tid != tid)
			return -EINVAL;
		return would_deadlock(thread, pi->owner) ? -EDEADLK : 0;
	}
	/* It cannot go away before it has been through futex_pi_exit(), which waits for the lock. */
	owner = thread_get((int)tid);
	if (!owner)
		return -ESRCH;
	if (owner->pi.exited)
		error = -ESRCH;
	else if (would_deadlock(thread, owner))
		error = -EDEADLK;
	else if (!(pi = heap_alloc(sizeof(*pi))))
		error = -ENOMEM;
	if (!error) {
		pi->word = word;
		list_init(&pi->waiters);
		set_owner(pi, owner);
		list_add_tail(pi_bucket(word), &pi->in_bucket);
		*found = pi;
	}
	thread_put(owner);
	return error;
}

/* Makes thread the owner of word if nobody is, or marks the word as waited for. Returns 1 (thread owns
 * it), 0 (*tid does), -EDEADLK (thread did already), -EINVAL (nobody does, but somebody waits for
 * that: the program has written to the word), or -EFAULT. Locked. */
static int take_or_mark(uint32_t *word, const struct thread *thread, uint32_t *tid, bool mark)
{
	uint32_t value;
	int done = 0;

	if (copy_from_program(&value, word, sizeof(value)))
		return -EFAULT;
	do {
		*tid = value & FUTEX_TID_MASK;
		if (*tid == (uint32_t)thread->tid)
			return -EDEADLK;
		if (!*tid && find(word))
			return -EINVAL;
		if (!*tid)
			done =
				exchange(word, &value, (value & ~(uint32_t)FUTEX_WAITERS) | (uint32_t)thread->tid);
		else if (!mark || value & FUTEX_WAITERS)
			return 0;
		else
			done = exchange(word, &value, value | FUTEX_WAITERS);
	} while (!done);
	return done < 0 ? done : !*tid;
}

int futex_pi_want(uint32_t *word, struct thread *thread)
{
	struct pi_lock *pi;
	uint32_t tid;
	int error = take_or_mark(word, thread, &tid, true);

	if (error == 0)
		error = pi_of(word, tid, thread, &pi);
	else
		return error;
	if (!error) {
		thread->pi.lock = pi;
		enqueue(pi, thread);
		update(pi->owner);
	}
	return error;
}

int futex_pi_end_wait(struct thread *self, int error)
{
	struct pi_lock *pi = self->pi.lock;
	struct thread *owner;

	if (!pi)
		return self->pi.result;
	owner = pi->owner;
	list_del(&self->pi.waits);
	self->pi.lock = NULL;
	if (list_empty(&pi->waiters))
		forget(pi);
	update(owner);
	return error;
}

int futex_lock_pi(uint32_t *word, uint64_t deadline, bool wait)
{
	struct thread *self = current_thread();
	uint64_t flags;
	uint32_t tid;
	int error;

	if (futex_misaligned(word))
		return -EINVAL;
	flags = futex_pi_lock_all();
	if (wait) {
		error = futex_pi_want(word, self);
	} else {
		error = take_or_mark(word, self, &tid, false);
		if (error == 0)
			error = -EAGAIN;
	}
	if (error == 0) {
		error = wait_block(&futex_pi_queue, deadline);
		futex_pi_lock_all();
		error = futex_pi_end_wait(self, error);
	}
	futex_pi_unlock_all(flags);
	return MIN(error, 0);
}

/* thread waits no more, and finds out with which result. A timeout or a signal may have woken it
 * already. */
static void release(struct thread *thread, int result)
{
	thread->pi.lock = NULL;
	thread->pi.result = result;
	if (thread->queue == &futex_pi_queue)
		wait_wake_thread(thread, 0);
}

/* Gives pi to its most urgent waiter, whose number the word gets along with bits. Locked. Returns 0 or
 * -EFAULT: then nothing has changed. */
static int hand_over(struct pi_lock *pi, uint32_t bits)
{
	struct thread *next = first_waiter(pi), *old = pi->owner;
	bool more = next->pi.waits.next != &pi->waiters;
	uint32_t value = (uint32_t)next->tid | bits | (more ? FUTEX_WAITERS : 0), seen = 0;
	int done;

	do
		done = exchange(pi->word, &seen, value | (seen & FUTEX_OWNER_DIED));
	while (!done);
	if (done < 0)
		return done;
	list_del(&next->pi.waits);
	if (more) {
		list_del(&pi->of_owner);
		set_owner(pi, next);
	} else {
		forget(pi);
	}
	release(next, 0);
	update(next);
	update(old);
	return 0;
}

int futex_unlock_pi(uint32_t *word)
{
	const uint32_t tid = (uint32_t)current_thread()->tid;
	struct pi_lock *pi;
	uint64_t flags;
	uint32_t value;
	int error;

	if (futex_misaligned(word))
		return -EINVAL;
	flags = futex_pi_lock_all();
	pi = find(word);
	if (copy_from_program(&value, word, sizeof(value)))
		error = -EFAULT;
	else if ((value & FUTEX_TID_MASK) != tid)
		error = -EPERM;
	else if (pi)
		error = pi->owner == current_thread() ? hand_over(pi, 0) : -EINVAL;
	else
		while ((error = exchange(word, &value, 0)) == 0)
			;
	futex_pi_unlock_all(flags);
	return MIN(error, 0);
}

int futex_pi_abandon(uint32_t *word)
{
	struct thread *self = current_thread();
	uint64_t flags = futex_pi_lock_all();
	struct pi_lock *pi = find(word);
	uint32_t value;
	int error = copy_from_program(&value, word, sizeof(value)) ? -EFAULT : 0;

	while (!error && (value & FUTEX_TID_MASK) == (uint32_t)self->tid) {
		if (pi && pi->owner == self) {
			error = hand_over(pi, FUTEX_OWNER_DIED);
			break;
		}
		error = exchange(word, &value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
	}
	futex_pi_unlock_all(flags);
	return MIN(error, 0);
}

void futex_pi_exit(void)
{
	struct thread *self = current_thread();
	uint64_t flags = futex_pi_lock_all();

	self->pi.exited = true;
	while (!list_empty(&self->pi.owns)) {
		struct pi_lock *pi = list_first(&self->pi.owns, struct pi_lock, of_owner);

		if (hand_over(pi, FUTEX_OWNER_DIED) == 0)
			continue;
		/* The word is gone. */
		while (!list_empty(&pi->waiters)) {
			struct thread *thread = first_waiter(pi);

			list_del(&thread->pi.waits);
			release(thread, -EFAULT);
		}
		forget(pi);
	}
	futex_pi_unlock_all(flags);
}
