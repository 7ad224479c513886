// SPDX-License-Identifier: BSD-2-Clause
/* The working directory, and calls that have nothing to do in memory: sync and its like. */
#include "arch/x86/trap.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "mm/heap.h"

long sys_chdir(const char *path);
long sys_fchdir(long fd);
long sys_getcwd(char *buf, size_t size);
long sys_sync(void);
long sys_fsync(long fd);
long sys_fdatasync(long fd);
long sys_syncfs(long fd);
long sys_sync_file_range(long fd);
long sys_fadvise64(long fd, long offset, long len, long advice);
long sys_readahead(long fd);

/* fs_lock() is held. */
static long change_to(struct dentry *d)
{
	struct dentry *old = fs_cwd;

	if (!is_directory(d->inode))
		return -ENOTDIR;
	fs_cwd = dentry_hold(d);
	dentry_put(old);
	return 0;
}

long sys_chdir(const char *path)
{
	struct at at;
	long err = at_begin_existing(&at, AT_FDCWD, path, WALK_FOLLOW);

	if (err)
		return err;
	err = change_to(at.found.dentry);
	at_end(&at);
	return err;
}

long sys_fchdir(long fd)
{
	struct file *file = file_get(fd);
	long err = -ENOTDIR;

	if (!file)
		return -EBADF;
	if (fs_file_of(file)) {
		fs_lock();
		err = change_to(fs_file_of(file)->dentry);
		fs_unlock();
	}
	file_put(file);
	return err;
}

long sys_getcwd(char *buf, size_t size)
{
	char *path = heap_alloc(PATH_LENGTH_MAX);
	long n;

	if (!path)
		return -ENOMEM;
	fs_lock();
	n = fs_cwd->linked || fs_cwd->parent == fs_cwd ? dentry_path(fs_cwd, path, PATH_LENGTH_MAX)
	                                               : -ENOENT;
	fs_unlock();
	if (n >= 0) {
		n++;
		if ((size_t)n > size)
			n = -ERANGE;
		else if (copy_to_program(buf, path, (size_t)n))
			n = -EFAULT;
	}
	heap_free(path);
	return n;
}

/* Everything is in memory: what a call names only has to be there. */
static long check_descriptor(long fd, bool pipes)
{
	struct file *file = file_get(fd);
	long err = 0;

	if (!file || file->flags & O_PATH)
		err = -EBADF;
	else if (!pipes && !fs_file_of(file))
		err = file->ops->seek ? -EINVAL : -ESPIPE;
	if (file)
		file_put(file);
	return err;
}

long sys_sync(void)
{
	return 0;
}

long sys_fsync(long fd)
{
	long err = check_descriptor(fd, false);

	return err == -ESPIPE ? -EINVAL : err;
}

long sys_fdatasync(long fd)
{
	return sys_fsync(fd);
}

long sys_syncfs(long fd)
{
	return check_descriptor(fd, true);
}

long sys_sync_file_range(long fd)
{
	return check_descriptor(fd, false);
}

long sys_fadvise64(long fd, long offset, long len, long advice)
{
	long err = check_descriptor(fd, false);

	(void)offset;
	if (!err && (len < 0 || advice < 0 || advice > 5))
		err = -EINVAL;
	return err;
}

long sys_readahead(long fd)
{
	return check_descriptor(fd, false);
}
