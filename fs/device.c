// SPDX-License-Identifier: BSD-2-Clause
/* /dev: character devices by number, and the names that programs expect. */
#include <asm/fcntl.h>
#include <linux/stat.h>

#include "core/random.h"
#include "fs/directory.h"
#include "fs/made_up.h"
#include "fs/pty.h"
#include "fs/sys.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/heap.h"

#define DEVICE_FULL 0x107
#define DEVICE_RANDOM 0x108
#define DEVICE_URANDOM 0x109
#define CHUNK 256

struct filesystem dev_fs = {
	.type = "devtmpfs", .dev = DEVICE_FS, .magic = 0x01021994, .next_ino = 0x10000
};

static long random_read(struct file *file, struct io *io, uint64_t *pos)
{
	size_t before = io->left;
	uint8_t chunk[CHUNK];
	int err = 0;

	(void)file;
	(void)pos;
	while (io->left && !err) {
		size_t n = MIN(io->left, sizeof(chunk));

		random_get(chunk, n);
		err = io_put(io, chunk, n);
	}
	return err && io->left == before ? err : (long)(before - io->left);
}

/* What is written could not make the generator's numbers any worse, nor better. */
static long random_write(struct file *file, struct io *io, uint64_t *pos)
{
	(void)file;
	(void)pos;
	return (long)io->left;
}

static long zero_seek(struct file *file, int64_t offset, int whence)
{
	(void)file;
	(void)offset;
	return whence < 0 || whence > 2 ? -EINVAL : 0;
}

static long random_stat(struct file *file, struct file_info *info)
{
	(void)file;
	device_info(info, DEVICE_URANDOM);
	return 0;
}

static int random_describe(struct file *file, char *buf, size_t size)
{
	(void)file;
	return fmt_snprintf(buf, size, "/dev/urandom");
}

static void device_release(struct file *file)
{
	heap_free(file);
}

static const struct file_ops random_ops = {
	.read = random_read,
	.write = random_write,
	.seek = zero_seek,
	.stat = random_stat,
	.describe = random_describe,
	.release = device_release,
};

static long full_read(struct file *file, struct io *io, uint64_t *pos)
{
	return zero_ops.read(file, io, pos);
}

static long full_write(struct file *file, struct io *io, uint64_t *pos)
{
	(void)file;
	(void)io;
	(void)pos;
	return -ENOSPC;
}

static long full_stat(struct file *file, struct file_info *info)
{
	(void)file;
	device_info(info, DEVICE_FULL);
	return 0;
}

static int full_describe(struct file *file, char *buf, size_t size)
{
	(void)file;
	return fmt_snprintf(buf, size, "/dev/full");
}

static const struct file_ops full_ops = {
	.read = full_read,
	.write = full_write,
	.seek = zero_seek,
	.stat = full_stat,
	.describe = full_describe,
	.release = device_release,
};

static const struct device {
	const char *name;
	uint32_t rdev;
	const struct file_ops *ops;
} devices[] = {
	{ "console", DEVICE_CONSOLE, &console_ops }, { "full", DEVICE_FULL, &full_ops },
	{ "null", DEVICE_NULL, &null_ops },          { "random", DEVICE_RANDOM, &random_ops },
	{ "tty", DEVICE_TTY, &console_ops },         { "urandom", DEVICE_URANDOM, &random_ops },
	{ "zero", DEVICE_ZERO, &zero_ops },
};

const struct file_ops *device_ops(uint32_t rdev, struct watch_head **watch)
{
	*watch = NULL;
	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++) {
		if (devices[i].rdev != rdev)
			continue;
		if (devices[i].ops == &console_ops)
			*watch = &console_watch;
		return devices[i].ops;
	}
	return NULL;
}

static const struct made_up others[] = {
	{ .name = "fd", .link = "/proc/self/fd" },
	{ .name = "stdin", .link = "/proc/self/fd/0" },
	{ .name = "stdout", .link = "/proc/self/fd/1" },
	{ .name = "stderr", .link = "/proc/self/fd/2" },
	{ .name = NULL },
};

/* Pseudo terminals: they have operations of their own. */
static int populate_pty(struct dentry *dir, struct dentry *pts)
{
	struct dentry *d = dentry_find(dir, "ptmx", 4);

	if (!IS_ENABLED(CONFIG_PTY))
		return 0;
	if (!d)
		d = directory_make(dir, "ptmx", S_IFCHR | 0666);
	if (!d)
		return -ENOMEM;
	d->inode->rdev = DEVICE_PTMX;
	d->inode->ino = DEVICE_PTMX;
	d->inode->ops = &ptmx_ops;
	pts->inode->ops = &pts_root_ops;
	return 0;
}

static int populate(struct dentry *dir)
{
	struct dentry *pts = dentry_find(dir, "pts", 3);

	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++) {
		struct dentry *d = dentry_find(dir, devices[i].name, strlen(devices[i].name));

		if (!d)
			d = directory_make(dir, devices[i].name, S_IFCHR | 0666);
		if (!d)
			return -ENOMEM;
		d->inode->rdev = devices[i].rdev;
		d->inode->ino = devices[i].rdev; /* as device_info() says it of an open file */
	}
	if (!pts)
		pts = directory_make(dir, "pts", S_IFDIR | 0755);
	if (!pts || (!dentry_find(dir, "shm", 3) && !directory_make(dir, "shm", S_IFDIR | 01777)) ||
	    populate_pty(dir, pts))
		return -ENOMEM;
	return made_up_populate(dir, others);
}

const struct inode_ops dev_root_ops = { .populate = populate };
