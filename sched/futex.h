/* SPDX-License-Identifier: BSD-2-Clause */
/* Futexes, as futex(2) has them, on hashed wait queues. Addresses are the key: there is one address
 * space. The word is read with faults caught: -EFAULT. A misaligned address is -EINVAL. */
#ifndef PAGURUS_SCHED_FUTEX_H
#define PAGURUS_SCHED_FUTEX_H

#include "include/types.h"

#define FUTEX_ANY 0xffffffffU

/* Sleeps while *word == expected, until woken with a bitset that has a bit in common, or until
 * clock_ns() >= deadline. Returns 0, -EAGAIN (*word differs), -ETIMEDOUT, -EINTR, -EFAULT,
 * -EINVAL. */
int futex_wait(uint32_t *word, uint32_t expected, uint32_t bitset, uint64_t deadline);

/* Wakes up to n waiters of word: real-time threads, the most urgent first, then the others; of equals,
 * the one that has waited longest. What counts is how urgent they were when they began. Returns how many, or -EINVAL. Any
 * context. */
int futex_wake(uint32_t *word, unsigned n, uint32_t bitset);

/* FUTEX_CMP_REQUEUE (expected != NULL) and FUTEX_REQUEUE: wakes up to wake waiters of from and
 * moves up to move more to to. Returns how many were woken or moved, -EAGAIN (*from is not
 * *expected), -EFAULT. */
int futex_requeue(uint32_t *from, unsigned wake, uint32_t *to, unsigned move,
                  const uint32_t *expected);

/* FUTEX_WAKE_OP: does op (as FUTEX_OP() encodes it) on *other, wakes up to n waiters of word,
 * and up to n_other of other if its old value passes op's comparison. Returns how many, -EFAULT,
 * or -ENOSYS (unknown operation). */
int futex_wake_op(uint32_t *word, unsigned n, uint32_t *other, unsigned n_other, uint32_t op);

/* futex_waitv (CONFIG_FUTEX_WAITV): sleeps while each of count words has the value that is expected of
 * it, until a wake for one of them. Who waits like this is woken behind those that wait for a word
 * alone. Returns the index of one that was woken, -EAGAIN (one differs), -ETIMEDOUT, -EINTR, -EFAULT,
 * -EINVAL (misaligned) or -ENOMEM. */
#define FUTEX_VECTOR_MAX 128
struct futex_vector_word {
	uint32_t *word;
	uint32_t expected;
};
int futex_wait_vector(const struct futex_vector_word *words, unsigned count, uint64_t deadline);

/* Futexes with priority inheritance (CONFIG_FUTEX_PI): the word is 0 or the owner's number with
 * FUTEX_WAITERS and FUTEX_OWNER_DIED. Threads only.
 *
 * Makes the caller the owner, waiting until clock_ns() >= deadline unless wait is false. Returns 0,
 * -EAGAIN (wait is false), -ETIMEDOUT, -EINTR, -EDEADLK (the caller owns it, or what the owner waits
 * for), -ESRCH (the owner has exited), -EINVAL (word does not fit to what others said of it),
 * -ENOMEM, -EFAULT. */
int futex_lock_pi(uint32_t *word, uint64_t deadline, bool wait);

/* Hands the futex to the most urgent waiter. Returns 0, -EPERM (the caller is not the owner), -EINVAL,
 * -EFAULT. */
int futex_unlock_pi(uint32_t *word);

/* Waits like futex_wait() until futex_cmp_requeue_pi() says that the caller is to own target, and then
 * until it does. Returns 0 where it owns target, -EAGAIN (*word differs, or woken otherwise),
 * -ETIMEDOUT, and what futex_lock_pi() returns. */
int futex_wait_requeue_pi(uint32_t *word, uint32_t expected, uint64_t deadline, uint32_t *target);

/* Lets one of those become the owner of to, or wait for it, and up to move more. Returns how many,
 * -EAGAIN (*from is not expected), -EINVAL (they want another target), or what futex_lock_pi() has. */
int futex_cmp_requeue_pi(uint32_t *from, uint32_t *to, unsigned move, uint32_t expected);

/* The caller, exiting, gives up word, if it owns it. Returns 0 or -EFAULT. */
int futex_pi_abandon(uint32_t *word);

/* And all the others that somebody waits for. */
void futex_pi_exit(void);

#endif
