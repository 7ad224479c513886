// SPDX-License-Identifier: BSD-2-Clause
/* System calls that make, remove and rename names. */
#include "arch/x86/trap.h"
#include "fs/directory.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

#define RENAME_NOREPLACE 1 /* linux/fs.h */
#define RENAME_EXCHANGE 2

long sys_mkdir(const char *path, long mode);
long sys_mkdirat(long dir, const char *path, long mode);
long sys_mknod(const char *path, long mode, long dev);
long sys_mknodat(long dir, const char *path, long mode, long dev);
long sys_rmdir(const char *path);
long sys_unlink(const char *path);
long sys_unlinkat(long dir, const char *path, long flags);
long sys_symlink(const char *text, const char *path);
long sys_symlinkat(const char *text, long dir, const char *path);
long sys_link(const char *from, const char *to);
long sys_linkat(long from_dir, const char *from, long to_dir, const char *to, long flags);
long sys_rename(const char *from, const char *to);
long sys_renameat(long from_dir, const char *from, long to_dir, const char *to);
long sys_renameat2(long from_dir, const char *from, long to_dir, const char *to, long flags);
long sys_readlink(const char *path, char *buf, long size);
long sys_readlinkat(long dir, const char *path, char *buf, long size);

/* Makes an inode of this mode under the name; rdev for devices. */
static int make(const struct found *found, uint32_t mode, uint32_t rdev)
{
	struct inode *inode;
	struct dentry *dentry;

	if (found->dentry)
		return -EEXIST;
	if (found->slash && !S_ISDIR(mode))
		return -ENOENT;
	inode = inode_new(found->dir->inode->fs, mode);
	if (!inode)
		return -ENOMEM;
	if (S_ISCHR(mode) || S_ISBLK(mode))
		inode->rdev = rdev;
	return name_create(found, inode, &dentry);
}

long sys_mkdirat(long dir, const char *path, long mode)
{
	struct at at;
	long err = at_begin(&at, dir, path, 0);

	if (err)
		return err;
	err = make(&at.found, S_IFDIR | apply_umask((uint32_t)mode), 0);
	at_end(&at);
	return err;
}

long sys_mkdir(const char *path, long mode)
{
	return sys_mkdirat(AT_FDCWD, path, mode);
}

long sys_mknodat(long dir, const char *path, long mode, long dev)
{
	uint32_t type = (uint32_t)mode & S_IFMT;
	struct at at;
	long err;

	if (!type)
		type = S_IFREG;
	if (type != S_IFREG && type != S_IFCHR && type != S_IFBLK && type != S_IFIFO &&
	    type != S_IFSOCK)
		return type == S_IFDIR ? -EPERM : -EINVAL;
	err = at_begin(&at, dir, path, 0);
	if (err)
		return err;
	err = make(&at.found, type | apply_umask((uint32_t)mode), (uint32_t)dev);
	at_end(&at);
	return err;
}

long sys_mknod(const char *path, long mode, long dev)
{
	return sys_mknodat(AT_FDCWD, path, mode, dev);
}

long sys_unlinkat(long dir, const char *path, long flags)
{
	struct at at;
	long err;

	if (flags & ~(long)AT_REMOVEDIR)
		return -EINVAL;
	err = at_begin(&at, dir, path, 0);
	if (err)
		return err;
	err = flags & AT_REMOVEDIR ? name_rmdir(&at.found) : name_unlink(&at.found);
	at_end(&at);
	return err;
}

long sys_unlink(const char *path)
{
	return sys_unlinkat(AT_FDCWD, path, 0);
}

long sys_rmdir(const char *path)
{
	return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

static int make_link(const struct found *found, const char *text)
{
	size_t len = strlen(text);
	struct inode *inode;
	struct dentry *dentry;
	char *copy;

	if (found->dentry)
		return -EEXIST;
	if (found->slash || !len)
		return -ENOENT;
	copy = heap_alloc(len);
	inode = copy ? inode_new(found->dir->inode->fs, S_IFLNK | 0777) : NULL;
	if (!inode) {
		heap_free(copy);
		return -ENOMEM;
	}
	inode->link.text = memcpy(copy, text, len);
	inode->link.owned = true;
	inode->size = len;
	return name_create(found, inode, &dentry);
}

long sys_symlinkat(const char *user_text, long dir, const char *path)
{
	char small[128], *text;
	struct at at;
	long err = path_copy(&text, small, sizeof(small), user_text);

	if (err)
		return err;
	err = at_begin(&at, dir, path, 0);
	if (!err) {
		err = make_link(&at.found, text);
		at_end(&at);
	}
	if (text != small)
		heap_free(text);
	return err;
}

long sys_symlink(const char *text, const char *path)
{
	return sys_symlinkat(text, AT_FDCWD, path);
}

/* Two paths are walked one after the other, under one lock: the first one's result is pinned, and its
 * last name copied, which may be part of a symbolic link. */
struct two_names {
	struct at from, to;
	struct dentry *dentry, *dir;
	char name[NAME_LENGTH_MAX];
};

static long begin_two(struct two_names *t, long from_dir, const char *from, unsigned from_flags,
                      long to_dir, const char *to, bool renames)
{
	long err = at_begin(&t->from, from_dir, from, from_flags);

	if (err)
		return err;
	if (!t->from.found.dentry) {
		at_end(&t->from);
		/* As with Linux, rename looks at both ways before at the names that they lead to. */
		err = renames ? at_begin(&t->to, to_dir, to, 0) : -ENOENT;
		if (err)
			return err;
		at_end(&t->to);
		return -ENOENT;
	}
	t->dentry = dentry_hold(t->from.found.dentry);
	t->dir = dentry_hold(t->from.found.dir);
	t->from.found.name = memcpy(t->name, t->from.found.name, t->from.found.len);
	fs_unlock();
	err = at_begin(&t->to, to_dir, to, 0);
	if (err) {
		dentry_put(t->dentry);
		dentry_put(t->dir);
		fs_lock();
		at_end(&t->from);
	}
	return err;
}

static void end_two(struct two_names *t)
{
	at_end(&t->to);
	fs_lock();
	at_end(&t->from);
	dentry_put(t->dentry);
	dentry_put(t->dir);
}

long sys_linkat(long from_dir, const char *from, long to_dir, const char *to, long flags)
{
	unsigned walking =
		(flags & AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0) | (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
	struct two_names t;
	long err;

	if (flags & ~(long)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = begin_two(&t, from_dir, from, walking, to_dir, to, false);
	if (err)
		return err;
	err =
		t.to.found.slash && !t.to.found.dentry ? -ENOENT : name_link(&t.to.found, t.dentry->inode);
	end_two(&t);
	return err;
}

long sys_link(const char *from, const char *to)
{
	return sys_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* While nothing was locked, the name may have gone, or be another's now. fs_lock() is held. */
static long find_again(struct two_names *t)
{
	struct found *from = &t->from.found;
	struct dentry *now;

	if (!from->len || t->dir->inode->fs->fixed)
		return 0; /* name_rename() refuses it */
	now = dentry_find(t->dir, from->name, from->len);
	if (!now)
		return -ENOENT;
	now = dentry_hold(mounted_on(now));
	dentry_put(t->dentry);
	from->dentry = t->dentry = now;
	return 0;
}

long sys_renameat2(long from_dir, const char *from, long to_dir, const char *to, long flags)
{
	struct two_names t;
	long err;

	if (flags & ~(long)(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	err = begin_two(&t, from_dir, from, 0, to_dir, to, true);
	if (err)
		return err;
	err = find_again(&t) ?: name_rename(&t.from.found, &t.to.found, (unsigned)flags);
	end_two(&t);
	return err;
}

long sys_renameat(long from_dir, const char *from, long to_dir, const char *to)
{
	return sys_renameat2(from_dir, from, to_dir, to, 0);
}

long sys_rename(const char *from, const char *to)
{
	return sys_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static long give_link(const struct dentry *d, char *buf, size_t size)
{
	struct inode *inode = d->inode;
	char *text;
	long n;

	if (!S_ISLNK(inode->mode))
		return -EINVAL;
	if (!inode->ops || !inode->ops->readlink) {
		n = (long)MIN(inode->size, size);
		return copy_to_program(buf, inode->link.text, (size_t)n) ? -EFAULT : n;
	}
	text = heap_alloc(PATH_LENGTH_MAX);
	if (!text)
		return -ENOMEM;
	n = inode->ops->readlink(inode, text, PATH_LENGTH_MAX);
	if (n >= 0)
		n = (long)MIN((size_t)n, size);
	if (n >= 0 && copy_to_program(buf, text, (size_t)n))
		n = -EFAULT;
	heap_free(text);
	return n;
}

long sys_readlinkat(long dir, const char *path, char *buf, long size)
{
	struct at at;
	long result;

	if (size <= 0)
		return -EINVAL;
	result = at_begin_existing(&at, dir, path, WALK_EMPTY);
	if (result)
		return result;
	result = give_link(at.found.dentry, buf, (size_t)size);
	at_end(&at);
	return result;
}

long sys_readlink(const char *path, char *buf, long size)
{
	return sys_readlinkat(AT_FDCWD, path, buf, size);
}
