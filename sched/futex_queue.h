/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside sched/: what the files about futexes share. */
#ifndef PAGURUS_SCHED_FUTEX_QUEUE_H
#define PAGURUS_SCHED_FUTEX_QUEUE_H

#include "include/types.h"
#include "sched/wait.h"

#define GOLDEN_RATIO 0x9e3779b97f4a7c15UL /* 2^64 / phi: spreads neighbouring addresses */

/* The number of word's bucket. */
static inline uint64_t futex_hash(const uint32_t *word)
{
	return (uint64_t)word * GOLDEN_RATIO >> (64 - CONFIG_FUTEX_HASH_BITS);
}

static inline bool futex_misaligned(const uint32_t *word)
{
	return !IS_ALIGNED((uint64_t)word, sizeof(*word));
}

/* The queue of those who wait for word, among others, locked. */
struct wait_queue *futex_lock_bucket(const uint32_t *word, uint64_t *flags);

/* 0 where the word has that value, -EAGAIN where it has not, -EFAULT. */
int futex_compare(const uint32_t *word, uint32_t expected);

/* sched/futex_pi.c, to sched/futex_requeue_pi.c. Here all those sleep who wait for a futex with
 * priority inheritance; its lock, which comes after a bucket's, is that of all of them. */
extern struct wait_queue futex_pi_queue;
uint64_t futex_pi_lock_all(void);
void futex_pi_unlock_all(uint64_t flags);

/* Makes thread the owner of word if nobody is: returns 1. Or enters it among those who wait for it,
 * where it has to sleep in futex_pi_queue: 0. Or returns what futex_lock_pi() does. Locked. */
int futex_pi_want(uint32_t *word, struct thread *thread);

/* The calling thread has slept there, which ended with error. Locked. Returns 0 where it owns the futex
 * now, else an error. */
int futex_pi_end_wait(struct thread *self, int error);

#endif
