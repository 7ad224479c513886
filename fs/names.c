// SPDX-License-Identifier: BSD-2-Clause
/* What changes the tree of names: create, link, unlink, rmdir, rename. */
#include "fs/notify.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"

#define RENAME_NOREPLACE 1 /* linux/fs.h */
#define RENAME_EXCHANGE 2

/* Trees whose names are made up take no others. */
static int may_change(const struct dentry *dir)
{
	if (dir->inode->fs->fixed)
		return -EPERM;
	return dir->linked || dir->parent == dir ? 0 : -ENOENT; /* removed, but still somebody's cwd */
}

static int may_add(const struct found *found)
{
	if (found->dentry)
		return -EEXIST;
	return may_change(found->dir);
}

int name_create(const struct found *found, struct inode *inode, struct dentry **dentry)
{
	int err = may_add(found);

	if (err) {
		inode_put(inode);
		return err;
	}
	*dentry = dentry_add(found->dir, found->name, found->len, inode, true, true);
	if (!*dentry)
		return -ENOMEM;
	inode_touch(found->dir->inode);
	notify_created(found->dir, *dentry);
	return 0;
}

int name_link(const struct found *found, struct inode *inode)
{
	struct dentry *dentry;
	int err;

	if (is_directory(inode))
		return -EPERM;
	if (found->dir->inode->fs != inode->fs)
		return -EXDEV;
	if (!inode->nlink && !inode->nameless)
		return -ENOENT; /* its last name is gone, or it is to have none */
	inode_hold(inode);
	err = name_create(found, inode, &dentry);
	if (!err) {
		inode->nameless = false;
		notify_linked(inode);
	}
	return err;
}

/* Can the name that was found be taken away at all? */
static int may_remove(const struct found *found)
{
	if (!found->dentry)
		return -ENOENT;
	if (found->dentry->parent == found->dentry || found->dentry->mounted)
		return -EBUSY; /* a mount point */
	return may_change(found->dir);
}

static void remove(const struct found *found)
{
	inode_touch(found->dir->inode);
	inode_touch(found->dentry->inode);
	notify_remove_name(found->dir, found->dentry);
	dentry_unlink(found->dentry);
}

int name_unlink(const struct found *found)
{
	int err;

	if (!found->len)
		return -EISDIR;
	if (found->dentry && is_directory(found->dentry->inode))
		return -EISDIR;
	if (found->dentry && found->slash)
		return -ENOTDIR;
	err = may_remove(found);
	if (err)
		return err;
	remove(found);
	return 0;
}

static int must_be_empty(struct dentry *dir)
{
	return directory_ready(dir) ?: dir->inode->dir.count ? -ENOTEMPTY : 0;
}

int name_rmdir(const struct found *found)
{
	int err;

	if (!found->len)
		return found->dentry == fs_root                         ? -EBUSY
		       : found->name[0] == '.' && found->name[1] == '.' ? -ENOTEMPTY
		                                                        : -EINVAL;
	err = may_remove(found);
	if (err)
		return err;
	if (!is_directory(found->dentry->inode))
		return -ENOTDIR;
	err = must_be_empty(found->dentry);
	if (err)
		return err;
	remove(found);
	return 0;
}

/* Does what is moved fit what it replaces? */
static int may_replace(const struct dentry *from, struct dentry *to)
{
	bool dir = is_directory(from->inode);

	if (to->mounted || to->parent == to)
		return -EBUSY;
	if (dir != is_directory(to->inode))
		return dir ? -ENOTDIR : -EISDIR;
	return dir ? must_be_empty(to) : 0;
}

static int exchange(const struct found *from, const struct found *to)
{
	struct dentry *d = from->dentry;
	int err = may_remove(to);

	if (err || to->dentry == d)
		return err;
	if (is_directory(to->dentry->inode) && dentry_inside(from->dir, to->dentry))
		return -EINVAL;
	err = dentry_exchange(d, to->dentry);
	if (err)
		return err;
	notify_moved(from->dir, from->name, from->len, d);
	notify_moved(to->dir, to->name, to->len, to->dentry);
	inode_touch(from->dir->inode);
	inode_touch(to->dir->inode);
	return 0;
}

int name_rename(const struct found *from, const struct found *to, unsigned flags)
{
	struct dentry *d = from->dentry;
	int err;

	if (!from->len || !to->len)
		return -EBUSY;
	err = may_remove(from);
	if (!err)
		err = may_change(to->dir);
	if (err)
		return err;
	if (from->dir->inode->fs != to->dir->inode->fs)
		return -EXDEV;
	if (!is_directory(d->inode) && (from->slash || to->slash))
		return -ENOTDIR;
	if (is_directory(d->inode) && dentry_inside(to->dir, d))
		return -EINVAL;
	if (flags & RENAME_NOREPLACE && to->dentry)
		return -EEXIST;
	if (flags & RENAME_EXCHANGE)
		return exchange(from, to);
	if (to->dentry) {
		if (to->dentry->inode == d->inode)
			return 0; /* as POSIX has it: two names of one file stay */
		err = may_replace(d, to->dentry);
		if (err)
			return err;
	}
	err = dentry_move(d, to->dir, to->name, to->len);
	if (err)
		return err;
	if (to->dentry) {
		notify_replace(to->dentry);
		dentry_unlink(to->dentry);
	}
	notify_moved(from->dir, from->name, from->len, d);
	inode_touch(from->dir->inode);
	inode_touch(to->dir->inode);
	return 0;
}
