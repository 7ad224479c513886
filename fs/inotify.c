// SPDX-License-Identifier: BSD-2-Clause
/* inotify: a descriptor from which is read what happens to files. */
#include "fs/inotify.h"

#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>

#include "arch/x86/trap.h"
#include "fs/anon.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/heap.h"

/* As Linux has them without configuration. */
#define INSTANCES_MAX 128
#define WATCHES_MAX 65536
#define EVENTS_MAX 16384

struct event {
	struct list link;
	struct inotify_event head; /* len: of the name as it is read, padded with zeros */
	char name[];
};

long sys_inotify_init(void);
long sys_inotify_init1(long flags);
long sys_inotify_add_watch(long fd, const char *path, uint32_t mask);
long sys_inotify_rm_watch(long fd, int wd);

static unsigned instances;

static struct inotify *of(struct file *file)
{
	return container_of(file, struct inotify, file);
}

static struct event *event_new(int wd, uint32_t mask, uint32_t cookie, const char *name, size_t len)
{
	size_t room = len ? ALIGN_UP(len + 1, sizeof(struct inotify_event)) : 0;
	struct event *e = heap_alloc(sizeof(*e) + room);

	if (!e)
		return NULL;
	e->head = (struct inotify_event){ .wd = wd, .mask = mask, .cookie = cookie, .len = room };
	memset(e->name, 0, room);
	memcpy(e->name, name, len);
	return e;
}

static size_t size_of(const struct event *e)
{
	return sizeof(e->head) + e->head.len;
}

/* Is it what the newest event says already? Then it is not said twice, as on Linux. */
static bool is_repeated(const struct inotify *in, const struct event *e)
{
	const struct event *last;

	if (list_empty(&in->events))
		return false;
	last = container_of(in->events.prev, struct event, link);
	return !memcmp(&last->head, &e->head, sizeof(e->head)) &&
	       !memcmp(last->name, e->name, e->head.len);
}

void inotify_queue(struct inotify *in, int wd, uint32_t mask, uint32_t cookie, const char *name,
                   size_t len)
{
	bool full = READ_ONCE(in->count) >= EVENTS_MAX;
	struct event *e =
		full ? event_new(-1, IN_Q_OVERFLOW, 0, "", 0) : event_new(wd, mask, cookie, name, len);
	uint64_t irq = spin_lock(&in->queue.lock);

	if (e && !is_repeated(in, e)) {
		list_add_tail(&in->events, &e->link);
		in->count++;
		in->bytes += size_of(e);
		e = NULL;
		wait_wake(&in->queue, UINT32_MAX);
	}
	spin_unlock(&in->queue.lock, irq);
	heap_free(e);
	watch_notify(&in->watch, POLLIN);
}

/* The oldest event that fits into room. Returns 0, -EAGAIN or -EINVAL. The queue's lock is held. */
static int take(struct inotify *in, size_t room, struct event **e)
{
	if (list_empty(&in->events))
		return -EAGAIN;
	*e = list_first(&in->events, struct event, link);
	if (size_of(*e) > room)
		return -EINVAL;
	list_del(&(*e)->link);
	in->count--;
	in->bytes -= size_of(*e);
	return 0;
}

/* The same, waiting for one. */
static int next(struct inotify *in, size_t room, bool wait, struct event **e)
{
	uint64_t irq = spin_lock(&in->queue.lock);
	int err = take(in, room, e), slept = 0;

	while (err == -EAGAIN && wait && !slept) {
		slept = wait_sleep(&in->queue, WAIT_FOREVER, &irq);
		err = slept ?: take(in, room, e);
	}
	spin_unlock(&in->queue.lock, irq);
	return err;
}

static long inotify_read(struct file *file, struct io *io, uint64_t *pos)
{
	size_t before = io->left;
	int err = 0;

	(void)pos;
	while (!err) {
		bool wait = io->left == before && !(file->flags & O_NONBLOCK);
		struct event *e = NULL;

		err = next(of(file), io->left, wait, &e);
		if (err)
			break;
		err = io_put(io, &e->head, sizeof(e->head)) ?: io_put(io, e->name, e->head.len);
		heap_free(e);
	}
	return io->left == before || err == -EFAULT ? err : (long)(before - io->left);
}

static uint32_t inotify_ready(struct file *file)
{
	return READ_ONCE(of(file)->count) ? POLLIN | POLLRDNORM : 0;
}

static long inotify_ioctl(struct file *file, unsigned long request, void *arg)
{
	int bytes = (int)READ_ONCE(of(file)->bytes);

	return request == FIONREAD ? copy_to_program(arg, &bytes, sizeof(bytes)) : -ENOTTY;
}

static int inotify_describe(struct file *file, char *buf, size_t size)
{
	(void)file;
	return fmt_snprintf(buf, size, "anon_inode:inotify");
}

static void inotify_release(struct file *file)
{
	struct inotify *in = of(file);

	for (;;) {
		uint64_t irq = notify_begin();
		struct inotify_watch *w = NULL;

		if (!list_empty(&in->watches)) {
			w = list_first(&in->watches, struct inotify_watch, by_owner);
			notify_remove(w);
		}
		notify_end(irq);
		if (!w)
			break;
		notify_free(w);
	}
	while (!list_empty(&in->events)) {
		struct event *e = list_first(&in->events, struct event, link);

		list_del(&e->link);
		heap_free(e);
	}
	__atomic_fetch_sub(&instances, 1, __ATOMIC_RELAXED);
	heap_free(in);
}

static const struct file_ops inotify_ops = {
	.read = inotify_read,
	.ioctl = inotify_ioctl,
	.ready = inotify_ready,
	.stat = anon_stat,
	.describe = inotify_describe,
	.release = inotify_release,
};

long sys_inotify_init1(long flags)
{
	struct inotify *in;

	if (flags & ~(long)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (__atomic_fetch_add(&instances, 1, __ATOMIC_RELAXED) >= INSTANCES_MAX) {
		__atomic_fetch_sub(&instances, 1, __ATOMIC_RELAXED);
		return -EMFILE;
	}
	in = heap_zalloc(sizeof(*in));
	if (!in) {
		__atomic_fetch_sub(&instances, 1, __ATOMIC_RELAXED);
		return -ENOMEM;
	}
	file_init(&in->file, &inotify_ops, O_RDONLY | (flags & O_NONBLOCK));
	wait_queue_init(&in->queue);
	watch_head_init(&in->watch);
	in->file.watch = &in->watch;
	list_init(&in->events);
	list_init(&in->watches);
	return descriptor_add(&in->file, (uint32_t)flags);
}

long sys_inotify_init(void)
{
	return sys_inotify_init1(0);
}

/* The inotify behind a descriptor. Returns 0, -EBADF or -EINVAL. */
static int get(long fd, struct inotify **in)
{
	struct file *file = file_get(fd);

	if (!file)
		return -EBADF;
	if (file->ops != &inotify_ops) {
		file_put(file);
		return -EINVAL;
	}
	*in = of(file);
	return 0;
}

/* Watches inode, or changes how. spare: used where there is no watch yet, and then set to NULL. */
static long watch(struct inotify *in, struct inode *inode, uint32_t mask,
                  struct inotify_watch **spare)
{
	uint32_t kept = mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);
	struct inotify_watch *w = notify_find(in, inode);

	if (w) {
		if (mask & IN_MASK_CREATE)
			return -EEXIST;
		w->mask = mask & IN_MASK_ADD ? w->mask | kept : kept;
		return w->wd;
	}
	if (in->nr_watches >= WATCHES_MAX)
		return -ENOSPC;
	if (!*spare)
		return -ENOMEM;
	w = *spare;
	*spare = NULL;
	inode_hold(inode);
	*w = (struct inotify_watch){ .owner = in, .inode = inode, .mask = kept };
	return notify_add(w);
}

static long add_watch(struct inotify *in, const char *path, uint32_t mask)
{
	struct at at;
	long result = at_begin_existing(&at, AT_FDCWD, path, mask & IN_DONT_FOLLOW ? 0 : WALK_FOLLOW);
	struct inotify_watch *spare;

	if (result)
		return result;
	spare = heap_alloc(sizeof(*spare));
	if (mask & IN_ONLYDIR && !is_directory(at.found.dentry->inode)) {
		result = -ENOTDIR;
	} else {
		uint64_t irq = notify_begin();

		result = watch(in, at.found.dentry->inode, mask, &spare);
		notify_end(irq);
	}
	at_end(&at);
	heap_free(spare);
	return result;
}

long sys_inotify_add_watch(long fd, const char *path, uint32_t mask)
{
	struct inotify *in;
	long err;

	if (!(mask & IN_ALL_EVENTS) || (mask & IN_MASK_ADD && mask & IN_MASK_CREATE))
		return -EINVAL;
	err = get(fd, &in);
	if (err)
		return err;
	err = add_watch(in, path, mask);
	file_put(&in->file);
	return err;
}

long sys_inotify_rm_watch(long fd, int wd)
{
	struct inotify_watch *w;
	struct inotify *in;
	uint64_t irq;
	long err = get(fd, &in);

	if (err)
		return err;
	irq = notify_begin();
	w = notify_find_wd(in, wd);
	if (w)
		notify_remove(w);
	notify_end(irq);
	if (w)
		notify_free(w);
	file_put(&in->file);
	return w ? 0 : -EINVAL;
}
