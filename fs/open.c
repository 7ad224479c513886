// SPDX-License-Identifier: BSD-2-Clause
/* Opening: open, openat, creat, and what every file that has a name in the tree can do. */
#include <linux/openat2.h>

#include "arch/x86/trap.h"
#include "fs/directory.h"
#include "fs/flock.h"
#include "fs/notify.h"
#include "fs/pipe.h"
#include "fs/ram_file.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

#define O_TMPFILE_BIT 020000000
#define KEPT_FLAGS                                                                                 \
	(O_ACCMODE | O_NONBLOCK | O_APPEND | O_DIRECT | O_NOATIME | O_PATH | O_DSYNC | __O_SYNC |      \
	 O_DIRECTORY | FASYNC)
#define PERMISSIONS 07777U
#define EXECUTE_BITS 0111U

long sys_open(const char *path, long flags, long mode);
long sys_openat(long dir, const char *path, long flags, long mode);
long sys_creat(const char *path, long mode);
long sys_openat2(long dir, const char *path, const struct open_how *how, size_t size);
long sys_umask(long mask);

static uint32_t umask = 022;

long sys_umask(long mask)
{
	return __atomic_exchange_n(&umask, (uint32_t)mask & 0777, __ATOMIC_RELAXED);
}

uint32_t apply_umask(uint32_t mode)
{
	return mode & PERMISSIONS & ~READ_ONCE(umask);
}

void fs_file_init(struct fs_file *f, struct dentry *dentry, const struct file_ops *ops,
                  uint32_t flags)
{
	file_init(&f->file, ops, flags & KEPT_FLAGS);
	f->file.traits = FILE_IN_TREE | (ops->seek ? FILE_SEEKABLE : 0);
	f->dentry = dentry_hold(dentry);
	f->inode = dentry->inode;
	f->private = NULL;
	f->writes = false;
	list_init(&f->flock);
	f->flock_type = 0;
}

struct fs_file *fs_file_new(struct dentry *dentry, const struct file_ops *ops, uint32_t flags)
{
	struct fs_file *f = heap_alloc(sizeof(*f));

	if (f)
		fs_file_init(f, dentry, ops, flags);
	return f;
}

long fs_file_stat(struct file *file, struct file_info *info)
{
	inode_info(fs_file_of(file)->inode, info);
	return 0;
}

int fs_file_describe(struct file *file, char *buf, size_t size)
{
	return dentry_path(fs_file_of(file)->dentry, buf, size);
}

void fs_file_release(struct file *file)
{
	struct fs_file *f = fs_file_of(file);

	if (f->writes)
		__atomic_fetch_sub(&f->inode->file.writers, 1, __ATOMIC_RELAXED);
	notify_close(f);
	flock_release(f);
	record_release(f);
	dentry_put(f->dentry);
	heap_free(f);
}

/* A file that is only a place in the tree (O_PATH). */
static const struct file_ops path_ops = {
	.stat = fs_file_stat,
	.describe = fs_file_describe,
	.release = fs_file_release,
};

/* The console and its like: their operations know nothing of the tree, so their files are no
 * fs_files. */
static int open_device(struct dentry *dentry, uint32_t flags, struct file **file)
{
	struct watch_head *watch;
	const struct file_ops *ops = device_ops(dentry->inode->rdev, &watch);

	if (!ops)
		return -ENXIO;
	*file = heap_alloc(sizeof(**file));
	if (!*file)
		return -ENOMEM;
	file_init(*file, ops, flags & KEPT_FLAGS);
	(*file)->traits = ops->seek ? FILE_SEEKABLE : 0;
	(*file)->watch = watch;
	return 0;
}

static int open_regular(struct dentry *dentry, uint32_t flags, struct file **file)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	struct fs_file *f;
	int err;

	if (writes && dentry->inode->file.runs)
		return -ETXTBSY;
	if (flags & O_TRUNC && writes) {
		err = ram_file_truncate(dentry->inode, 0);
		if (err)
			return err;
		notify_modify(dentry);
	}
	f = fs_file_new(dentry, &ram_file_ops, flags);
	if (!f)
		return -ENOMEM;
	f->writes = writes;
	if (writes)
		__atomic_fetch_add(&dentry->inode->file.writers, 1, __ATOMIC_RELAXED);
	*file = &f->file;
	return 0;
}

static int open_path(struct dentry *dentry, uint32_t flags, struct file **file)
{
	struct fs_file *f = fs_file_new(dentry, &path_ops, (flags & O_DIRECTORY) | O_PATH);

	if (!f)
		return -ENOMEM;
	*file = &f->file;
	return 0;
}

int open_dentry(struct dentry *dentry, uint32_t flags, struct file **file)
{
	struct inode *inode = dentry->inode;

	if (flags & O_PATH)
		return open_path(dentry, flags, file);
	if (is_directory(inode) && (flags & O_ACCMODE) != O_RDONLY)
		return -EISDIR;
	if (inode->ops && inode->ops->open)
		return inode->ops->open(dentry, flags, file);
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		return open_regular(dentry, flags, file);
	case S_IFDIR:
		return directory_open(dentry, flags, file);
	case S_IFCHR:
		return open_device(dentry, flags, file);
	case S_IFIFO:
		return fifo_open(dentry, flags, file);
	case S_IFLNK:
		return -ELOOP;
	default:
		return -ENXIO;
	}
}

/* O_TMPFILE: a file without a name in the directory that was found. */
static int open_unnamed(struct found *found, uint32_t flags, uint32_t mode, struct file **file)
{
	struct inode *inode;
	struct dentry *dentry;
	int err;

	if (!found->dentry)
		return -ENOENT;
	if (!is_directory(found->dentry->inode))
		return -ENOTDIR;
	if ((flags & O_ACCMODE) == O_RDONLY)
		return -EINVAL;
	inode = inode_new(found->dentry->inode->fs, S_IFREG | apply_umask(mode));
	dentry = inode ? dentry_alone("", inode) : NULL;
	if (!dentry)
		return -ENOMEM;
	inode->nameless = !(flags & O_EXCL);
	err = open_regular(dentry, flags & ~(uint32_t)O_TRUNC, file);
	dentry_put(dentry);
	return err;
}

static int create(struct found *found, uint32_t flags, uint32_t mode, struct file **file)
{
	struct inode *inode;
	struct dentry *dentry;
	int err;

	if (found->slash)
		return -EISDIR;
	inode = inode_new(found->dir->inode->fs, S_IFREG | apply_umask(mode));
	if (!inode)
		return -ENOMEM;
	err = name_create(found, inode, &dentry);
	return err ? err : open_regular(dentry, flags & ~(uint32_t)O_TRUNC, file);
}

int open_found(struct found *found, uint32_t flags, uint32_t mode, struct file **file)
{
	if ((flags & O_TMPFILE_BIT) == O_TMPFILE_BIT)
		return open_unnamed(found, flags, mode, file);
	if (!found->dentry)
		return flags & O_CREAT ? create(found, flags, mode, file) : -ENOENT;
	if (flags & O_CREAT && flags & O_EXCL)
		return -EEXIST;
	if (flags & O_CREAT && is_directory(found->dentry->inode))
		return -EISDIR;
	if (flags & O_DIRECTORY && !is_directory(found->dentry->inode))
		return -ENOTDIR;
	return open_dentry(found->dentry, flags, file);
}

static long open_with(long dir, const char *path, uint32_t flags, uint32_t mode, unsigned walking)
{
	struct at at;
	struct file *file;
	long err;

	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if (!(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL))
		walking |= WALK_FOLLOW;
	err = at_begin(&at, dir, path, walking);
	if (err)
		return err;
	err = open_found(&at.found, flags, mode, &file);
	at_end(&at);
	if (!err && file->ops == &fifo_ops) {
		err = fifo_connect(file);
		if (err)
			file_put(file);
	}
	if (err)
		return err;
	if (fs_file_of(file))
		notify_open(fs_file_of(file));
	return descriptor_add(file, flags);
}

long sys_openat(long dir, const char *path, long flags, long mode)
{
	return open_with(dir, path, (uint32_t)flags, (uint32_t)mode, 0);
}

long sys_open(const char *path, long flags, long mode)
{
	return open_with(AT_FDCWD, path, (uint32_t)flags, (uint32_t)mode, 0);
}

long sys_creat(const char *path, long mode)
{
	return open_with(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, (uint32_t)mode, 0);
}

/* Of what openat2 can forbid, there is the crossing of links. */
long sys_openat2(long dir, const char *path, const struct open_how *user, size_t size)
{
	struct open_how how;

	if (size < sizeof(how))
		return -EINVAL;
	if (size > sizeof(how))
		return -E2BIG;
	if (copy_from_program(&how, user, sizeof(how)))
		return -EFAULT;
	if (how.flags >> 32 || how.mode & ~(uint64_t)PERMISSIONS)
		return -EINVAL;
	if (how.resolve & ~(uint64_t)(RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS))
		return -EOPNOTSUPP;
	return open_with(dir, path, (uint32_t)how.flags, (uint32_t)how.mode,
	                 how.resolve & RESOLVE_NO_SYMLINKS ? WALK_NO_LINKS : 0);
}
