/* SPDX-License-Identifier: BSD-2-Clause */
/* Wait queues, timed sleeps and the sleeping mutex. Whoever takes a thread out of its queue under
 * the queue's lock is the one that wakes it; a sleeper disarms its own timer once it runs again. */
#include "sched/wait.h"

#include "arch/x86/tsc.h"
#include "include/errno.h"
#include "include/panic.h"
#include "sched/run_queue.h"

/* Interrupts are off: a CPU that wakes this thread before it has left this one hands it back. */
static void block(struct thread *self, enum thread_state state, uint64_t deadline)
{
	WRITE_ONCE(self->state, state);
	if (deadline != WAIT_FOREVER)
		timer_arm(&self->timer, deadline);
}

/* Must a sleep that has just been made known to others end before it begins? Whoever has a signal
 * for this thread sets signals.work first and then looks for a sleep to end. */
static inline bool interrupted(const struct thread *self)
{
#ifdef CONFIG_SIGNALS
	if (IS_ENABLED(CONFIG_SMP))
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return unlikely(self->signals.work) && !self->signals.deaf;
#else
	(void)self;
	return false;
#endif
}

/* After the thread has been woken. */
static int unblock(struct thread *self, uint64_t deadline)
{
	if (deadline != WAIT_FOREVER)
		timer_cancel(&self->timer);
	return self->wake_error;
}

int wait_block_before(struct wait_queue *q, struct list *at, uint64_t deadline)
{
	struct thread *self = current_thread();

	DEBUG_ASSERT(self != this_cpu->idle);
	if (deadline != WAIT_FOREVER && clock_ns() >= deadline) {
		spin_unlock(&q->lock, 0);
		return -ETIMEDOUT;
	}
	list_add_before(at, &self->run);
	self->queue = q;
	block(self, THREAD_BLOCKED, deadline);
	if (interrupted(self)) {
		list_del(&self->run);
		self->queue = NULL;
		self->wake_error = -EINTR;
		self->state = THREAD_RUNNING;
		spin_unlock(&q->lock, 0);
	} else {
		spin_unlock(&q->lock, 0);
		schedule();
	}
	return unblock(self, deadline);
}

int wait_sleep(struct wait_queue *q, uint64_t deadline, uint64_t *flags)
{
	int error = wait_block(q, deadline);

	(void)flags; /* interrupts stay off until the caller's spin_unlock() */
	spin_lock(&q->lock);
	return error;
}

void wait_wake_thread(struct thread *thread, int wake_error)
{
	list_del(&thread->run);
	WRITE_ONCE(thread->queue, NULL);
	run_queue_wake(thread, wake_error);
}

unsigned wait_wake(struct wait_queue *q, unsigned n)
{
	unsigned woken = 0;

	while (woken < n && !list_empty(&q->waiters)) {
		wait_wake_thread(list_first(&q->waiters, struct thread, run), 0);
		woken++;
	}
	return woken;
}

/* A thread that sleeps in no queue is woken by whoever changes its state. */
static bool claim_sleeper(struct thread *thread)
{
#ifdef CONFIG_SMP
	enum thread_state sleeping = THREAD_SLEEPING;

	return __atomic_compare_exchange_n(&thread->state, &sleeping, THREAD_RUNNING, false,
	                                   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
#else
	return thread->state == THREAD_SLEEPING;
#endif
}

void thread_wake(struct thread *thread, int wake_error)
{
	uint64_t flags = irq_save();
	struct wait_queue *q = READ_ONCE(thread->queue);

	while (q) {
		spin_lock(&q->lock);
		if (thread->queue == q) {
			wait_wake_thread(thread, wake_error);
			spin_unlock(&q->lock, flags);
			return;
		}
		/* Woken by somebody else, or moved to another queue. */
		spin_unlock(&q->lock, 0);
		q = READ_ONCE(thread->queue);
	}
	if (claim_sleeper(thread))
		run_queue_wake(thread, wake_error);
	irq_restore(flags);
}

int thread_sleep_until(uint64_t ns)
{
	struct thread *self = current_thread();
	uint64_t flags = irq_save();
	int error = 0;

	if (clock_ns() < ns) {
		block(self, THREAD_SLEEPING, ns);
		if (interrupted(self) && claim_sleeper(self)) {
			self->wake_error = -EINTR;
			self->state = THREAD_RUNNING;
		} else {
			schedule();
		}
		error = unblock(self, ns);
	}
	irq_restore(flags);
	return error == -ETIMEDOUT ? 0 : error;
}

/* Signals that wait already do not keep it from sleeping: nobody looks at them before it has had its
 * turn. */
static int sleep_deaf(struct wait_queue *q, uint64_t *flags)
{
#ifdef CONFIG_SIGNALS
	struct thread *self = current_thread();
	int error;

	self->signals.deaf = true;
	error = wait_sleep(q, WAIT_FOREVER, flags);
	self->signals.deaf = false;
	return error;
#else
	return wait_sleep(q, WAIT_FOREVER, flags);
#endif
}

/* The mutex is handed over: whoever is woken owns it already. */
static inline void lock(struct mutex *m)
{
	uint64_t flags = spin_lock(&m->queue.lock);

	/* A signal wakes without handing over. */
	while (m->locked && sleep_deaf(&m->queue, &flags) != 0)
		;
	m->locked = 1;
	spin_unlock(&m->queue.lock, flags);
}

static inline bool try_lock(struct mutex *m)
{
	uint64_t flags = spin_lock(&m->queue.lock);
	bool taken = !m->locked;

	m->locked = 1;
	spin_unlock(&m->queue.lock, flags);
	return taken;
}

#ifdef CONFIG_LOCK_ORDER
void mutex_lock_at(struct mutex *m, struct lock_site *site)
{
	lock_order_check_none();
	lock_order_take_mutex(&current_thread()->mutexes, m, site, false);
	lock(m);
}

bool mutex_trylock_at(struct mutex *m, struct lock_site *site)
{
	if (!try_lock(m))
		return false;
	lock_order_take_mutex(&current_thread()->mutexes, m, site, true);
	return true;
}
#else
void mutex_lock(struct mutex *m)
{
	lock(m);
}

bool mutex_trylock(struct mutex *m)
{
	return try_lock(m);
}
#endif

void mutex_unlock(struct mutex *m)
{
	uint64_t flags;

#ifdef CONFIG_LOCK_ORDER
	lock_order_release_mutex(&current_thread()->mutexes, m);
#endif
	flags = spin_lock(&m->queue.lock);

	if (!wait_wake(&m->queue, 1))
		m->locked = 0;
	spin_unlock(&m->queue.lock, flags);
	if (flags & RFLAGS_IF)
		run_queue_check();
}
