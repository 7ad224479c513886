/* SPDX-License-Identifier: BSD-2-Clause */
/* Futexes: waiters hang in hashed wait queues, each with the address that it waits for. The word is
 * compared under the queue's lock, and every wake takes that lock, so no wake is lost between the
 * comparison and the sleep. */
#include "sched/futex.h"

#include <linux/futex.h>

#include "arch/x86/trap.h"
#include "include/errno.h"
#include "sched/futex_queue.h"
#include "sched/run_queue.h"

static struct wait_queue buckets[1UL << CONFIG_FUTEX_HASH_BITS];

static struct wait_queue *bucket(const uint32_t *word)
{
	return &buckets[futex_hash(word)];
}

/* Buckets are set up when first used, so that they cost nothing at boot. */
static uint64_t lock_bucket(struct wait_queue *q)
{
	uint64_t flags = spin_lock(&q->lock);

	if (unlikely(!q->waiters.next))
		list_init(&q->waiters);
	return flags;
}

/* Two buckets, which may be the same, in one order for everybody. */
static uint64_t lock_two(struct wait_queue *a, struct wait_queue *b)
{
	uint64_t flags = lock_bucket(MIN(a, b));

	if (a != b)
		lock_bucket(MAX(a, b));
	return flags;
}

static void unlock_two(struct wait_queue *a, struct wait_queue *b, uint64_t flags)
{
	if (a != b)
		spin_unlock(&MAX(a, b)->lock, 0);
	spin_unlock(&MIN(a, b)->lock, flags);
	if (flags & RFLAGS_IF)
		run_queue_check();
}

struct wait_queue *futex_lock_bucket(const uint32_t *word, uint64_t *flags)
{
	struct wait_queue *q = bucket(word);

	*flags = lock_bucket(q);
	return q;
}

int futex_compare(const uint32_t *word, uint32_t expected)
{
	uint32_t value;

	if (copy_from_program(&value, word, sizeof(value)))
		return -EFAULT;
	return value == expected ? 0 : -EAGAIN;
}

struct list *futex_place_real_time(struct wait_queue *q, unsigned urgency)
{
	struct list *at = q->waiters.next;

	while (at != &q->waiters && futex_urgency(list_entry(at, struct thread, run)) <= urgency)
		at = at->next;
	return at;
}

int futex_wait(uint32_t *word, uint32_t expected, uint32_t bitset, uint64_t deadline)
{
	struct wait_queue *q = bucket(word);
	struct thread *self = current_thread();
	uint64_t flags;
	int error;

	if (futex_misaligned(word) || !bitset)
		return -EINVAL;
	flags = lock_bucket(q);
	error = futex_compare(word, expected);
	if (error) {
		spin_unlock(&q->lock, flags);
		return error;
	}
	self->futex_key = word;
	self->futex_bitset = bitset;
	error = wait_block_before(q, futex_place(q, self), deadline);
	irq_restore(flags);
	return error;
}

/* Locked. */
static unsigned wake_locked(struct wait_queue *q, const uint32_t *word, unsigned n, uint32_t bitset)
{
	struct thread *thread, *next;
	unsigned woken = 0;

	if (!n)
		return 0;
	list_for_each_safe (thread, next, &q->waiters, run) {
		if (thread->futex_key != word || !(thread->futex_bitset & bitset))
			continue;
		wait_wake_thread(thread, 0);
		if (++woken == n)
			return woken;
	}
	return woken + futex_wake_vectors(word, n - woken);
}

int futex_wake(uint32_t *word, unsigned n, uint32_t bitset)
{
	struct wait_queue *q = bucket(word);
	uint64_t flags;
	unsigned woken;

	if (futex_misaligned(word) || !bitset)
		return -EINVAL;
	flags = lock_bucket(q);
	woken = wake_locked(q, word, n, bitset);
	unlock_two(q, q, flags);
	return (int)woken;
}

int futex_requeue(uint32_t *from, unsigned wake, uint32_t *to, unsigned move,
                  const uint32_t *expected)
{
	struct wait_queue *source = bucket(from), *target = bucket(to);
	struct thread *thread, *next;
	unsigned woken, moved = 0;
	uint64_t flags;
	int error;

	if (futex_misaligned(from) || futex_misaligned(to))
		return -EINVAL;
	flags = lock_two(source, target);
	error = expected ? futex_compare(from, *expected) : 0;
	if (error) {
		unlock_two(source, target, flags);
		return error;
	}
	woken = wake_locked(source, from, wake, FUTEX_ANY);
	list_for_each_safe (thread, next, &source->waiters, run) {
		if (moved == move || from == to)
			break;
		if (thread->futex_key != from)
			continue;
		list_del(&thread->run);
		list_add_before(futex_place(target, thread), &thread->run);
		thread->futex_key = to;
		thread->queue = target;
		moved++;
	}
	/* These are woken instead. */
	if (moved < move && from != to)
		moved += futex_wake_vectors(from, move - moved);
	unlock_two(source, target, flags);
	return (int)(woken + moved);
}

/* The 12-bit arguments of FUTEX_OP() are signed. */
static int32_t sign_extend_12(uint32_t value)
{
	return (int32_t)(value << 20) >> 20;
}

/* What FUTEX_OP()'s operation makes of old. Returns 0 or -ENOSYS. */
static int apply_op(uint32_t op, uint32_t old, uint32_t *new)
{
	uint32_t arg = (uint32_t)sign_extend_12(op >> 12 & 0xfff);

	if (op >> 28 & FUTEX_OP_OPARG_SHIFT)
		arg = 1U << (arg & 31);
	switch (op >> 28 & 7) {
	case FUTEX_OP_SET:
		*new = arg;
		return 0;
	case FUTEX_OP_ADD:
		*new = old + arg;
		return 0;
	case FUTEX_OP_OR:
		*new = old | arg;
		return 0;
	case FUTEX_OP_ANDN:
		*new = old & ~arg;
		return 0;
	case FUTEX_OP_XOR:
		*new = old ^ arg;
		return 0;
	default:
		return -ENOSYS;
	}
}

/* FUTEX_OP()'s comparison. Returns 0, 1, or -ENOSYS. */
static int compare_op(uint32_t op, uint32_t old)
{
	int32_t value = (int32_t)old, arg = sign_extend_12(op & 0xfff);

	switch (op >> 24 & 0xf) {
	case FUTEX_OP_CMP_EQ:
		return value == arg;
	case FUTEX_OP_CMP_NE:
		return value != arg;
	case FUTEX_OP_CMP_LT:
		return value < arg;
	case FUTEX_OP_CMP_LE:
		return value <= arg;
	case FUTEX_OP_CMP_GT:
		return value > arg;
	case FUTEX_OP_CMP_GE:
		return value >= arg;
	default:
		return -ENOSYS;
	}
}

/* Does the operation on *word. Returns whether the old value passes the comparison, or -errno. */
static int modify(uint32_t *word, uint32_t op)
{
	uint32_t old, seen, new;
	int error = compare_op(op, 0);

	if (error >= 0)
		error = copy_from_program(&old, word, sizeof(old));
	while (error >= 0) {
		error = apply_op(op, old, &new);
		if (error)
			break;
		seen = old;
		error = cmpxchg_program(word, &seen, new);
		if (!error && seen == old)
			return compare_op(op, old);
		old = seen;
	}
	return error;
}

int futex_wake_op(uint32_t *word, unsigned n, uint32_t *other, unsigned n_other, uint32_t op)
{
	struct wait_queue *q = bucket(word), *p = bucket(other);
	unsigned woken;
	uint64_t flags;
	int passes;

	if (futex_misaligned(word) || futex_misaligned(other))
		return -EINVAL;
	flags = lock_two(q, p);
	passes = modify(other, op);
	if (passes < 0) {
		unlock_two(q, p, flags);
		return passes;
	}
	woken = wake_locked(q, word, n, FUTEX_ANY);
	if (passes)
		woken += wake_locked(p, other, n_other, FUTEX_ANY);
	unlock_two(q, p, flags);
	return (int)woken;
}
