/* SPDX-License-Identifier: BSD-2-Clause */
/* Who wants to know when a file becomes ready: poll, select and epoll. What can become ready has a
 * watch_head and calls watch_notify() after it changed; who waits adds a watcher and then looks. */
#ifndef PAGURUS_CORE_WATCH_H
#define PAGURUS_CORE_WATCH_H

#include "arch/x86/spinlock.h"
#include "include/types.h"
#include "lib/list.h"

struct watch_head {
	struct spinlock lock;
	struct list watchers;
};

struct watcher {
	struct list link;
	/* Called with interrupts off and the head's lock held; events: POLL* that may be there now. */
	void (*notify)(struct watcher *watcher, uint32_t events);
};

#define WATCH_HEAD_INIT(name)                                                                      \
	{                                                                                              \
		.watchers = LIST_INIT((name).watchers)                                                     \
	}

static inline void watch_head_init(struct watch_head *head)
{
	*head = (struct watch_head)WATCH_HEAD_INIT(*head);
}

static inline void watch_add(struct watch_head *head, struct watcher *watcher)
{
	uint64_t irq = spin_lock(&head->lock);

	list_add_tail(&head->watchers, &watcher->link);
	spin_unlock(&head->lock, irq);
}

/* Afterwards notify() does not run. */
static inline void watch_remove(struct watch_head *head, struct watcher *watcher)
{
	uint64_t irq = spin_lock(&head->lock);

	list_del(&watcher->link);
	spin_unlock(&head->lock, irq);
}

/* Any context. */
static inline void watch_notify(struct watch_head *head, uint32_t events)
{
	uint64_t irq = spin_lock(&head->lock);
	struct watcher *watcher;

	list_for_each (watcher, &head->watchers, link)
		watcher->notify(watcher, events);
	spin_unlock(&head->lock, irq);
}

static inline bool watch_empty(const struct watch_head *head)
{
	return list_empty(&head->watchers);
}

#endif
