// SPDX-License-Identifier: BSD-2-Clause
/* Pseudo terminals as files: /dev/ptmx, which makes one, and /dev/pts. */
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>

#include "arch/x86/trap.h"
#include "fs/made_up.h"
#include "fs/pty.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"

static struct pty *of(struct file *file)
{
	return fs_file_of(file)->private;
}

static bool waits(const struct file *file)
{
	return !(file->flags & O_NONBLOCK);
}

static long slave_read(struct file *file, struct io *io, uint64_t *pos)
{
	(void)pos;
	return pty_read_input(of(file), io, waits(file));
}

static long slave_write(struct file *file, struct io *io, uint64_t *pos)
{
	(void)pos;
	return pty_show(of(file), io, waits(file));
}

static long slave_ioctl(struct file *file, unsigned long request, void *arg)
{
	struct pty *pty = of(file);
	int count;

	if (READ_ONCE(pty->hung_up))
		return -EIO;
	if (request != FIONREAD)
		return pty_ioctl(pty, request, arg);
	count = (int)tty_count(&pty->tty);
	return copy_to_program(arg, &count, sizeof(count));
}

static uint32_t slave_ready(struct file *file)
{
	struct pty *pty = of(file);
	uint64_t irq = spin_lock(&pty->queue.lock);
	uint32_t events =
		pty->hung_up ? POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR | POLLHUP : 0;

	if (tty_readable(&pty->tty))
		events |= POLLIN | POLLRDNORM;
	if (pty->head - pty->tail < PTY_OUTPUT - 1)
		events |= POLLOUT | POLLWRNORM;
	spin_unlock(&pty->queue.lock, irq);
	return events;
}

static void slave_release(struct file *file)
{
	pty_close_slave(of(file));
	fs_file_release(file);
}

static const struct file_ops slave_ops = {
	.read = slave_read,
	.write = slave_write,
	.ioctl = slave_ioctl,
	.ready = slave_ready,
	.stat = fs_file_stat,
	.control = fs_file_control,
	.describe = fs_file_describe,
	.release = slave_release,
};

/* A new open file of one end. NULL: no memory. */
static struct file *end_new(struct dentry *dentry, const struct file_ops *ops, uint32_t flags,
                            struct pty *pty, struct watch_head *watch)
{
	struct fs_file *f = fs_file_new(dentry, ops, flags);

	if (!f)
		return NULL;
	f->private = pty;
	f->file.watch = watch;
	return &f->file;
}

static int open_slave(struct dentry *dentry, uint32_t flags, struct file **file)
{
	struct pty *pty;
	int err = pty_open_slave((unsigned)(uintptr_t)dentry->inode->private, &pty);

	if (err)
		return err;
	*file = end_new(dentry, &slave_ops, flags, pty, &pty->slave_watch);
	if (*file)
		return 0;
	pty_close_slave(pty);
	return -ENOMEM;
}

static const struct inode_ops slave_inode_ops = { .open = open_slave };

/* The number that name says, if there is a terminal of that number; -1: none. */
static int number_of(const char *name, size_t len)
{
	char text[12];

	for (int n = pty_next(0); n >= 0; n = pty_next((unsigned)n + 1)) {
		int size = fmt_snprintf(text, sizeof(text), "%d", n);

		if ((size_t)size == len && !memcmp(text, name, len))
			return n;
	}
	return -1;
}

/* A name that was looked up once keeps its dentry; whether there is such a terminal is asked again. */
static int lookup(struct dentry *dir, const char *name, size_t len, struct dentry **child)
{
	int number = number_of(name, len);
	struct inode *inode;

	if (number < 0)
		return -ENOENT;
	if (*child)
		return 0;
	inode = inode_new(dir->inode->fs, S_IFCHR | 0620);
	if (!inode)
		return -ENOMEM;
	inode->rdev = DEVICE_PTS | (uint32_t)number;
	inode->ops = &slave_inode_ops;
	inode->private = (void *)(uintptr_t)number;
	*child = dentry_add(dir, name, len, inode, true, false);
	return *child ? 0 : -ENOMEM;
}

static int list(struct dentry *dir, uint64_t *number, char *name, size_t size)
{
	int n = *number < PTYS_MAX ? pty_next((unsigned)*number) : -1;

	(void)dir;
	if (n < 0)
		return -ENOENT;
	*number = (uint64_t)n;
	fmt_snprintf(name, size, "%d", n);
	return S_IFCHR;
}

const struct inode_ops pts_root_ops = { .lookup = lookup, .list = list };

static long master_read(struct file *file, struct io *io, uint64_t *pos)
{
	(void)pos;
	return pty_read_output(of(file), io, waits(file));
}

static long master_write(struct file *file, struct io *io, uint64_t *pos)
{
	(void)pos;
	return pty_type(of(file), io, waits(file));
}

/* TIOCGPTPEER: the slave, whatever has become of its name. */
static long open_peer(struct pty *pty, uint32_t flags)
{
	struct dentry *dentry;
	struct file *file;
	char path[32];
	int err;

	fmt_snprintf(path, sizeof(path), "/dev/pts/%u", pty->number);
	fs_lock();
	err = walk_to(fs_root, path, 0, &dentry);
	if (!err)
		err = open_dentry(dentry, flags, &file);
	fs_unlock();
	return err ? err : descriptor_add(file, flags);
}

static long master_ioctl(struct file *file, unsigned long request, void *arg)
{
	struct pty *pty = of(file);
	int value;

	switch (request) {
	case TIOCGPTN:
		value = (int)pty->number;
		break;
	case TIOCGPTLCK:
		value = pty->locked;
		break;
	case FIONREAD:
		value = (int)(READ_ONCE(pty->head) - READ_ONCE(pty->tail));
		break;
	case TIOCSPTLCK:
		if (copy_from_program(&value, arg, sizeof(value)))
			return -EFAULT;
		pty->locked = value;
		return 0;
	case TIOCGPTPEER:
		return open_peer(pty, (uint32_t)(uintptr_t)arg);
	default:
		return pty_ioctl(pty, request, arg);
	}
	return copy_to_program(arg, &value, sizeof(value));
}

static uint32_t master_ready(struct file *file)
{
	struct pty *pty = of(file);
	uint64_t irq = spin_lock(&pty->queue.lock);
	uint32_t events = pty->opened && !pty->slaves ? POLLHUP : 0;

	if (pty->head != pty->tail)
		events |= POLLIN | POLLRDNORM;
	if (tty_room(&pty->tty))
		events |= POLLOUT | POLLWRNORM;
	spin_unlock(&pty->queue.lock, irq);
	return events;
}

static void master_release(struct file *file)
{
	pty_close_master(of(file));
	fs_file_release(file);
}

static const struct file_ops master_ops = {
	.read = master_read,
	.write = master_write,
	.ioctl = master_ioctl,
	.ready = master_ready,
	.stat = fs_file_stat,
	.control = fs_file_control,
	.describe = fs_file_describe,
	.release = master_release,
};

static int open_master(struct dentry *dentry, uint32_t flags, struct file **file)
{
	int err;
	struct pty *pty = pty_new(&err);

	if (!pty)
		return err;
	*file = end_new(dentry, &master_ops, flags, pty, &pty->master_watch);
	if (*file)
		return 0;
	pty_close_master(pty);
	return -ENOMEM;
}

const struct inode_ops ptmx_ops = { .open = open_master };
