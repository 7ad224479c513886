// SPDX-License-Identifier: BSD-2-Clause
/* eventfd: a counter that is added to by writing and taken by reading. */
#include <asm/fcntl.h>
#include <asm/poll.h>

#include "fs/anon.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "mm/heap.h"

#define EFD_SEMAPHORE 1 /* linux/eventfd.h, which is not everywhere */
#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
	struct file file;
	struct wait_queue queue; /* readers and writers; its lock guards the count */
	struct watch_head watch;
	uint64_t count;
	bool semaphore;
};

long sys_eventfd(unsigned count);
long sys_eventfd2(unsigned count, long flags);

static struct eventfd *of(struct file *file)
{
	return container_of(file, struct eventfd, file);
}

static long event_read(struct file *file, struct io *io, uint64_t *pos)
{
	struct eventfd *e = of(file);
	uint64_t irq, value;
	int err = 0;

	(void)pos;
	if (io->left < sizeof(value))
		return -EINVAL;
	irq = spin_lock(&e->queue.lock);
	while (!e->count && !err)
		err = file->flags & O_NONBLOCK ? -EAGAIN : wait_sleep(&e->queue, WAIT_FOREVER, &irq);
	value = e->semaphore ? 1 : e->count;
	if (!err) {
		e->count -= value;
		wait_wake(&e->queue, UINT32_MAX);
	}
	spin_unlock(&e->queue.lock, irq);
	if (err)
		return err;
	watch_notify(&e->watch, POLLOUT);
	return io_put(io, &value, sizeof(value)) ? -EFAULT : (long)sizeof(value);
}

static long event_write(struct file *file, struct io *io, uint64_t *pos)
{
	struct eventfd *e = of(file);
	uint64_t irq, value;
	int err = 0;

	(void)pos;
	if (io->left < sizeof(value))
		return -EINVAL;
	if (io_take(io, &value, sizeof(value)))
		return -EFAULT;
	if (value > COUNT_MAX)
		return -EINVAL;
	irq = spin_lock(&e->queue.lock);
	while (value > COUNT_MAX - e->count && !err)
		err = file->flags & O_NONBLOCK ? -EAGAIN : wait_sleep(&e->queue, WAIT_FOREVER, &irq);
	if (!err) {
		e->count += value;
		wait_wake(&e->queue, UINT32_MAX);
	}
	spin_unlock(&e->queue.lock, irq);
	if (err)
		return err;
	watch_notify(&e->watch, POLLIN);
	return sizeof(value);
}

static uint32_t event_ready(struct file *file)
{
	uint64_t count = READ_ONCE(of(file)->count);

	return (count ? POLLIN | POLLRDNORM : 0) | (count < COUNT_MAX ? POLLOUT | POLLWRNORM : 0);
}

static int event_describe(struct file *file, char *buf, size_t size)
{
	(void)file;
	return fmt_snprintf(buf, size, "anon_inode:[eventfd]");
}

static void event_release(struct file *file)
{
	heap_free(of(file));
}

static const struct file_ops eventfd_ops = {
	.read = event_read,
	.write = event_write,
	.ready = event_ready,
	.stat = anon_stat,
	.describe = event_describe,
	.release = event_release,
};

long sys_eventfd2(unsigned count, long flags)
{
	struct eventfd *e;

	if (flags & ~(long)(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE))
		return -EINVAL;
	e = heap_alloc(sizeof(*e));
	if (!e)
		return -ENOMEM;
	file_init(&e->file, &eventfd_ops, O_RDWR | (flags & O_NONBLOCK));
	wait_queue_init(&e->queue);
	watch_head_init(&e->watch);
	e->file.watch = &e->watch;
	e->count = count;
	e->semaphore = flags & EFD_SEMAPHORE;
	return descriptor_add(&e->file, (uint32_t)flags);
}

long sys_eventfd(unsigned count)
{
	return sys_eventfd2(count, 0);
}
