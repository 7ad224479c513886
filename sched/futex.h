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

/* Wakes up to n waiters of word, longest waiting first. Returns how many, or -EINVAL. Any
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

#endif
