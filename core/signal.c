/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending and taking signals: what is done about each, which wait, who takes them. One lock guards
 * all of it. A signal to the program waits in the shared set, and one thread that does not block it
 * is told; which one takes it in the end is decided when it is taken. */
#include "core/signal_state.h"

#include <asm/poll.h>

#include "arch/x86/smp.h"
#include "include/errno.h"
#include "lib/string.h"

/* Of sa_flags; a C library finds out by the others that they are not there. */
#define FLAGS_KNOWN                                                                                \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER |             \
	 SA_RESETHAND | SA_RESTORER)

struct spinlock signal_lock;
struct pending_signals signal_shared;
#ifdef CONFIG_EVENT_FILES
struct watch_head signal_watch = WATCH_HEAD_INIT(signal_watch);
#endif
uint32_t signal_work;

static struct signal_action actions[SIGNALS];

static bool ignored_by_default(int signal)
{
	return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
}

static bool is_ignored(int signal)
{
	uint64_t handler = actions[signal - 1].handler;

	return handler == HANDLER_IGNORE || (handler == HANDLER_DEFAULT && ignored_by_default(signal));
}

static void set_work(struct thread *thread, bool work)
{
	if (thread->signals.work == work)
		return;
	thread->signals.work = work;
	__atomic_fetch_add(&signal_work, work ? 1 : -1, __ATOMIC_SEQ_CST);
}

/* What thread would take if it looked now. */
static uint64_t deliverable(const struct thread *thread)
{
	return (thread->signals.pending.set | signal_shared.set) &
	       (~thread->signal_mask | thread->signals.awaited);
}

void signal_update(bool wanted)
{
	struct thread *self = current_thread();

	set_work(self, wanted || self->signals.dying || deliverable(self));
}

/* thread has something to take: it does so before it runs program code again. On whatever CPU it
 * arrives after this, it looks; where it is now it may have looked already. */
static void notify(struct thread *thread)
{
	set_work(thread, true);
	thread_wake(thread, -EINTR);
#ifdef CONFIG_SMP
	if (READ_ONCE(thread->state) == THREAD_RUNNING && READ_ONCE(thread->cpu) != cpu_id())
		cpu_request(READ_ONCE(thread->cpu), CPU_REQUEST_SIGNAL);
#endif
}

static bool takes(struct thread *thread, uint64_t bit)
{
	return !thread->kernel && !thread->signals.closed &&
	       (~thread->signal_mask | thread->signals.awaited) & bit;
}

/* Finds takers for what waits for the program, after the caller has stopped taking bits. Locked. */
static void pass_on(uint64_t bits)
{
	bits &= signal_shared.set;
	while (bits) {
		struct thread *thread = thread_select(takes, bits & -bits);

		if (thread)
			notify(thread);
		bits &= bits - 1;
	}
}

/* An ignored signal is kept only where somebody blocks it or waits for it, who may yet want it. */
static bool keeps(struct thread *thread, uint64_t bit)
{
	return !thread->kernel && !thread->signals.closed &&
	       (thread->signal_mask | thread->signals.awaited) & bit;
}

static bool is_dropped(struct thread *thread, int signal)
{
	uint64_t bit = SIGNAL_BIT(signal);

	if (!is_ignored(signal))
		return false;
	return thread ? !keeps(thread, bit) : !thread_select(keeps, bit);
}

/* Locked. */
static int send(struct thread *thread, const struct siginfo *info, struct queued_signal *own)
{
	struct thread *taker = thread;
	int error;

	if (thread && (thread->kernel || thread->signals.closed))
		return -ESRCH;
	if (is_dropped(thread, info->si_signo))
		return 0;
	error = pending_add(thread ? &thread->signals.pending : &signal_shared, info, own);
	if (error)
		return error;
	if (!thread)
		taker = thread_select(takes, SIGNAL_BIT(info->si_signo));
	if (taker && takes(taker, SIGNAL_BIT(info->si_signo)))
		notify(taker);
	return 0;
}

int signal_send(struct thread *thread, const struct siginfo *info, struct queued_signal *own)
{
	uint64_t flags = spin_lock(&signal_lock);
	int error = send(thread, info, own);

	spin_unlock(&signal_lock, flags);
#ifdef CONFIG_EVENT_FILES
	watch_notify(&signal_watch, POLLIN);
#endif
	return error;
}

int signal_send_tid(int tid, const struct siginfo *info, struct queued_signal *own)
{
	struct thread *thread = thread_get(tid);
	int error;

	if (!thread)
		return -ESRCH;
	error = signal_send(thread, info, own);
	thread_put(thread);
	return error;
}

void signal_from_console(int signal)
{
	const struct siginfo info = { .si_signo = signal, .si_code = SI_KERNEL };

	signal_send(NULL, &info, NULL);
}

/* For thread_select(): forgets what waits in thread of set. */
static bool flush(struct thread *thread, uint64_t set)
{
	pending_flush(&thread->signals.pending, set);
	return false;
}

void signal_action_swap(int signal, const struct signal_action *action, struct signal_action *old)
{
	uint64_t flags = spin_lock(&signal_lock);

	*old = actions[signal - 1];
	if (action) {
		actions[signal - 1] = *action;
		actions[signal - 1].flags &= FLAGS_KNOWN;
		actions[signal - 1].mask &= ~SIGNALS_UNSTOPPABLE;
		if (is_ignored(signal)) {
			pending_flush(&signal_shared, SIGNAL_BIT(signal));
			thread_select(flush, SIGNAL_BIT(signal));
			signal_update(false);
		}
	}
	spin_unlock(&signal_lock, flags);
}

bool signal_is_caught(int signal)
{
	return actions[signal - 1].handler > HANDLER_IGNORE &&
	       !(current_thread()->signal_mask & SIGNAL_BIT(signal));
}

void signal_mask_set(uint64_t mask)
{
	struct thread *self = current_thread();
	uint64_t more;

	mask &= ~SIGNALS_UNSTOPPABLE;
	more = mask & ~self->signal_mask;
	self->signal_mask = mask;
	signal_update(false);
	if (more & signal_shared.set)
		pass_on(more);
}

/* Takes signal out of pending or the shared set. */
static void take(struct pending_signals *pending, int signal, struct siginfo *info)
{
	struct queued_signal *own = pending_take(pending, signal, info);

	if (own)
		posix_timer_taken(own, info);
}

int signal_take_of(uint64_t set, struct siginfo *info)
{
	struct pending_signals *pending = &current_thread()->signals.pending;
	int signal = pending_first(pending, set);

	if (!signal) {
		pending = &signal_shared;
		signal = pending_first(pending, set);
	}
	if (signal)
		take(pending, signal, info);
	return signal;
}

void signal_action_take(int signal, struct signal_action *action)
{
	*action = actions[signal - 1];
	if (action->flags & SA_RESETHAND && action->handler > HANDLER_IGNORE)
		actions[signal - 1].handler = HANDLER_DEFAULT;
}

int signal_take(struct siginfo *info, struct signal_action *action)
{
	struct thread *self = current_thread();
	int signal;

	do {
		signal = signal_take_of(~self->signal_mask, info);
	} while (signal && is_ignored(signal));
	if (signal)
		signal_action_take(signal, action);
	return signal;
}

/* Takes out what the caller would only ignore. Locked. */
static void drop_ignored(void)
{
	struct thread *self = current_thread();
	uint64_t set = deliverable(self) & ~self->signals.awaited;
	struct siginfo info;

	for (; set; set &= set - 1) {
		int signal = __builtin_ctzl(set) + 1;

		while (is_ignored(signal) && signal_take_of(SIGNAL_BIT(signal), &info))
			;
	}
}

bool signal_interrupted(void)
{
	uint64_t flags = spin_lock(&signal_lock);
	bool work;

	drop_ignored();
	signal_update(false);
	work = current_thread()->signals.work;
	spin_unlock(&signal_lock, flags);
	return work;
}

long signal_mask_borrow(const uint64_t *user, size_t size)
{
	struct thread *self = current_thread();
	uint64_t mask, flags;

	if (!user)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (copy_from_program(&mask, user, sizeof(mask)))
		return -EFAULT;
	flags = spin_lock(&signal_lock);
	self->signals.saved_mask = self->signal_mask;
	self->signals.restore_mask = true;
	signal_mask_set(mask);
	spin_unlock(&signal_lock, flags);
	return 0;
}

long signal_mask_return(long result)
{
	struct thread *self = current_thread();
	uint64_t flags;

	if (!self->signals.restore_mask)
		return result;
	flags = spin_lock(&signal_lock);
	if (result == -EINTR) {
		signal_update(true);
	} else {
		self->signals.restore_mask = false;
		signal_mask_set(self->signals.saved_mask);
	}
	spin_unlock(&signal_lock, flags);
	return result;
}

void signal_thread_exit(void)
{
	struct thread *self = current_thread();
	uint64_t flags = spin_lock(&signal_lock);

	self->signals.closed = true;
	pending_flush(&self->signals.pending, ~0UL);
	set_work(self, false);
	pass_on(~self->signal_mask);
	spin_unlock(&signal_lock, flags);
}

#ifdef CONFIG_EXEC
#define BATCH 64

/* Threads that are told in one go. */
struct batch {
	unsigned count;
	struct thread *threads[BATCH];
};

/* For thread_select(): picks one that nobody has told yet. Returns whether there is room for no more. */
static bool pick(struct thread *thread, uint64_t arg)
{
	struct batch *batch = (struct batch *)arg;

	if (thread == current_thread() || thread->kernel || thread->signals.closed ||
	    thread->signals.dying)
		return false;
	thread->signals.dying = true;
	batch->threads[batch->count++] = thread;
	return batch->count == BATCH;
}

void signal_end_others(void)
{
	struct batch batch;
	uint64_t flags;

	do {
		batch.count = 0;
		/* They cannot go away while the lock is held: signal_thread_exit() wants it. */
		flags = spin_lock(&signal_lock);
		thread_select(pick, (uint64_t)&batch);
		for (unsigned i = 0; i < batch.count; i++)
			notify(batch.threads[i]);
		spin_unlock(&signal_lock, flags);
	} while (batch.count == BATCH);
}

void signal_reset(void)
{
	struct thread *self = current_thread();
	uint64_t flags = spin_lock(&signal_lock);

	for (unsigned i = 0; i < SIGNALS; i++)
		actions[i] = (struct signal_action){ .handler = actions[i].handler == HANDLER_IGNORE
			                                                ? HANDLER_IGNORE
			                                                : HANDLER_DEFAULT };
	self->signals.stack = 0;
	self->signals.stack_size = 0;
	self->signals.stack_flags = 0;
	self->signals.restore_mask = false;
	signal_update(false);
	spin_unlock(&signal_lock, flags);
}
#endif
