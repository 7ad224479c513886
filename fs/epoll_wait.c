// SPDX-License-Identifier: BSD-2-Clause
/* epoll: waiting, and what it hands over (fs/epoll.h). */
#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/clock.h"
#include "core/signal.h"
#include "fs/epoll.h"
#include "include/errno.h"

#define EVENTS_MAX (INT32_MAX / (int)sizeof(struct epoll_event))

long sys_epoll_wait(long epfd, struct epoll_event *events, int max, int timeout_ms);
long sys_epoll_pwait(long epfd, struct epoll_event *events, int max, int timeout_ms,
                     const uint64_t *mask, size_t mask_size);
long sys_epoll_pwait2(long epfd, struct epoll_event *events, int max,
                      const struct timespec64 *timeout, const uint64_t *mask, size_t mask_size);

/* What is ready of what the item waits for. */
static uint32_t events_of(const struct epoll_item *item)
{
	return file_ready(item->file) & item->event.events & ~(uint32_t)EPOLL_MODES;
}

static struct epoll_item *take_ready(struct epoll *ep)
{
	uint64_t irq = spin_lock(&ep->queue.lock);
	struct epoll_item *item = NULL;

	if (!list_empty(&ep->ready)) {
		item = list_first(&ep->ready, struct epoll_item, ready);
		list_del_init(&item->ready);
	}
	spin_unlock(&ep->queue.lock, irq);
	return item;
}

/* Puts an item that was taken at the front again, unless a notification has been faster. */
static void untake(struct epoll *ep, struct epoll_item *item)
{
	uint64_t irq = spin_lock(&ep->queue.lock);

	if (list_empty(&item->ready))
		list_add_head(&ep->ready, &item->ready);
	spin_unlock(&ep->queue.lock, irq);
}

uint32_t epoll_ready(struct file *file)
{
	struct epoll *ep = epoll_of(file);
	struct epoll_item *item;
	uint32_t ready = 0;

	if (list_empty(&ep->ready))
		return 0;
	mutex_lock(&ep->turn);
	while (!ready && (item = take_ready(ep)))
		if (events_of(item)) {
			untake(ep, item);
			ready = EPOLLIN | EPOLLRDNORM;
		}
	mutex_unlock(&ep->turn);
	return ready;
}

/* Items that stay ready go back together, so that a wait does not meet one twice. */
static void put_back(struct epoll *ep, struct list *again)
{
	uint64_t irq = spin_lock(&ep->queue.lock);

	while (!list_empty(again)) {
		struct epoll_item *item = list_first(again, struct epoll_item, ready);

		list_del_init(&item->ready);
		epoll_make_ready(item);
	}
	spin_unlock(&ep->queue.lock, irq);
}

/* An item has been handed over: says what it waits for next. */
static void after_event(struct epoll *ep, struct epoll_item *item, struct list *again)
{
	uint64_t irq = spin_lock(&ep->queue.lock);

	if (item->event.events & EPOLLONESHOT) {
		item->event.events &= EPOLL_MODES;
		list_del_init(&item->ready); /* what came meanwhile does not count */
	} else if (!(item->event.events & EPOLLET)) {
		list_del_init(&item->ready);
		list_add_tail(again, &item->ready);
	}
	spin_unlock(&ep->queue.lock, irq);
}

/* Hands over what is ready. Returns how many, or -EFAULT. */
static long collect(struct epoll *ep, struct epoll_event *events, int max)
{
	struct list again = LIST_INIT(again);
	struct epoll_item *item;
	long n = 0;

	mutex_lock(&ep->turn);
	while (n < max && (item = take_ready(ep))) {
		struct epoll_event e = { .events = events_of(item), .data = item->event.data };

		if (!e.events)
			continue;
		if (copy_to_program(&events[n], &e, sizeof(e))) {
			untake(ep, item);
			n = n ? n : -EFAULT;
			break;
		}
		n++;
		after_event(ep, item, &again);
	}
	if (!list_empty(&again))
		put_back(ep, &again);
	mutex_unlock(&ep->turn);
	return n;
}

/* Sleeps until something may be ready. */
static int wait_ready(struct epoll *ep, uint64_t deadline)
{
	uint64_t irq = spin_lock(&ep->queue.lock);
	int err = 0;

	while (list_empty(&ep->ready) && !err)
		err = wait_sleep(&ep->queue, deadline, &irq);
	spin_unlock(&ep->queue.lock, irq);
	return err;
}

static long wait_events(struct file *file, struct epoll_event *events, int max, uint64_t deadline)
{
	struct epoll *ep = epoll_of(file);

	if (max <= 0 || max > EVENTS_MAX || file->ops != &epoll_ops)
		return -EINVAL;
	for (;;) {
		long n = list_empty(&ep->ready) ? 0 : collect(ep, events, max);

		if (n)
			return n;
		if (clock_ns() >= deadline)
			return 0;
		if (wait_ready(ep, deadline) == -EINTR && signal_interrupted())
			return -EINTR;
	}
}

static long wait_call(long epfd, struct epoll_event *events, int max, uint64_t deadline)
{
	struct file *file = file_get((int)epfd);
	long result;

	if (!file)
		return -EBADF;
	result = wait_events(file, events, max, deadline);
	file_put(file);
	return result;
}

static uint64_t deadline_ms(int timeout_ms)
{
	return timeout_ms < 0 ? WAIT_FOREVER : deadline_in((uint64_t)timeout_ms * NS_PER_MS);
}

long sys_epoll_wait(long epfd, struct epoll_event *events, int max, int timeout_ms)
{
	return wait_call(epfd, events, max, deadline_ms(timeout_ms));
}

static long wait_masked(long epfd, struct epoll_event *events, int max, uint64_t deadline,
                        const uint64_t *mask, size_t mask_size)
{
	long err = signal_mask_borrow(mask, mask_size);

	return err ? err : signal_mask_return(wait_call(epfd, events, max, deadline));
}

long sys_epoll_pwait(long epfd, struct epoll_event *events, int max, int timeout_ms,
                     const uint64_t *mask, size_t mask_size)
{
	return wait_masked(epfd, events, max, deadline_ms(timeout_ms), mask, mask_size);
}

long sys_epoll_pwait2(long epfd, struct epoll_event *events, int max,
                      const struct timespec64 *timeout, const uint64_t *mask, size_t mask_size)
{
	uint64_t deadline = WAIT_FOREVER, ns;
	struct timespec64 ts;

	if (timeout) {
		if (copy_from_program(&ts, timeout, sizeof(ts)))
			return -EFAULT;
		if (timespec_to_ns(&ts, &ns))
			return -EINVAL;
		deadline = ns == UINT64_MAX ? WAIT_FOREVER : deadline_in(ns);
	}
	return wait_masked(epfd, events, max, deadline, mask, mask_size);
}
