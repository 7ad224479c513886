// SPDX-License-Identifier: BSD-2-Clause
/* flock, and the commands of fcntl that files of the tree know (fs/flock.h). */
#include "fs/flock.h"

#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"

#define LOCK_SH 1 /* linux/fcntl.h */
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#define F_GETLEASE 1025
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#define F_SEAL_SEAL 1U
#define F_SEAL_WRITE 8U
#define F_SEALS_ALL 31U

long sys_flock(long fd, long operation);

static struct wait_queue waiters = WAIT_QUEUE_INIT(waiters); /* its lock guards all flocks */

static bool in_the_way(const struct fs_file *f, int type)
{
	struct fs_file *other;

	list_for_each (other, &f->inode->flocks, flock)
		if (other != f && (type == LOCK_EX || other->flock_type == LOCK_EX))
			return true;
	return false;
}

static void unlock(struct fs_file *f)
{
	if (!f->flock_type)
		return;
	f->flock_type = 0;
	list_del_init(&f->flock);
	wait_wake(&waiters, UINT32_MAX);
}

void flock_release(struct fs_file *f)
{
	uint64_t irq;

	if (!f->flock_type)
		return;
	irq = spin_lock(&waiters.lock);
	unlock(f);
	spin_unlock(&waiters.lock, irq);
}

static long lock(struct fs_file *f, int type, bool wait)
{
	uint64_t irq = spin_lock(&waiters.lock);
	long err = 0;

	while (!err && type != LOCK_UN && in_the_way(f, type))
		err = wait ? wait_sleep(&waiters, WAIT_FOREVER, &irq) : -EAGAIN;
	if (!err) {
		unlock(f);
		if (type != LOCK_UN) {
			f->flock_type = type;
			list_add_tail(&f->inode->flocks, &f->flock);
		}
	}
	spin_unlock(&waiters.lock, irq);
	return err;
}

long sys_flock(long fd, long operation)
{
	int type = (int)operation & ~LOCK_NB;
	struct file *file;
	struct fs_file *f;
	long result = -EBADF;

	if (type != LOCK_SH && type != LOCK_EX && type != LOCK_UN)
		return -EINVAL;
	file = file_get(fd);
	if (!file)
		return -EBADF;
	f = fs_file_of(file);
	if (f && !(file->flags & O_PATH))
		result = lock(f, type, !(operation & LOCK_NB));
	file_put(file);
	return result;
}

static long add_seals(const struct file *file, struct inode *inode, unsigned long seals)
{
	if ((file->flags & O_ACCMODE) == O_RDONLY)
		return -EPERM;
	if (seals & ~(unsigned long)F_SEALS_ALL)
		return -EINVAL;
	if (inode->file.seals & F_SEAL_SEAL)
		return -EPERM;
	if (seals & F_SEAL_WRITE && inode->file.mappings)
		return -EBUSY;
	inode->file.seals |= (uint32_t)seals;
	return 0;
}

long fs_file_control(struct file *file, long command, void *arg)
{
	struct inode *inode = fs_file_of(file)->inode;

	switch (command) {
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return record_control(fs_file_of(file), command, arg);
	case F_GETLEASE:
		return F_UNLCK; /* none are given */
	case F_ADD_SEALS:
		return S_ISREG(inode->mode) ? add_seals(file, inode, (unsigned long)arg) : -EINVAL;
	case F_GET_SEALS:
		return S_ISREG(inode->mode) ? (long)inode->file.seals : -EINVAL;
	default:
		return -EINVAL;
	}
}
