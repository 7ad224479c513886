// SPDX-License-Identifier: BSD-2-Clause
/* Waiting for descriptors: poll, ppoll, select, pselect6. All become one array of struct pollfd; the
 * first look takes no watcher, and only who has to wait adds one for each file. */
#include <asm/poll.h>

#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/signal.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "sched/thread.h"

#define SMALL 8 /* descriptors that need no memory of the heap */
#define SELECT_IN (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define SELECT_OUT (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define SELECT_EXCEPT POLLPRI

/* pselect6's sixth argument: a seventh would not fit. */
struct mask_argument {
	const uint64_t *set;
	size_t size;
};

long sys_poll(struct pollfd *fds, unsigned long count, int timeout_ms);
long sys_ppoll(struct pollfd *fds, unsigned long count, const struct timespec64 *timeout,
               const uint64_t *mask, size_t mask_size);
long sys_select(int count, uint64_t *in, uint64_t *out, uint64_t *except, const int64_t *timeout);
long sys_pselect6(int count, uint64_t *in, uint64_t *out, uint64_t *except,
                  const struct timespec64 *timeout, const struct mask_argument *user_mask);

/* One call that waits. */
struct poller {
	struct wait_queue queue;
	bool triggered;
};

struct poll_entry {
	struct watcher watcher;
	struct poller *poller;
	struct file *file; /* NULL: fd < 0, or not open */
	bool watched;
};

/* What a call works with. */
struct poll_set {
	struct pollfd *fds;
	struct poll_entry *entries;
	unsigned long count;
	struct pollfd small_fds[SMALL];
	struct poll_entry small_entries[SMALL];
};

static void notify(struct watcher *watcher, uint32_t events)
{
	struct poll_entry *entry = container_of(watcher, struct poll_entry, watcher);
	uint64_t irq = spin_lock(&entry->poller->queue.lock);

	(void)events;
	entry->poller->triggered = true;
	wait_wake(&entry->poller->queue, 1);
	spin_unlock(&entry->poller->queue.lock, irq);
}

uint32_t file_ready(struct file *file)
{
	if (!file->ops->ready)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	return file->ops->ready(file);
}

static int set_init(struct poll_set *set, unsigned long count)
{
	set->count = count;
	set->fds = set->small_fds;
	set->entries = set->small_entries;
	if (count <= SMALL)
		return 0;
	set->fds = heap_alloc(count * sizeof(*set->fds));
	set->entries = heap_alloc(count * sizeof(*set->entries));
	if (set->fds && set->entries)
		return 0;
	heap_free(set->fds);
	heap_free(set->entries);
	return -ENOMEM;
}

static void set_free(struct poll_set *set)
{
	if (set->count > SMALL) {
		heap_free(set->fds);
		heap_free(set->entries);
	}
}

/* One look at all files. Returns how many are ready. */
static long look(struct poll_set *set)
{
	long ready = 0;

	for (unsigned long i = 0; i < set->count; i++) {
		struct pollfd *p = &set->fds[i];

		p->revents = 0;
		if (set->entries[i].file)
			p->revents = file_ready(set->entries[i].file) & (p->events | POLLERR | POLLHUP);
		else if (p->fd >= 0)
			p->revents = POLLNVAL;
		ready += p->revents != 0;
	}
	return ready;
}

static void watch_all(struct poll_set *set, struct poller *poller)
{
	for (unsigned long i = 0; i < set->count; i++) {
		struct poll_entry *entry = &set->entries[i];

		if (!entry->file || !entry->file->watch)
			continue;
		entry->poller = poller;
		entry->watcher.notify = notify;
		entry->watched = true;
		watch_add(entry->file->watch, &entry->watcher);
	}
}

/* Sleeps until one of the files may have become ready. */
static int wait_notified(struct poller *poller, uint64_t deadline)
{
	uint64_t irq = spin_lock(&poller->queue.lock);
	int err = 0;

	while (!poller->triggered && !err)
		err = wait_sleep(&poller->queue, deadline, &irq);
	poller->triggered = false;
	spin_unlock(&poller->queue.lock, irq);
	return err == -EINTR && !signal_interrupted() ? 0 : err;
}

/* Fills in revents. Returns how many are ready (0 at the deadline), or -EINTR. */
static long poll_until(struct poll_set *set, uint64_t deadline)
{
	struct poller poller = { .queue = WAIT_QUEUE_INIT(poller.queue) };
	long result;
	int err = 0;

	for (unsigned long i = 0; i < set->count; i++)
		set->entries[i] = (struct poll_entry){
			.file = set->fds[i].fd >= 0 ? file_get(set->fds[i].fd) : NULL,
		};
	result = look(set);
	if (!result && clock_ns() < deadline) {
		watch_all(set, &poller);
		while (!(result = look(set)) && !err)
			err = wait_notified(&poller, deadline);
		if (!result && err != -ETIMEDOUT)
			result = err;
	}
	for (unsigned long i = 0; i < set->count; i++) {
		struct poll_entry *entry = &set->entries[i];

		if (entry->watched)
			watch_remove(entry->file->watch, &entry->watcher);
		if (entry->file)
			file_put(entry->file);
	}
	return result;
}

/* From a relative time in the program's memory; NULL: forever. unit: ns per second's fraction. */
static long read_timeout(const void *timeout, int64_t unit, uint64_t *deadline)
{
	int64_t t[2];
	uint64_t ns;

	*deadline = WAIT_FOREVER;
	if (!timeout)
		return 0;
	if (copy_from_program(t, timeout, sizeof(t)))
		return -EFAULT;
	if (t[0] < 0 || t[1] < 0 || t[1] >= (int64_t)NS_PER_SEC / unit)
		return -EINVAL;
	if (!__builtin_mul_overflow((uint64_t)t[0], NS_PER_SEC, &ns) &&
	    !__builtin_add_overflow(ns, (uint64_t)(t[1] * unit), &ns))
		*deadline = deadline_in(ns);
	return 0;
}

static long poll_call(struct pollfd *fds, unsigned long count, uint64_t deadline)
{
	struct poll_set set;
	long result;

	if (count > descriptor_limit())
		return -EINVAL;
	result = set_init(&set, count);
	if (result)
		return result;
	if (copy_from_program(set.fds, fds, count * sizeof(*fds)))
		result = -EFAULT;
	else
		result = poll_until(&set, deadline);
	if (result >= 0 && copy_to_program(fds, set.fds, count * sizeof(*fds)))
		result = -EFAULT;
	set_free(&set);
	return result;
}

long sys_poll(struct pollfd *fds, unsigned long count, int timeout_ms)
{
	uint64_t deadline = WAIT_FOREVER;

	if (timeout_ms >= 0)
		deadline = deadline_in((uint64_t)timeout_ms * NS_PER_MS);
	return poll_call(fds, count, deadline);
}

long sys_ppoll(struct pollfd *fds, unsigned long count, const struct timespec64 *timeout,
               const uint64_t *mask, size_t mask_size)
{
	uint64_t deadline;
	long err = read_timeout(timeout, 1, &deadline);

	if (!err)
		err = signal_mask_borrow(mask, mask_size);
	return err ? err : signal_mask_return(poll_call(fds, count, deadline));
}

static const short asks[3] = { SELECT_IN, SELECT_OUT, SELECT_EXCEPT };

/* The three sets, count bits each, one behind the other. */
struct sets {
	uint64_t *bits[3];
	int count;
};

static bool in_set(const struct sets *sets, int set, int fd)
{
	return sets->bits[set][fd / 64] & BIT(fd % 64);
}

/* Bits to struct pollfd. Returns 0, -EBADF or -ENOMEM. */
static long select_init(struct poll_set *set, const struct sets *sets)
{
	unsigned long n = 0;
	long err;

	for (int fd = 0; fd < sets->count; fd++)
		n += in_set(sets, 0, fd) || in_set(sets, 1, fd) || in_set(sets, 2, fd);
	err = set_init(set, n);
	if (err)
		return err;
	n = 0;
	for (int fd = 0; fd < sets->count; fd++) {
		struct pollfd p = { .fd = fd };

		for (int i = 0; i < 3; i++)
			if (in_set(sets, i, fd))
				p.events |= asks[i];
		if (p.events)
			set->fds[n++] = p;
	}
	return 0;
}

/* struct pollfd back to bits. Returns how many are set, or -EBADF. */
static long select_result(const struct poll_set *set, struct sets *sets)
{
	long n = 0;

	for (unsigned long k = 0; k < set->count; k++) {
		const struct pollfd *p = &set->fds[k];

		if (p->revents & POLLNVAL)
			return -EBADF;
		for (int i = 0; i < 3; i++) {
			if (!in_set(sets, i, p->fd))
				continue;
			if (p->revents & asks[i])
				n++;
			else
				sets->bits[i][p->fd / 64] &= ~BIT(p->fd % 64);
		}
	}
	return n;
}

static long select_sets(struct sets *sets, uint64_t deadline)
{
	struct poll_set set;
	long result = select_init(&set, sets);

	if (result)
		return result;
	result = poll_until(&set, deadline);
	if (result >= 0)
		result = select_result(&set, sets);
	set_free(&set);
	return result;
}

static long select_until(int count, uint64_t *const user[3], uint64_t deadline)
{
	struct sets sets;
	uint64_t *memory;
	size_t words;
	long n = 0;

	if (count < 0)
		return -EINVAL;
	sets.count = MIN(count, FILES_MAX); /* as on Linux, bits above any descriptor are not read */
	words = ((size_t)sets.count + 63) / 64;
	memory = heap_zalloc(3 * words * 8 + 8);
	if (!memory)
		return -ENOMEM;
	for (int i = 0; i < 3; i++) {
		sets.bits[i] = memory + i * words;
		if (user[i] && copy_from_program(sets.bits[i], user[i], words * 8))
			n = -EFAULT;
	}
	if (!n)
		n = select_sets(&sets, deadline);
	for (int i = 0; n >= 0 && i < 3; i++)
		if (user[i] && copy_to_program(user[i], sets.bits[i], words * 8))
			n = -EFAULT;
	heap_free(memory);
	return n;
}

long sys_select(int count, uint64_t *in, uint64_t *out, uint64_t *except, const int64_t *timeout)
{
	uint64_t *const user[3] = { in, out, except };
	uint64_t deadline;
	long err = read_timeout(timeout, (int64_t)NS_PER_US, &deadline);

	return err ? err : select_until(count, user, deadline);
}

long sys_pselect6(int count, uint64_t *in, uint64_t *out, uint64_t *except,
                  const struct timespec64 *timeout, const struct mask_argument *user_mask)
{
	uint64_t *const user[3] = { in, out, except };
	struct mask_argument mask = { 0 };
	uint64_t deadline;
	long err = read_timeout(timeout, 1, &deadline);

	if (user_mask && copy_from_program(&mask, user_mask, sizeof(mask)))
		return -EFAULT;
	if (!err)
		err = signal_mask_borrow(mask.set, mask.size);
	return err ? err : signal_mask_return(select_until(count, user, deadline));
}
