/* SPDX-License-Identifier: BSD-2-Clause */
/* The robust list: a thread that ends while it owns robust mutexes marks each as ownerless and
 * wakes one waiter of it (get_robust_list(2); the list's layout is that of linux/futex.h). The
 * list lies in the program's memory and may be damaged in every way. */
#include <linux/futex.h>

#include "arch/x86/trap.h"
#include "include/errno.h"
#include "sched/futex.h"
#include "sched/run_queue.h"

#define ENTRY_PI 1UL /* an entry's lowest bit marks a priority-inheriting mutex */

/* The futex word that an entry belongs to. */
static uint32_t *word_of(uint64_t entry, long offset)
{
	return (uint32_t *)((entry & ~ENTRY_PI) + (uint64_t)offset);
}

/* Marks the entry's word as ownerless if thread owns it. pending: the thread ended between changing the word
 * and changing the list; an unlock may then have cleared the word without waking. Returns 0 or
 * -EFAULT. */
static int release(uint64_t entry, long offset, const struct thread *thread, bool pending)
{
	uint32_t *word = word_of(entry, offset), tid = (uint32_t)thread->tid;
	uint32_t value, seen, dead;

#ifdef CONFIG_FUTEX_PI
	if (entry & ENTRY_PI)
		return futex_pi_abandon(word);
#endif

	if (copy_from_program(&value, word, sizeof(value)))
		return -EFAULT;
	if (pending && value == 0)
		futex_wake(word, 1, FUTEX_ANY);
	while ((value & FUTEX_TID_MASK) == tid) {
		dead = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		seen = value;
		if (cmpxchg_program(word, &seen, dead))
			return -EFAULT;
		if (seen == value) {
			if (value & FUTEX_WAITERS)
				futex_wake(word, 1, FUTEX_ANY);
			break;
		}
		value = seen;
	}
	return 0;
}

void robust_list_exit(struct thread *thread)
{
	const struct robust_list_head *at = thread->robust_list;
	struct robust_list_head head;
	uint64_t entry, next, pending;

	if (!at || copy_from_program(&head, at, sizeof(head)))
		return;
	pending = (uint64_t)head.list_op_pending;
	entry = (uint64_t)head.list.next;
	/* The limit ends a list that runs in a circle. */
	for (int i = 0; i < ROBUST_LIST_LIMIT && (entry & ~ENTRY_PI) != (uint64_t)at; i++) {
		/* Before the release: afterwards the mutex may be gone. */
		if (copy_from_program(&next, (const void *)(entry & ~ENTRY_PI), sizeof(next)))
			break;
		if (entry != pending && release(entry, head.futex_offset, thread, false))
			break;
		entry = next;
	}
	if (pending)
		release(pending, head.futex_offset, thread, true);
}

#ifdef CONFIG_EXEC
void thread_give_up_futexes(void)
{
	struct thread *self = current_thread();

	robust_list_exit(self);
	self->robust_list = NULL;
#ifdef CONFIG_FUTEX_PI
	futex_pi_exit();
	self->pi.exited = false; /* it is alone: nobody looks */
#endif
}
#endif
