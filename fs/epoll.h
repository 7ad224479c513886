/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the two halves of epoll: who is watched (fs/epoll.c) and what a wait hands over
 * (fs/epoll_wait.c).
 *
 * Each watched file has an item, which its notifications put into the ready list; only items there
 * are looked at by a wait. Level-triggered ones go back to its end as long as they are ready. */
#ifndef PAGURUS_FS_EPOLL_H
#define PAGURUS_FS_EPOLL_H

#include <linux/eventpoll.h>

#include "core/file.h"
#include "lib/tree.h"

#define EPOLL_ALWAYS (EPOLLERR | EPOLLHUP)
#define EPOLL_MODES (EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)

struct epoll {
	struct file file;
	struct tree items;       /* by descriptor, then file; changed with both mutexes held */
	struct mutex turn;       /* no item goes away while it is held; under that of ctl */
	struct wait_queue queue; /* who waits; its lock guards the ready list */
	struct list ready;       /* items */
	struct watch_head watch;
	uint8_t height; /* above all epoll files that it watches */
	bool watched;   /* is, or was, an item of another */
};

struct epoll_item {
	struct tree_node node;
	struct watcher watcher;
	struct file_observer observer;
	struct list ready;   /* in the ready list, or alone */
	struct epoll *epoll; /* NULL: given up, and the file's closing frees the item */
	struct file *file;   /* not held: its closing ends the item */
	int fd;
	struct epoll_event event; /* without EPOLL_ALWAYS: disabled (EPOLLONESHOT) */
};

extern const struct file_ops epoll_ops;

static inline struct epoll *epoll_of(struct file *file)
{
	return container_of(file, struct epoll, file);
}

/* Puts an item into the ready list and wakes who waits; the queue's lock is held. */
static inline void epoll_make_ready(struct epoll_item *item)
{
	struct epoll *ep = item->epoll;

	if (list_empty(&item->ready))
		list_add_tail(&ep->ready, &item->ready);
	wait_wake(&ep->queue, 1);
}

/* POLLIN where a wait would return at once. */
uint32_t epoll_ready(struct file *file);

#endif
