// SPDX-License-Identifier: BSD-2-Clause
/* epoll: which files are watched, and what their notifications do (fs/epoll.h). */
#include "fs/epoll.h"

#include <asm/fcntl.h>

#include "arch/x86/trap.h"
#include "fs/anon.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "mm/heap.h"

#define HEIGHT_MAX 4 /* of epoll files one above the other; beyond: ELOOP, as on Linux */
#define EXCLUSIVE_ALLOWED                                                                          \
	(EPOLLIN | EPOLLOUT | EPOLLET | EPOLLWAKEUP | EPOLLEXCLUSIVE | EPOLL_ALWAYS)

/* Items come and go: one change at a time, whatever epoll file it is about. */
static struct mutex changes = MUTEX_INIT(changes);

long sys_epoll_create(long size);
long sys_epoll_create1(long flags);
long sys_epoll_ctl(long epfd, long op, long fd, const struct epoll_event *event);

static void item_notify(struct watcher *watcher, uint32_t events)
{
	struct epoll_item *item = container_of(watcher, struct epoll_item, watcher);
	struct epoll *ep = item->epoll;
	uint32_t wanted = READ_ONCE(item->event.events);
	uint64_t irq;

	if (!(wanted & EPOLL_ALWAYS) || (events && !(events & wanted)))
		return;
	irq = spin_lock(&ep->queue.lock);
	epoll_make_ready(item);
	spin_unlock(&ep->queue.lock, irq);
	if (!watch_empty(&ep->watch))
		watch_notify(&ep->watch, EPOLLIN | EPOLLRDNORM);
}

/* Nothing notifies the item any more, and no wait sees it; changes is held. */
static void detach(struct epoll_item *item)
{
	struct epoll *ep = item->epoll;
	uint64_t irq;

	watch_remove(item->file->watch, &item->watcher);
	mutex_lock(&ep->turn);
	irq = spin_lock(&ep->queue.lock);
	list_del_init(&item->ready);
	spin_unlock(&ep->queue.lock, irq);
	tree_remove(&ep->items, &item->node);
	mutex_unlock(&ep->turn);
}

static void file_closing(struct file_observer *observer, struct file *file)
{
	struct epoll_item *item = container_of(observer, struct epoll_item, observer);

	(void)file;
	mutex_lock(&changes);
	if (item->epoll)
		detach(item);
	mutex_unlock(&changes);
	heap_free(item);
}

/* Ends an item while its file lives on, or is about to find the item; changes is held. */
static void drop(struct epoll_item *item)
{
	detach(item);
	item->epoll = NULL;
	if (file_unobserve(&item->observer))
		heap_free(item);
}

static int epoll_describe(struct file *file, char *buf, size_t size)
{
	(void)file;
	return fmt_snprintf(buf, size, "anon_inode:[eventpoll]");
}

static void epoll_release(struct file *file)
{
	struct epoll *ep = epoll_of(file);

	mutex_lock(&changes);
	while (ep->items.root)
		drop(container_of(ep->items.root, struct epoll_item, node));
	mutex_unlock(&changes);
	heap_free(ep);
}

const struct file_ops epoll_ops = {
	.ready = epoll_ready,
	.stat = anon_stat,
	.describe = epoll_describe,
	.release = epoll_release,
};

long sys_epoll_create1(long flags)
{
	struct epoll *ep;

	if (flags & ~(long)O_CLOEXEC)
		return -EINVAL;
	ep = heap_zalloc(sizeof(*ep));
	if (!ep)
		return -ENOMEM;
	file_init(&ep->file, &epoll_ops, O_RDWR);
	ep->turn = (struct mutex)MUTEX_INIT(ep->turn);
	wait_queue_init(&ep->queue);
	watch_head_init(&ep->watch);
	list_init(&ep->ready);
	ep->file.watch = &ep->watch;
	return descriptor_add(&ep->file, (uint32_t)flags);
}

long sys_epoll_create(long size)
{
	return (int)size <= 0 ? -EINVAL : sys_epoll_create1(0);
}

/* Where the item of fd and file is, or belongs. */
static struct tree_node **place(struct epoll *ep, int fd, const struct file *file,
                                struct tree_node **parent)
{
	struct tree_node **at = &ep->items.root;

	*parent = NULL;
	while (*at) {
		const struct epoll_item *item = container_of(*at, struct epoll_item, node);

		if (item->fd == fd && item->file == file)
			break;
		*parent = *at;
		at = fd < item->fd || (fd == item->fd && file < item->file) ? &(*at)->left : &(*at)->right;
	}
	return at;
}

/* Looks whether what the item waits for is there already. */
static void look(struct epoll_item *item)
{
	if (file_ready(item->file) & item->event.events)
		item_notify(&item->watcher, 0);
}

/* An epoll file stands higher than those that it watches, so they never form a circle. One that is
 * watched itself stays at its height. */
static int put_above(struct epoll *ep, struct file *file)
{
	struct epoll *below;

	if (file->ops != &epoll_ops)
		return 0;
	below = epoll_of(file);
	if (below->height >= HEIGHT_MAX || (ep->watched && ep->height <= below->height))
		return -ELOOP;
	ep->height = (uint8_t)MAX(ep->height, below->height + 1);
	below->watched = true;
	return 0;
}

static long add(struct epoll *ep, int fd, struct file *file, const struct epoll_event *event)
{
	struct tree_node *parent, **at = place(ep, fd, file, &parent);
	struct epoll_item *item;
	int err;

	if (*at)
		return -EEXIST;
	err = put_above(ep, file);
	if (err)
		return err;
	item = heap_zalloc(sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->watcher.notify = item_notify;
	item->observer.closing = file_closing;
	list_init(&item->ready);
	item->epoll = ep;
	item->file = file;
	item->fd = fd;
	item->event = *event;
	mutex_lock(&ep->turn);
	tree_insert(&ep->items, parent, at, &item->node);
	mutex_unlock(&ep->turn);
	watch_add(file->watch, &item->watcher);
	file_observe(file, &item->observer);
	look(item);
	return 0;
}

static long modify(struct epoll *ep, struct epoll_item *item, const struct epoll_event *event)
{
	uint64_t irq;

	if ((event->events | item->event.events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	irq = spin_lock(&ep->queue.lock);
	item->event = *event;
	spin_unlock(&ep->queue.lock, irq);
	look(item);
	return 0;
}

/* changes is held. */
static long control(struct epoll *ep, long op, int fd, struct file *file, struct epoll_event *event)
{
	struct tree_node *parent, **at = place(ep, fd, file, &parent);
	struct epoll_item *item = *at ? container_of(*at, struct epoll_item, node) : NULL;

	event->events |= EPOLL_ALWAYS;
	switch (op) {
	case EPOLL_CTL_ADD:
		if (event->events & EPOLLEXCLUSIVE &&
		    (event->events & ~(uint32_t)EXCLUSIVE_ALLOWED || file->ops == &epoll_ops))
			return -EINVAL;
		return add(ep, fd, file, event);
	case EPOLL_CTL_MOD:
		return item ? modify(ep, item, event) : -ENOENT;
	case EPOLL_CTL_DEL:
		if (!item)
			return -ENOENT;
		drop(item);
		return 0;
	default:
		return -EINVAL;
	}
}

static long control_files(struct file *ep, long op, int fd, struct file *file,
                          struct epoll_event *event)
{
	long result;

	if (!file->watch)
		return -EPERM; /* always ready: regular files, as on Linux */
	if (ep->ops != &epoll_ops || ep == file)
		return -EINVAL;
	mutex_lock(&changes);
	result = control(epoll_of(ep), op, fd, file, event);
	mutex_unlock(&changes);
	return result;
}

long sys_epoll_ctl(long epfd, long op, long fd, const struct epoll_event *user)
{
	struct epoll_event event = { 0 };
	struct file *ep, *file;
	long result = -EBADF;

	op = (int)op;
	if (op != EPOLL_CTL_DEL && copy_from_program(&event, user, sizeof(event)))
		return -EFAULT;
	ep = file_get((int)epfd);
	file = file_get((int)fd);
	if (ep && file)
		result = control_files(ep, op, (int)fd, file, &event);
	if (file)
		file_put(file);
	if (ep)
		file_put(ep);
	return result;
}
