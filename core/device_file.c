// SPDX-License-Identifier: BSD-2-Clause
/* Files that need no file system: the console, /dev/null and /dev/zero. Data crosses between program
 * and kernel in small pieces through the stack, so that no length makes the kernel allocate, and
 * faults are met before any lock is held. */
#include <asm/fcntl.h>
#include <asm/poll.h>
#include <linux/mman.h>
#include <linux/stat.h>

#include "core/console.h"
#include "core/file.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/area.h"
#include "mm/heap.h"

#define CHUNK 512

static struct mutex write_turn = MUTEX_INIT(write_turn); /* one write's text is not torn */

void device_info(struct file_info *info, uint32_t rdev)
{
	*info = (struct file_info){
		.dev = DEVICE_FS,
		.ino = rdev,
		.nlink = 1,
		.mode = S_IFCHR | 0666,
		.rdev = rdev,
		.block_size = 1024,
	};
}

static long console_file_read(struct file *file, struct io *io, uint64_t *pos)
{
	char chunk[CHUNK];
	long n;

	(void)pos;
	if (!io->left)
		return 0;
	n = console_read(chunk, MIN(io->left, sizeof(chunk)), file->flags & O_NONBLOCK);
	return n > 0 && io_put(io, chunk, (size_t)n) ? -EFAULT : n;
}

static long console_file_write(struct file *file, struct io *io, uint64_t *pos)
{
	char chunk[CHUNK];
	size_t done = 0;
	long result = 0;

	(void)file;
	(void)pos;
	mutex_lock(&write_turn);
	while (io->left) {
		size_t n = MIN(io->left, sizeof(chunk));

		if (io_take(io, chunk, n)) {
			result = -EFAULT;
			break;
		}
		console_write_program(chunk, n);
		done += n;
	}
	mutex_unlock(&write_turn);
	return done ? (long)done : result;
}

static long console_file_ioctl(struct file *file, unsigned long request, void *arg)
{
	(void)file;
	return console_ioctl(request, arg);
}

static uint32_t console_ready(struct file *file)
{
	(void)file;
	return POLLOUT | POLLWRNORM | (console_pending() ? POLLIN | POLLRDNORM : 0);
}

static long console_stat(struct file *file, struct file_info *info)
{
	(void)file;
	device_info(info, DEVICE_CONSOLE);
	return 0;
}

static void sink_release(struct file *file)
{
	heap_free(file);
}

static int console_describe(struct file *file, char *buf, size_t size)
{
	(void)file;
	return fmt_snprintf(buf, size, "/dev/console");
}

const struct file_ops console_ops = {
	.read = IS_ENABLED(CONFIG_SYSCALLS_FILES) ? console_file_read : NULL,
	.write = console_file_write,
	.ioctl = console_file_ioctl,
	.ready = IS_ENABLED(CONFIG_SYSCALLS_FILES) ? console_ready : NULL,
	.stat = console_stat,
	.describe = IS_ENABLED(CONFIG_FS) ? console_describe : NULL,
	.release = sink_release,
};

static long null_read(struct file *file, struct io *io, uint64_t *pos)
{
	(void)file;
	(void)io;
	(void)pos;
	return 0;
}

static long zero_read(struct file *file, struct io *io, uint64_t *pos)
{
	size_t before = io->left;
	int err = io_put_zeros(io, before);

	(void)file;
	(void)pos;
	return err && io->left == before ? err : (long)(before - io->left);
}

static long sink_write(struct file *file, struct io *io, uint64_t *pos)
{
	(void)file;
	(void)pos;
	return (long)io->left;
}

/* Always at 0, as on Linux. */
static long sink_seek(struct file *file, int64_t offset, int whence)
{
	(void)file;
	(void)offset;
	return whence < 0 || whence > 2 ? -EINVAL : 0;
}

static long null_stat(struct file *file, struct file_info *info)
{
	device_info(info, file->ops == &zero_ops ? DEVICE_ZERO : DEVICE_NULL);
	return 0;
}

static int null_describe(struct file *file, char *buf, size_t size)
{
	return fmt_snprintf(buf, size, file->ops == &zero_ops ? "/dev/zero" : "/dev/null");
}

static long zero_map(struct file *file, const struct map_request *r)
{
	(void)file;
	return area_map(program_space, r->addr, r->length, r->prot, r->flags | MAP_ANONYMOUS);
}

const struct file_ops null_ops = {
	.read = null_read,
	.write = sink_write,
	.seek = sink_seek,
	.stat = null_stat,
	.describe = null_describe,
	.release = sink_release,
};

const struct file_ops zero_ops = {
	.read = zero_read,
	.write = sink_write,
	.seek = sink_seek,
	.stat = null_stat,
	.map = zero_map,
	.describe = null_describe,
	.release = sink_release,
};
