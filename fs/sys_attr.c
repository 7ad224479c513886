// SPDX-License-Identifier: BSD-2-Clause
/* System calls that change a file's attributes: mode, owner, times, size. */
#include "arch/x86/trap.h"
#include "core/clock.h"
#include "core/limit.h"
#include "fs/notify.h"
#include "fs/pipe.h"
#include "fs/ram_file.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"

#define PERMISSIONS 07777U
#define FALLOC_FL_KEEP_SIZE 1 /* linux/falloc.h */
#define UTIME_NOW 0x3fffffffL /* linux/stat.h's neighbours in C libraries */
#define UTIME_OMIT 0x3ffffffeL
#define UNCHANGED 0xffffffffU /* an owner of -1 */

long sys_chmod(const char *path, long mode);
long sys_fchmod(long fd, long mode);
long sys_fchmodat(long dir, const char *path, long mode);
long sys_fchmodat2(long dir, const char *path, long mode, long flags);
long sys_chown(const char *path, long uid, long gid);
long sys_lchown(const char *path, long uid, long gid);
long sys_fchown(long fd, long uid, long gid);
long sys_fchownat(long dir, const char *path, long uid, long gid, long flags);
long sys_utimensat(long dir, const char *path, const struct timespec64 *times, long flags);
long sys_futimesat(long dir, const char *path, const int64_t *times);
long sys_utimes(const char *path, const int64_t *times);
long sys_utime(const char *path, const int64_t *times);
long sys_truncate(const char *path, long size);
long sys_ftruncate(long fd, long size);
long sys_fallocate(long fd, long mode, long offset, long len);

/* What a call changes. */
struct change {
	enum {
		CHANGE_MODE,
		CHANGE_OWNER,
		CHANGE_TIMES
	} what;
	uint32_t mode;
	uint32_t uid, gid;
	int64_t atime, mtime; /* ns */
	bool set_atime, set_mtime;
};

static void apply(struct inode *inode, const struct change *c)
{
	int64_t modified = inode->mtime;

	switch (c->what) {
	case CHANGE_MODE:
		inode->mode = (inode->mode & S_IFMT) | c->mode;
		break;
	case CHANGE_OWNER:
		if (c->uid != UNCHANGED)
			inode->uid = c->uid;
		if (c->gid != UNCHANGED)
			inode->gid = c->gid;
		break;
	case CHANGE_TIMES:
		if (c->set_atime)
			inode->atime = c->atime;
		if (c->set_mtime)
			modified = c->mtime;
		break;
	}
	inode_touch(inode); /* ctime */
	inode->mtime = modified;
}

static long change_path(long dir, const char *path, unsigned walking, const struct change *c)
{
	struct at at;
	long err = at_begin_existing(&at, dir, path, walking);

	if (err)
		return err;
	apply(at.found.dentry->inode, c);
	notify_attrib(at.found.dentry);
	at_end(&at);
	return 0;
}

/* Files that are not of the tree (pipes, the console) take it without effect. */
static long change_descriptor(long fd, const struct change *c)
{
	struct file *file = file_get(fd);
	long err = 0;

	if (!file)
		return -EBADF;
	if (file->flags & O_PATH) {
		err = -EBADF;
	} else if (fs_file_of(file)) {
		apply(fs_file_of(file)->inode, c);
		notify_attrib(fs_file_of(file)->dentry);
	}
	file_put(file);
	return err;
}

long sys_fchmodat2(long dir, const char *path, long mode, long flags)
{
	struct change c = { .what = CHANGE_MODE, .mode = (uint32_t)mode & PERMISSIONS };

	if (flags & ~(long)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return change_path(dir, path,
	                   (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) |
	                       (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0),
	                   &c);
}

long sys_fchmodat(long dir, const char *path, long mode)
{
	return sys_fchmodat2(dir, path, mode, 0);
}

long sys_chmod(const char *path, long mode)
{
	return sys_fchmodat2(AT_FDCWD, path, mode, 0);
}

long sys_fchmod(long fd, long mode)
{
	return change_descriptor(fd, &(struct change){ .what = CHANGE_MODE,
	                                               .mode = (uint32_t)mode & PERMISSIONS });
}

static struct change owner(long uid, long gid)
{
	return (struct change){ .what = CHANGE_OWNER, .uid = (uint32_t)uid, .gid = (uint32_t)gid };
}

long sys_fchownat(long dir, const char *path, long uid, long gid, long flags)
{
	struct change c = owner(uid, gid);

	if (flags & ~(long)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return change_path(dir, path,
	                   (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) |
	                       (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0),
	                   &c);
}

long sys_chown(const char *path, long uid, long gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long sys_lchown(const char *path, long uid, long gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(long fd, long uid, long gid)
{
	struct change c = owner(uid, gid);

	return change_descriptor(fd, &c);
}

/* One of two times: now, as it was, or given. Returns 0 or -EINVAL. */
static long take_time(const struct timespec64 *ts, int64_t *ns, bool *set)
{
	*set = ts->nsec != UTIME_OMIT;
	if (ts->nsec == UTIME_NOW) {
		*ns = (int64_t)clock_wall_ns();
		return 0;
	}
	if (*set && (ts->nsec < 0 || ts->nsec >= (int64_t)NS_PER_SEC))
		return -EINVAL;
	*ns = ts->sec * (int64_t)NS_PER_SEC + ts->nsec;
	return 0;
}

static long set_times(long dir, const char *path, const struct timespec64 ts[2], long flags)
{
	struct change c = { .what = CHANGE_TIMES };
	long err = take_time(&ts[0], &c.atime, &c.set_atime);

	if (!err)
		err = take_time(&ts[1], &c.mtime, &c.set_mtime);
	if (err)
		return err;
	if (!path)
		return change_descriptor(dir, &c);
	return change_path(dir, path,
	                   (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) |
	                       (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0),
	                   &c);
}

long sys_utimensat(long dir, const char *path, const struct timespec64 *times, long flags)
{
	struct timespec64 ts[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };

	if (flags & ~(long)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (times && copy_from_program(ts, times, sizeof(ts)))
		return -EFAULT;
	return set_times(dir, path, ts, flags);
}

/* times: two struct timeval. */
long sys_futimesat(long dir, const char *path, const int64_t *times)
{
	struct timespec64 ts[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };

	if (times) {
		if (copy_from_program(ts, times, sizeof(ts)))
			return -EFAULT;
		for (int i = 0; i < 2; i++) {
			if (ts[i].nsec < 0 || ts[i].nsec >= 1000000)
				return -EINVAL;
			ts[i].nsec *= (int64_t)NS_PER_US;
		}
	}
	return set_times(dir, path, ts, 0);
}

long sys_utimes(const char *path, const int64_t *times)
{
	return sys_futimesat(AT_FDCWD, path, times);
}

/* times: two numbers of seconds. */
long sys_utime(const char *path, const int64_t *times)
{
	struct timespec64 ts[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	int64_t seconds[2];

	if (times) {
		if (copy_from_program(seconds, times, sizeof(seconds)))
			return -EFAULT;
		ts[0] = (struct timespec64){ seconds[0], 0 };
		ts[1] = (struct timespec64){ seconds[1], 0 };
	}
	return set_times(AT_FDCWD, path, ts, 0);
}

static long truncate(const struct dentry *d, struct inode *inode, long size)
{
	long err;

	if (is_directory(inode))
		return -EISDIR;
	if ((uint64_t)size > MAX(READ_ONCE(limit_file_size), inode->size))
		return file_too_large();
	err = S_ISREG(inode->mode) ? ram_file_truncate(inode, (uint64_t)size) : -EINVAL;
	if (!err)
		notify_modify(d);
	return err;
}

long sys_truncate(const char *path, long size)
{
	struct at at;
	long err;

	if (size < 0)
		return -EINVAL;
	err = at_begin_existing(&at, AT_FDCWD, path, WALK_FOLLOW);
	if (err)
		return err;
	if (S_ISREG(at.found.dentry->inode->mode) && at.found.dentry->inode->file.runs)
		err = -ETXTBSY;
	else
		err = truncate(at.found.dentry, at.found.dentry->inode, size);
	at_end(&at);
	return err;
}

/* The regular file behind a descriptor that is open for writing. Returns 0, -EBADF or -EINVAL. */
static long writable_file(long fd, struct file **file)
{
	*file = file_get(fd);
	if (!*file)
		return -EBADF;
	if ((*file)->flags & O_PATH)
		return -EBADF;
	if (!fs_file_of(*file) || !S_ISREG(fs_file_of(*file)->inode->mode))
		return -EINVAL;
	return ((*file)->flags & O_ACCMODE) == O_RDONLY ? -EINVAL : 0;
}

long sys_ftruncate(long fd, long size)
{
	struct file *file;
	long err = writable_file(fd, &file);

	if (!err && size < 0)
		err = -EINVAL;
	if (!err)
		err = truncate(fs_file_of(file)->dentry, fs_file_of(file)->inode, size);
	if (file)
		file_put(file);
	return err;
}

long sys_fallocate(long fd, long mode, long offset, long len)
{
	struct file *file;
	long err = writable_file(fd, &file);

	if (err == -EINVAL && file)
		err = fs_file_of(file) && is_directory(fs_file_of(file)->inode) ? -EISDIR
		      : (file->flags & O_ACCMODE) == O_RDONLY                   ? -EBADF
		                                                                : -ENODEV;
	if (!err && (offset < 0 || len <= 0))
		err = -EINVAL;
	if (!err && (uint64_t)offset + (uint64_t)len > limit_file_size && !(mode & FALLOC_FL_KEEP_SIZE))
		err = file_too_large();
	if (!err)
		err = ram_file_allocate(fs_file_of(file)->inode, (unsigned)mode, (uint64_t)offset,
		                        (uint64_t)len);
	if (!err)
		notify_modify(fs_file_of(file)->dentry);
	if (file)
		file_put(file);
	return err;
}
