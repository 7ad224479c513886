// SPDX-License-Identifier: BSD-2-Clause
/* System calls on descriptors that work on any file: closing, copying, asking. */
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/stat.h>
#include <linux/close_range.h>

#include "arch/x86/trap.h"
#include "core/descriptor.h"
#include "core/file.h"
#include "include/errno.h"
#include "lib/string.h"

#define F_DUPFD_CLOEXEC 1030 /* linux/fcntl.h, which needs a C library's types */
#ifndef F_OWNER_PID
#define F_OWNER_PID 1
#endif
#define SETTABLE_FLAGS (O_NONBLOCK | O_APPEND | O_DIRECT | O_NOATIME | FASYNC)

long sys_close(long fd);
long sys_close_range(unsigned first, unsigned last, unsigned flags);
long sys_dup(long fd);
long sys_dup2(long from, long to);
long sys_dup3(long from, long to, long flags);
long sys_fcntl(long fd, long command, long arg);
long sys_ioctl(long fd, unsigned request, void *arg);
long sys_lseek(long fd, long offset, long whence);
long sys_fstat(long fd, void *buf);

long sys_close(long fd)
{
	return descriptor_close(fd);
}

long sys_dup(long fd)
{
	return descriptor_duplicate(fd, 0, false);
}

long sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	if (first > last || flags & ~(unsigned)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	for (long fd = first; (fd = descriptor_next(fd)) >= 0 && fd <= last; fd++) {
		if (flags & CLOSE_RANGE_CLOEXEC)
			descriptor_set_cloexec(fd, true);
		else
			descriptor_close(fd);
	}
	return 0;
}

static bool is_open(long fd)
{
	struct file *file = file_get(fd);

	if (file)
		file_put(file);
	return file;
}

long sys_dup2(long from, long to)
{
	if (from == to)
		return is_open(from) ? to : -EBADF;
	return descriptor_replace(from, to, false);
}

long sys_dup3(long from, long to, long flags)
{
	if (from == to || flags & ~(long)O_CLOEXEC)
		return -EINVAL;
	return descriptor_replace(from, to, flags & O_CLOEXEC);
}

static long control(struct file *file, long fd, long command, long arg)
{
	static const int nobody[2] = { F_OWNER_PID, 0 }; /* struct f_owner_ex */

	switch (command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (arg < 0)
			return -EINVAL;
		return descriptor_duplicate(fd, (unsigned)MIN(arg, (long)FILES_MAX),
		                            command == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return descriptor_cloexec(fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		descriptor_set_cloexec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return file->flags;
	case F_SETFL:
		file->flags = (file->flags & ~SETTABLE_FLAGS) | (arg & SETTABLE_FLAGS);
		return 0;
	case F_GETOWN_EX:
		return copy_to_program((void *)arg, &nobody, sizeof(nobody));
	case F_GETOWN:
	case F_SETOWN: /* there is one process: signals of files go to it or to nobody */
		return 0;
	default:
		return file->ops->control ? file->ops->control(file, command, (void *)arg) : -EINVAL;
	}
}

long sys_fcntl(long fd, long command, long arg)
{
	struct file *file = file_get(fd);
	long result;

	if (!file)
		return -EBADF;
	result = file->flags & O_PATH && command != F_GETFL && command != F_GETFD &&
	                 command != F_SETFD && command != F_DUPFD && command != F_DUPFD_CLOEXEC
	             ? -EBADF
	             : control(file, fd, command, arg);
	file_put(file);
	return result;
}

static long ioctl(struct file *file, long fd, unsigned long request, void *arg)
{
	int value;

	switch (request) {
	case FIOCLEX:
	case FIONCLEX:
		descriptor_set_cloexec(fd, request == FIOCLEX);
		return 0;
	case FIONBIO:
		if (copy_from_program(&value, arg, sizeof(value)))
			return -EFAULT;
		file->flags = (file->flags & ~O_NONBLOCK) | (value ? O_NONBLOCK : 0);
		return 0;
	default:
		return file->ops->ioctl ? file->ops->ioctl(file, request, arg) : -ENOTTY;
	}
}

long sys_ioctl(long fd, unsigned request, void *arg)
{
	struct file *file = file_get(fd);
	long result;

	if (!file)
		return -EBADF;
	result = file->flags & O_PATH ? -EBADF : ioctl(file, fd, request, arg);
	file_put(file);
	return result;
}

long sys_lseek(long fd, long offset, long whence)
{
	struct file *file = file_get(fd);
	long result = -ESPIPE;

	if (!file)
		return -EBADF;
	if (file->flags & O_PATH) {
		result = -EBADF;
	} else if (file->ops->seek) {
		mutex_lock(&file->turn);
		result = file->ops->seek(file, offset, (int)whence);
		mutex_unlock(&file->turn);
	}
	file_put(file);
	return result;
}

struct timespec_parts {
	long sec, nsec;
};

static struct timespec_parts parts(int64_t ns)
{
	long sec = ns / (int64_t)NS_PER_SEC, rest = ns % (int64_t)NS_PER_SEC;

	return rest < 0 ? (struct timespec_parts){ sec - 1, rest + (long)NS_PER_SEC }
	                : (struct timespec_parts){ sec, rest };
}

long give_stat(void *buf, const struct file_info *info)
{
	struct timespec_parts atime = parts(info->atime), mtime = parts(info->mtime),
						  ctime = parts(info->ctime);
	struct stat st = {
		.st_dev = info->dev,
		.st_ino = info->ino,
		.st_nlink = info->nlink,
		.st_mode = info->mode,
		.st_uid = info->uid,
		.st_gid = info->gid,
		.st_rdev = info->rdev,
		.st_size = (long)info->size,
		.st_blksize = info->block_size,
		.st_blocks = (long)info->blocks,
		.st_atime = (unsigned long)atime.sec,
		.st_atime_nsec = (unsigned long)atime.nsec,
		.st_mtime = (unsigned long)mtime.sec,
		.st_mtime_nsec = (unsigned long)mtime.nsec,
		.st_ctime = (unsigned long)ctime.sec,
		.st_ctime_nsec = (unsigned long)ctime.nsec,
	};

	return copy_to_program(buf, &st, sizeof(st));
}

long sys_fstat(long fd, void *buf)
{
	struct file *file = file_get(fd);
	struct file_info info = { 0 };
	long err;

	if (!file)
		return -EBADF;
	err = file->ops->stat(file, &info);
	file_put(file);
	return err ? err : give_stat(buf, &info);
}
