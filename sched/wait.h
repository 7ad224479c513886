/* SPDX-License-Identifier: BSD-2-Clause */
/* Wait queues and the sleeping mutex. The pattern:
 *
 *	flags = spin_lock(&queue->lock);
 *	while (!condition)
 *		if ((err = wait_sleep(queue, deadline, &flags)))
 *			break;
 *	spin_unlock(&queue->lock, flags);
 */
#ifndef PAGURUS_SCHED_WAIT_H
#define PAGURUS_SCHED_WAIT_H

#include "arch/x86/spinlock.h"
#include "include/types.h"
#include "lib/list.h"

struct thread;

#define WAIT_FOREVER UINT64_MAX

struct wait_queue {
	struct spinlock lock;
	struct list waiters;
};

#define WAIT_QUEUE_INIT(name) { .waiters = LIST_INIT((name).waiters) }

static inline void wait_queue_init(struct wait_queue *q)
{
	*q = (struct wait_queue)WAIT_QUEUE_INIT(*q);
}

/* Sleeps in q until woken or until clock_ns() >= deadline. q->lock is held on entry and on return
 * and released in between. Returns 0 (woken), -ETIMEDOUT, or -EINTR. Only from threads. */
int wait_sleep(struct wait_queue *q, uint64_t deadline, uint64_t *flags);

/* The same for who does not want the lock back: it is released, interrupts stay off. Joins the queue
 * before at, one of its nodes. */
int wait_block_before(struct wait_queue *q, struct list *at, uint64_t deadline);

/* The same, at the queue's end. */
static inline int wait_block(struct wait_queue *q, uint64_t deadline)
{
	return wait_block_before(q, &q->waiters, deadline);
}

/* Wakes one waiter; its queue's lock is held. wake_error is what its sleep returns. */
void wait_wake_thread(struct thread *thread, int wake_error);

/* Wakes up to n waiters, longest waiting first; q->lock held. Returns how many. Any context. */
unsigned wait_wake(struct wait_queue *q, unsigned n);

/* Sleeping mutex: no owner may take it twice, no use from interrupts. */
struct mutex {
	uint32_t locked;
	struct wait_queue queue;
};

#define MUTEX_INIT(name) { .queue = WAIT_QUEUE_INIT((name).queue) }

#ifdef CONFIG_LOCK_ORDER
void mutex_lock_at(struct mutex *m, struct lock_site *site);
bool mutex_trylock_at(struct mutex *m, struct lock_site *site);
#define mutex_lock(m) mutex_lock_at(m, LOCK_SITE(#m))
#define mutex_trylock(m) mutex_trylock_at(m, LOCK_SITE(#m))
#else
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
#endif
void mutex_unlock(struct mutex *m);

#endif
