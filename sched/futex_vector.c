// SPDX-License-Identifier: BSD-2-Clause
/* Waiting for several futexes at once. Beside each bucket of those that wait for one word (sched/futex.c)
 * stands a list, under the same lock, with an entry for each word that somebody waits for among others.
 * The threads themselves sleep in one queue, whose lock comes after that of a bucket. */
#include "arch/x86/trap.h"
#include "include/errno.h"
#include "mm/heap.h"
#include "sched/futex.h"
#include "sched/futex_queue.h"
#include "sched/thread.h"

struct vector;

struct entry {
	struct list node; /* in lists[]; node.next NULL: not there */
	const uint32_t *word;
	struct vector *vector;
};

/* Stays until its thread has had the lock of every bucket that has known of it. */
struct vector {
	struct thread *thread;
	unsigned urgency;
	int woken; /* index of the entry that was the first; -1: none yet */
	struct entry entries[];
};

unsigned futex_vector_entries;
static struct wait_queue sleepers = WAIT_QUEUE_INIT(sleepers);
static struct list lists[1UL << CONFIG_FUTEX_HASH_BITS];

static struct list *list_of(const uint32_t *word)
{
	struct list *list = &lists[futex_hash(word)];

	if (unlikely(!list->next))
		list_init(list);
	return list;
}

unsigned futex_vector_wake(const uint32_t *word, unsigned n)
{
	struct list *list = list_of(word);
	struct entry *entry, *next;
	unsigned count = 0;

	list_for_each_safe (entry, next, list, node) {
		struct vector *vector = entry->vector;

		if (count == n)
			break;
		if (entry->word != word)
			continue;
		list_del(&entry->node);
		entry->node.next = NULL;
		spin_lock(&sleepers.lock);
		if (vector->woken < 0)
			vector->woken = (int)(entry - vector->entries);
		if (vector->thread->queue == &sleepers)
			wait_wake_thread(vector->thread, 0);
		spin_unlock(&sleepers.lock, 0);
		count++;
	}
	return count;
}

/* Real-time threads as in a bucket: behind those at least as urgent. */
static void insert(struct entry *entry)
{
	struct list *list = list_of(entry->word), *at = list;
	unsigned urgency = entry->vector->urgency;

	if (urgency < PRIORITY_DEFAULT) {
		at = list->next;
		while (at != list && list_entry(at, struct entry, node)->vector->urgency <= urgency)
			at = at->next;
	}
	list_add_before(at, &entry->node);
}

/* Makes the entry known if its word has the value. Returns 0, -EAGAIN or -EFAULT. The count of entries
 * goes up under the lock that whoever wakes this word takes. */
static int enter(struct entry *entry, uint32_t expected)
{
	uint64_t flags;
	struct wait_queue *q = futex_lock_bucket(entry->word, &flags);
	int error = futex_compare(entry->word, expected);

	if (!error) {
		insert(entry);
		__atomic_fetch_add(&futex_vector_entries, 1, __ATOMIC_RELAXED);
	}
	spin_unlock(&q->lock, flags);
	return error;
}

static void leave(struct entry *entry)
{
	uint64_t flags;
	struct wait_queue *q = futex_lock_bucket(entry->word, &flags);

	if (entry->node.next)
		list_del(&entry->node);
	__atomic_fetch_sub(&futex_vector_entries, 1, __ATOMIC_RELAXED);
	spin_unlock(&q->lock, flags);
}

static int sleep_until_woken(struct vector *vector, uint64_t deadline)
{
	uint64_t flags = spin_lock(&sleepers.lock);
	int error = 0;

	while (vector->woken < 0 && !error)
		error = wait_sleep(&sleepers, deadline, &flags);
	spin_unlock(&sleepers.lock, flags);
	return error;
}

int futex_wait_vector(const struct futex_vector_word *words, unsigned count, uint64_t deadline)
{
	struct vector *vector;
	unsigned entered = 0;
	int result = 0;

	for (unsigned i = 0; i < count; i++)
		if (futex_misaligned(words[i].word))
			return -EINVAL;
	vector = heap_alloc(sizeof(*vector) + count * sizeof(vector->entries[0]));
	if (!vector)
		return -ENOMEM;
	vector->thread = current_thread();
	vector->urgency = futex_urgency(vector->thread);
	vector->woken = -1;
	while (entered < count && !result) {
		struct entry *entry = &vector->entries[entered];

		entry->word = words[entered].word;
		entry->vector = vector;
		result = enter(entry, words[entered].expected);
		entered += !result;
	}
	if (!result)
		result = sleep_until_woken(vector, deadline);
	while (entered)
		leave(&vector->entries[--entered]);
	/* Who was counted as woken says so, whatever else happened. */
	if (vector->woken >= 0)
		result = vector->woken;
	heap_free(vector);
	return result;
}
