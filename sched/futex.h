/* SPDX-License-Identifier: BSD-2-Clause */
/* Futexes, as futex(2) has them, on hashed wait queues. Addresses are the key: there is one address
 * space. The word is read with faults caught: -EFAULT. */
#ifndef PAGURUS_SCHED_FUTEX_H
#define PAGURUS_SCHED_FUTEX_H

#include "include/types.h"

#define FUTEX_ANY 0xffffffffU

/* Sleeps while *word == expected, until woken with a bitset that has a bit in common, or until
 * clock_ns() >= deadline. Returns 0, -EAGAIN (*word differs), -ETIMEDOUT, -EINTR, -EFAULT, -EINVAL. */
int futex_wait(uint32_t *word, uint32_t expected, uint32_t bitset, uint64_t deadline);

/* Wakes up to n waiters of word. Returns how many, or -EINVAL. */
int futex_wake(uint32_t *word, unsigned n, uint32_t bitset);

/* FUTEX_CMP_REQUEUE (compare != NULL) and FUTEX_REQUEUE: wakes up to wake waiters of from and moves
 * up to move more to to. Returns how many were woken or moved, -EAGAIN, -EFAULT. */
int futex_requeue(uint32_t *from, unsigned wake, uint32_t *to, unsigned move,
                  const uint32_t *compare);

#endif
