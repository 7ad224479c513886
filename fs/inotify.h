/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the two files of inotify: who watches what (fs/notify.c), and the descriptor that events are
 * read from (fs/inotify.c). */
#ifndef PAGURUS_FS_INOTIFY_H
#define PAGURUS_FS_INOTIFY_H

#include "fs/notify.h"

/* linux/inotify.h, as in fs/notify.h. */
#define IN_Q_OVERFLOW BIT(14)
#define IN_IGNORED BIT(15)
#define IN_ONLYDIR BIT(24)
#define IN_DONT_FOLLOW BIT(25)
#define IN_EXCL_UNLINK BIT(26)
#define IN_MASK_CREATE BIT(28)
#define IN_MASK_ADD BIT(29)
#define IN_ONESHOT BIT(31)

struct inotify_event {
	int wd;
	uint32_t mask, cookie, len;
};

struct inotify {
	struct file file;
	struct wait_queue queue; /* readers; its lock guards the events */
	struct watch_head watch;
	struct list events;
	unsigned count;      /* of them */
	size_t bytes;        /* of them, as they are read */
	struct list watches; /* under notify_lock, as all that follows */
	unsigned nr_watches;
	int last; /* number that was given out */
};

/* One inode that an inotify watches. */
struct inotify_watch {
	struct list by_inode; /* in its bucket */
	struct list by_owner;
	struct inotify *owner;
	struct inode *inode; /* held */
	uint32_t mask;
	int wd;
};

/* Adds an event to be read. notify_lock is held. */
void inotify_queue(struct inotify *in, int wd, uint32_t mask, uint32_t cookie, const char *name,
                   size_t len);

/* The watch of in on inode; by its number. NULL: none. notify_lock is held. */
struct inotify_watch *notify_find(const struct inotify *in, const struct inode *inode);
struct inotify_watch *notify_find_wd(const struct inotify *in, int wd);

/* Enters a watch that is filled in, but for its number, which this returns. notify_lock is held. */
int notify_add(struct inotify_watch *w);

/* Takes it out, telling so; notify_free() is to be called on it without the lock. */
void notify_remove(struct inotify_watch *w);
void notify_free(struct inotify_watch *w);

#endif
