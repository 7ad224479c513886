// SPDX-License-Identifier: BSD-2-Clause
/* System calls that ask about files by name: stat and its forms, access, statfs. */
#include <asm/statfs.h>
#include <linux/stat.h>

#include "arch/x86/trap.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/frame.h"

#define EXECUTE_BITS 0111U
#define ST_VALID 0x20

long sys_stat(const char *path, void *buf);
long sys_lstat(const char *path, void *buf);
long sys_newfstatat(long dir, const char *path, void *buf, long flags);
long sys_statx(long dir, const char *path, long flags, long mask, struct statx *buf);
long sys_access(const char *path, long mode);
long sys_faccessat(long dir, const char *path, long mode);
long sys_faccessat2(long dir, const char *path, long mode, long flags);
long sys_statfs(const char *path, void *buf);
long sys_fstatfs(long fd, void *buf);

static unsigned walking(long flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) |
	       (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
}

static long info_of_descriptor(long fd, struct file_info *info)
{
	struct file *file = file_get(fd);
	long err;

	if (!file)
		return -EBADF;
	err = file->ops->stat(file, info);
	file_put(file);
	return err;
}

/* Is the path empty, so that the descriptor is meant? A descriptor need not be of the tree. */
static bool means_descriptor(long dir, const char *path, long flags)
{
	char first;

	return flags & AT_EMPTY_PATH && dir >= 0 &&
	       (!path || (!copy_from_program(&first, path, 1) && !first));
}

static long get_info(long dir, const char *path, long flags, struct file_info *info)
{
	struct at at;
	long err;

	if (means_descriptor((int)dir, path, flags))
		return info_of_descriptor((int)dir, info);
	err = at_begin_existing(&at, dir, path, walking(flags));
	if (err)
		return err;
	inode_info(at.found.dentry->inode, info);
	at_end(&at);
	return 0;
}

long sys_newfstatat(long dir, const char *path, void *buf, long flags)
{
	struct file_info info;
	long err;

	if (flags & ~(long)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT))
		return -EINVAL;
	err = get_info(dir, path, flags, &info);
	return err ? err : give_stat(buf, &info);
}

long sys_stat(const char *path, void *buf)
{
	return sys_newfstatat(AT_FDCWD, path, buf, 0);
}

long sys_lstat(const char *path, void *buf)
{
	return sys_newfstatat(AT_FDCWD, path, buf, AT_SYMLINK_NOFOLLOW);
}

static struct statx_timestamp stamp(int64_t ns)
{
	int64_t sec = ns / (int64_t)NS_PER_SEC, rest = ns % (int64_t)NS_PER_SEC;

	if (rest < 0) {
		sec--;
		rest += (int64_t)NS_PER_SEC;
	}
	return (struct statx_timestamp){ .tv_sec = sec, .tv_nsec = (uint32_t)rest };
}

long sys_statx(long dir, const char *path, long flags, long mask, struct statx *buf)
{
	struct file_info info;
	struct statx st;
	long err;

	if (flags &
	        ~(long)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE) ||
	    mask & (long)STATX__RESERVED)
		return -EINVAL;
	err = get_info(dir, path, flags, &info);
	if (err)
		return err;
	memset(&st, 0, sizeof(st));
	st.stx_mask = STATX_BASIC_STATS | STATX_BTIME;
	st.stx_blksize = info.block_size;
	st.stx_nlink = info.nlink;
	st.stx_uid = info.uid;
	st.stx_gid = info.gid;
	st.stx_mode = (uint16_t)info.mode;
	st.stx_ino = info.ino;
	st.stx_size = info.size;
	st.stx_blocks = info.blocks;
	st.stx_atime = stamp(info.atime);
	st.stx_btime = stamp(info.btime);
	st.stx_ctime = stamp(info.ctime);
	st.stx_mtime = stamp(info.mtime);
	st.stx_rdev_major = (uint32_t)(info.rdev >> 8);
	st.stx_rdev_minor = info.rdev & 0xff;
	st.stx_dev_major = (uint32_t)(info.dev >> 8);
	st.stx_dev_minor = info.dev & 0xff;
	return copy_to_program(buf, &st, sizeof(st));
}

/* The program is root: it may do everything but execute what nobody may. */
static long may_access(const struct inode *inode, long mode)
{
	if (mode & 1 && S_ISREG(inode->mode) && !(inode->mode & EXECUTE_BITS))
		return -EACCES;
	return 0;
}

long sys_faccessat2(long dir, const char *path, long mode, long flags)
{
	struct at at;
	long err;

	if (mode & ~7L || flags & ~(long)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = at_begin_existing(&at, dir, path, walking(flags));
	if (err)
		return err;
	err = may_access(at.found.dentry->inode, mode);
	at_end(&at);
	return err;
}

long sys_faccessat(long dir, const char *path, long mode)
{
	return sys_faccessat2(dir, path, mode, 0);
}

long sys_access(const char *path, long mode)
{
	return sys_faccessat2(AT_FDCWD, path, mode, 0);
}

static long give_statfs(void *buf, const struct filesystem *fs)
{
	struct frame_stats frames;
	struct statfs st;

	memset(&st, 0, sizeof(st));
	frame_stats(&frames);
	st.f_type = (long)fs->magic;
	st.f_bsize = FRAME_SIZE;
	st.f_frsize = FRAME_SIZE;
	st.f_namelen = NAME_LENGTH_MAX;
	st.f_flags = ST_VALID;
	st.f_fsid.val[0] = (int)fs->dev;
	if (fs->magic == root_fs.magic) {
		st.f_blocks = (long)frames.total;
		st.f_bfree = (long)frames.free;
		st.f_bavail = (long)frames.free;
		st.f_files = (long)frames.total;
		st.f_ffree = (long)frames.free;
	}
	return copy_to_program(buf, &st, sizeof(st));
}

long sys_statfs(const char *path, void *buf)
{
	const struct filesystem *fs;
	struct at at;
	long err = at_begin_existing(&at, AT_FDCWD, path, WALK_FOLLOW);

	if (err)
		return err;
	fs = at.found.dentry->inode->fs;
	at_end(&at);
	return give_statfs(buf, fs);
}

long sys_fstatfs(long fd, void *buf)
{
	struct file *file = file_get(fd);
	const struct filesystem *fs = &root_fs;

	if (!file)
		return -EBADF;
	if (fs_file_of(file))
		fs = fs_file_of(file)->inode->fs;
	file_put(file);
	return give_statfs(buf, fs);
}
