/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens to names and files, for those who watch (CONFIG_INOTIFY). Where nobody does, each of
 * these is one look at a counter; without the option, nothing at all. Any context that may take a
 * spinlock. */
#ifndef PAGURUS_FS_NOTIFY_H
#define PAGURUS_FS_NOTIFY_H

#include "fs/vfs.h"

#ifdef CONFIG_INOTIFY
#include <asm/fcntl.h>

/* linux/inotify.h, which would bring linux/fcntl.h along. */
#define IN_ACCESS BIT(0)
#define IN_MODIFY BIT(1)
#define IN_ATTRIB BIT(2)
#define IN_CLOSE_WRITE BIT(3)
#define IN_CLOSE_NOWRITE BIT(4)
#define IN_OPEN BIT(5)
#define IN_MOVED_FROM BIT(6)
#define IN_MOVED_TO BIT(7)
#define IN_CREATE BIT(8)
#define IN_DELETE BIT(9)
#define IN_DELETE_SELF BIT(10)
#define IN_MOVE_SELF BIT(11)
#define IN_ALL_EVENTS (BIT(12) - 1)
#define IN_ISDIR BIT(30)

extern unsigned notify_watches; /* that there are */
extern struct spinlock notify_lock;

void notify_event(const struct dentry *d, struct inode *inode, uint32_t mask);
void notify_in(struct inode *dir, const char *name, size_t len, uint32_t mask, uint32_t cookie);
void notify_links(struct inode *inode, bool last);

#define NOTIFY(call)                                                                               \
	do {                                                                                           \
		if (unlikely(READ_ONCE(notify_watches)))                                                   \
			call;                                                                                  \
	} while (0)

static inline uint32_t notify_kind(const struct inode *inode, uint32_t mask)
{
	return is_directory(inode) ? mask | IN_ISDIR : mask;
}

/* Something has happened to the file that d names, or named: IN_OPEN, IN_MODIFY, ... Its directory is
 * told too. */
static inline void notify_file(const struct dentry *d, uint32_t mask)
{
	NOTIFY(notify_event(d, d->inode, mask));
}

static inline void notify_modify(const struct dentry *d)
{
	notify_file(d, IN_MODIFY);
}

static inline void notify_attrib(const struct dentry *d)
{
	notify_file(d, IN_ATTRIB);
}

/* An open file comes or goes, or is read or written. */
static inline void notify_open(const struct fs_file *f)
{
	if (!(f->file.flags & O_PATH))
		NOTIFY(notify_event(f->dentry, f->inode, IN_OPEN));
}

static inline void notify_close(const struct fs_file *f)
{
	if (!(f->file.flags & O_PATH))
		NOTIFY(notify_event(f->dentry, f->inode,
		                    f->file.flags & O_ACCMODE ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE));
}

static inline void notify_access(const struct fs_file *f, bool write)
{
	NOTIFY(notify_event(f->dentry, f->inode, write ? IN_MODIFY : IN_ACCESS));
}

/* fs_lock() is held. A name was made; is about to be taken away, by itself or because another one takes
 * its place; has got another place; an inode has got another name. */
static inline void notify_created(struct dentry *dir, const struct dentry *d)
{
	NOTIFY(notify_in(dir->inode, d->name, d->len, notify_kind(d->inode, IN_CREATE), 0));
}

static inline void notify_replace(const struct dentry *d)
{
	NOTIFY(notify_links(d->inode, is_directory(d->inode) || d->inode->nlink == 1));
}

static inline void notify_remove_name(struct dentry *dir, const struct dentry *d)
{
	NOTIFY(notify_in(dir->inode, d->name, d->len, notify_kind(d->inode, IN_DELETE), 0));
	notify_replace(d);
}

static inline void notify_linked(struct inode *inode)
{
	NOTIFY(notify_links(inode, false));
}

void notify_rename(struct dentry *from_dir, const char *from, size_t from_len,
                   const struct dentry *d);

static inline void notify_moved(struct dentry *from_dir, const char *from, size_t from_len,
                                const struct dentry *d)
{
	NOTIFY(notify_rename(from_dir, from, from_len, d));
}

/* Around what changes the place of a dentry. */
static inline uint64_t notify_begin(void)
{
	return spin_lock(&notify_lock);
}

static inline void notify_end(uint64_t irq)
{
	spin_unlock(&notify_lock, irq);
}

#undef NOTIFY
#else

static inline void notify_modify(const struct dentry *d)
{
	(void)d;
}

static inline void notify_attrib(const struct dentry *d)
{
	(void)d;
}

static inline void notify_open(const struct fs_file *f)
{
	(void)f;
}

static inline void notify_close(const struct fs_file *f)
{
	(void)f;
}

static inline void notify_access(const struct fs_file *f, bool write)
{
	(void)f;
	(void)write;
}

static inline void notify_created(struct dentry *dir, const struct dentry *d)
{
	(void)dir;
	(void)d;
}

static inline void notify_replace(const struct dentry *d)
{
	(void)d;
}

static inline void notify_remove_name(struct dentry *dir, const struct dentry *d)
{
	(void)dir;
	(void)d;
}

static inline void notify_linked(struct inode *inode)
{
	(void)inode;
}

static inline void notify_moved(struct dentry *from_dir, const char *from, size_t from_len,
                                const struct dentry *d)
{
	(void)from_dir;
	(void)from;
	(void)from_len;
	(void)d;
}

static inline uint64_t notify_begin(void)
{
	return 0;
}

static inline void notify_end(uint64_t irq)
{
	(void)irq;
}
#endif
#endif
