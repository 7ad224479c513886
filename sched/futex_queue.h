/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside sched/: what the files about futexes share. */
#ifndef PAGURUS_SCHED_FUTEX_QUEUE_H
#define PAGURUS_SCHED_FUTEX_QUEUE_H

#include "include/types.h"
#include "sched/thread.h"
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

/* The run queue that thread stands in when it is ready, 0 the most urgent. */
static inline unsigned futex_urgency(const struct thread *thread)
{
#ifdef CONFIG_SMP
	return thread->wanted;
#else
	return thread->priority;
#endif
}

/* Where in a bucket, locked, a real-time thread that begins to wait belongs: behind those at least as
 * urgent, before all others. */
struct list *futex_place_real_time(struct wait_queue *q, unsigned urgency);

/* The same for any thread: ordinary ones go to the end, and cost nothing. */
static inline struct list *futex_place(struct wait_queue *q, const struct thread *thread)
{
	unsigned urgency = futex_urgency(thread);

	return likely(urgency >= PRIORITY_DEFAULT) ? &q->waiters : futex_place_real_time(q, urgency);
}

/* The queue of those who wait for word, among others, locked. */
struct wait_queue *futex_lock_bucket(const uint32_t *word, uint64_t *flags);

/* 0 where the word has that value, -EAGAIN where it has not, -EFAULT. */
int futex_compare(const uint32_t *word, uint32_t expected);

/* sched/futex_vector.c: threads that wait for several futexes at once (CONFIG_FUTEX_WAITV). Wakes up to
 * n of those that wait for word with a bit of bitset, behind all that wait for it alone. word's bucket
 * is locked. Returns how many. */
#ifdef CONFIG_FUTEX_WAITV
extern unsigned futex_vector_entries; /* of all threads */
unsigned futex_vector_wake(const uint32_t *word, unsigned n);
#endif

static inline unsigned futex_wake_vectors(const uint32_t *word, unsigned n)
{
#ifdef CONFIG_FUTEX_WAITV
	if (unlikely(__atomic_load_n(&futex_vector_entries, __ATOMIC_RELAXED)))
		return futex_vector_wake(word, n);
#endif
	(void)word;
	(void)n;
	return 0;
}

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
