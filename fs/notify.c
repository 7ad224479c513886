// SPDX-License-Identifier: BSD-2-Clause
/* Who watches what: watches by inode, and what happens to inodes handed to them. */
#include "fs/notify.h"

#include "fs/inotify.h"
#include "lib/string.h"
#include "mm/heap.h"

#define BUCKETS 64

unsigned notify_watches;
struct spinlock notify_lock;

static struct list buckets[BUCKETS]; /* a list that is all zeros is empty, too */

static struct list *bucket_of(const struct inode *inode)
{
	struct list *bucket = &buckets[((uintptr_t)inode >> 7) % BUCKETS];

	if (!bucket->next)
		list_init(bucket);
	return bucket;
}

struct inotify_watch *notify_find(const struct inotify *in, const struct inode *inode)
{
	struct list *bucket = bucket_of(inode);
	struct inotify_watch *w;

	list_for_each (w, bucket, by_inode)
		if (w->owner == in && w->inode == inode)
			return w;
	return NULL;
}

struct inotify_watch *notify_find_wd(const struct inotify *in, int wd)
{
	struct inotify_watch *w;

	list_for_each (w, &in->watches, by_owner)
		if (w->wd == wd)
			return w;
	return NULL;
}

int notify_add(struct inotify_watch *w)
{
	struct inotify *in = w->owner;

	w->wd = ++in->last;
	list_add_tail(bucket_of(w->inode), &w->by_inode);
	list_add_tail(&in->watches, &w->by_owner);
	in->nr_watches++;
	WRITE_ONCE(notify_watches, notify_watches + 1);
	return w->wd;
}

void notify_remove(struct inotify_watch *w)
{
	list_del(&w->by_inode);
	list_del(&w->by_owner);
	w->owner->nr_watches--;
	WRITE_ONCE(notify_watches, notify_watches - 1);
	inotify_queue(w->owner, w->wd, IN_IGNORED, 0, "", 0);
}

void notify_free(struct inotify_watch *w)
{
	inode_put(w->inode);
	heap_free(w);
}

/* Tells those who watch inode; lock held. Watches that end by that are put into ended. */
static void tell(struct inode *inode, const char *name, size_t len, uint32_t mask, uint32_t cookie,
                 struct list *ended)
{
	struct list *bucket = bucket_of(inode), *at = bucket->next, *next;

	for (; at != bucket; at = next) {
		struct inotify_watch *w = container_of(at, struct inotify_watch, by_inode);

		next = at->next;
		if (w->inode != inode || !(w->mask & mask & IN_ALL_EVENTS))
			continue;
		inotify_queue(w->owner, w->wd, mask, cookie, name, len);
		if (!(w->mask & IN_ONESHOT))
			continue;
		notify_remove(w);
		list_add_tail(ended, &w->by_inode);
	}
}

static void finish(struct list *ended, uint64_t irq)
{
	spin_unlock(&notify_lock, irq);
	while (!list_empty(ended)) {
		struct inotify_watch *w = list_first(ended, struct inotify_watch, by_inode);

		list_del(&w->by_inode);
		notify_free(w);
	}
}

void notify_event(const struct dentry *d, struct inode *inode, uint32_t mask)
{
	uint64_t irq = spin_lock(&notify_lock);
	struct list ended = LIST_INIT(ended);

	mask = notify_kind(inode, mask);
	if (d->parent != d)
		tell(d->parent->inode, d->name, d->len, mask, 0, &ended);
	tell(inode, "", 0, mask, 0, &ended);
	finish(&ended, irq);
}

void notify_in(struct inode *dir, const char *name, size_t len, uint32_t mask, uint32_t cookie)
{
	uint64_t irq = spin_lock(&notify_lock);
	struct list ended = LIST_INIT(ended);

	tell(dir, name, len, mask, cookie, &ended);
	finish(&ended, irq);
}

void notify_links(struct inode *inode, bool last)
{
	uint64_t irq = spin_lock(&notify_lock);
	struct list *bucket = bucket_of(inode), *at, *next;
	struct list ended = LIST_INIT(ended);

	tell(inode, "", 0, IN_ATTRIB, 0, &ended);
	if (last) {
		tell(inode, "", 0, IN_DELETE_SELF, 0, &ended);
		for (at = bucket->next; at != bucket; at = next) {
			struct inotify_watch *w = container_of(at, struct inotify_watch, by_inode);

			next = at->next;
			if (w->inode != inode)
				continue;
			notify_remove(w);
			list_add_tail(&ended, &w->by_inode);
		}
	}
	finish(&ended, irq);
}

void notify_rename(struct dentry *from_dir, const char *from, size_t from_len,
                   const struct dentry *d)
{
	static uint32_t cookies;
	uint32_t cookie = __atomic_add_fetch(&cookies, 1, __ATOMIC_RELAXED);
	uint64_t irq = spin_lock(&notify_lock);
	struct list ended = LIST_INIT(ended);

	tell(from_dir->inode, from, from_len, notify_kind(d->inode, IN_MOVED_FROM), cookie, &ended);
	tell(d->parent->inode, d->name, d->len, notify_kind(d->inode, IN_MOVED_TO), cookie, &ended);
	tell(d->inode, "", 0, IN_MOVE_SELF, 0, &ended);
	finish(&ended, irq);
}
