// SPDX-License-Identifier: BSD-2-Clause
/* Pipes: reading, writing, what else can be asked of them (fs/pipe_ring.h). */
#include "fs/pipe_ring.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/stat.h>

#include "arch/x86/trap.h"
#include "fs/sys.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/heap.h"

#define FIRST_ROOM 4096U
#define PIPE_ROOM 65536U
#define PIPE_BUF 4096U /* writes up to this are not torn */
#define F_SETPIPE_SZ 1031
#define F_GETPIPE_SZ 1032

static struct filesystem pipe_fs = { .type = "pipefs", .dev = 7, .magic = 0x50495045 };

struct pipe *pipe_new(void)
{
	struct pipe *p = heap_zalloc(sizeof(*p));

	if (!p)
		return NULL;
	p->ino = __atomic_add_fetch(&pipe_fs.next_ino, 1, __ATOMIC_RELAXED);
	p->read_turn = (struct mutex)MUTEX_INIT(p->read_turn);
	p->write_turn = (struct mutex)MUTEX_INIT(p->write_turn);
	wait_queue_init(&p->readable);
	wait_queue_init(&p->writable);
	watch_head_init(&p->watch);
	p->limit = PIPE_ROOM;
	return p;
}

void pipe_put(struct pipe *p)
{
	if (__atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL))
		return;
	heap_free(p->ring);
	heap_free(p);
}

void pipe_announce(struct pipe *p, struct wait_queue *queue, uint32_t events)
{
	uint64_t irq = spin_lock(&queue->lock);

	wait_wake(queue, UINT32_MAX);
	spin_unlock(&queue->lock, irq);
	watch_notify(&p->watch, events);
}

static uint32_t used(const struct pipe *p)
{
	return (uint32_t)(__atomic_load_n(&p->head, __ATOMIC_ACQUIRE) -
	                  __atomic_load_n(&p->tail, __ATOMIC_ACQUIRE));
}

/* Copies n bytes at ring position at. */
static int move(struct pipe *p, struct io *io, uint64_t at, uint32_t n, bool in)
{
	while (n) {
		uint32_t offset = (uint32_t)at & (p->size - 1), some = MIN(n, p->size - offset);
		int err = in ? io_take(io, p->ring + offset, some) : io_put(io, p->ring + offset, some);

		if (err)
			return err;
		at += some;
		n -= some;
	}
	return 0;
}

/* Sleeps until there is something to read or nobody who could write. */
static int wait_readable(struct pipe *p)
{
	uint64_t irq = spin_lock(&p->readable.lock);
	int err = 0;

	while (!err && !used(p) && READ_ONCE(p->writers))
		err = wait_sleep(&p->readable, WAIT_FOREVER, &irq);
	spin_unlock(&p->readable.lock, irq);
	return err;
}

static long pipe_read(struct file *file, struct io *io, uint64_t *pos)
{
	struct pipe *p = pipe_of(file)->pipe;
	size_t want = io->left;
	long result = 0;

	(void)pos;
	while (want) {
		uint32_t n;

		mutex_lock(&p->read_turn);
		n = (uint32_t)MIN(want, (size_t)used(p));
		result = n ? move(p, io, p->tail, n, false) : 0;
		if (n && !result)
			__atomic_store_n(&p->tail, p->tail + n, __ATOMIC_RELEASE);
		mutex_unlock(&p->read_turn);
		if (result)
			return result;
		if (n) {
			pipe_announce(p, &p->writable, POLLOUT | POLLWRNORM);
			return n;
		}
		if (!READ_ONCE(p->writers))
			return used(p) ? -EAGAIN : 0;
		result = file->flags & O_NONBLOCK ? -EAGAIN : wait_readable(p);
		if (result)
			return result;
	}
	return 0;
}

bool pipe_is_same(struct file *a, struct file *b)
{
	return pipe_of(a)->pipe == pipe_of(b)->pipe;
}

long pipe_peek(struct file *file, char *buf, size_t n, bool wait)
{
	struct pipe *p = pipe_of(file)->pipe;
	int err = 0;

	while (!err) {
		struct io io;
		uint32_t some;

		mutex_lock(&p->read_turn);
		some = (uint32_t)MIN(n, (size_t)used(p));
		io = io_kernel(buf, some);
		if (some)
			move(p, &io, p->tail, some, false);
		mutex_unlock(&p->read_turn);
		if (some || !READ_ONCE(p->writers))
			return some;
		err = wait ? wait_readable(p) : -EAGAIN;
	}
	return err;
}

size_t pipe_room(struct file *file)
{
	struct pipe *p = pipe_of(file)->pipe;

	return p->limit - used(p);
}

/* Makes the ring larger, up to its limit, while it has less room than wanted. Both turns are needed
 * for that; the write turn is held. */
static int grow(struct pipe *p, size_t wanted)
{
	uint32_t size = p->size ? p->size : FIRST_ROOM, n;
	char *ring;

	while (size < p->limit && size - used(p) < wanted)
		size *= 2;
	if (size == p->size)
		return 0;
	ring = heap_alloc(size);
	if (!ring)
		return p->size ? 0 : -ENOMEM;
	mutex_lock(&p->read_turn);
	n = used(p);
	for (uint32_t i = 0; i < n;) {
		uint32_t from = (uint32_t)(p->tail + i) & (p->size - 1), some = MIN(n - i, p->size - from);

		memcpy(ring + i, p->ring + from, some);
		i += some;
	}
	heap_free(p->ring);
	p->ring = ring;
	p->size = size;
	p->tail = 0;
	p->head = n;
	mutex_unlock(&p->read_turn);
	return 0;
}

/* Sleeps until n bytes have room or nobody reads. */
static int wait_writable(struct pipe *p, uint32_t n)
{
	uint64_t irq = spin_lock(&p->writable.lock);
	int err = 0;

	while (!err && p->size - used(p) < n && READ_ONCE(p->readers))
		err = wait_sleep(&p->writable, WAIT_FOREVER, &irq);
	spin_unlock(&p->writable.lock, irq);
	return err;
}

static long write_some(struct pipe *p, struct io *io, uint32_t least)
{
	uint32_t n;
	int err = grow(p, io->left);

	if (err)
		return err;
	n = p->size - used(p);
	if (n < least)
		return 0;
	n = (uint32_t)MIN(io->left, (size_t)n);
	err = move(p, io, p->head, n, true);
	if (err)
		return err;
	__atomic_store_n(&p->head, p->head + n, __ATOMIC_RELEASE);
	return n;
}

static long pipe_write(struct file *file, struct io *io, uint64_t *pos)
{
	struct pipe *p = pipe_of(file)->pipe;
	uint32_t least = io->left <= PIPE_BUF ? (uint32_t)io->left : 1;
	long done = 0, n = 0;

	(void)pos;
	while (io->left) {
		if (!READ_ONCE(p->readers)) {
			n = broken_pipe();
			break;
		}
		mutex_lock(&p->write_turn);
		n = write_some(p, io, least);
		mutex_unlock(&p->write_turn);
		if (n < 0)
			break;
		if (n) {
			done += n;
			pipe_announce(p, &p->readable, POLLIN | POLLRDNORM);
			continue;
		}
		n = file->flags & O_NONBLOCK ? -EAGAIN : wait_writable(p, least);
		if (n)
			break;
	}
	return done ? done : n;
}

static uint32_t pipe_ready(struct file *file)
{
	struct pipe *p = pipe_of(file)->pipe;
	uint32_t events = 0;

	if (pipe_reads(file)) {
		if (used(p))
			events |= POLLIN | POLLRDNORM;
		if (!READ_ONCE(p->writers) && (!pipe_of(file)->dentry || p->writer_opens))
			events |= POLLHUP;
	}
	if (pipe_writes(file)) {
		if (used(p) + PIPE_BUF <= p->limit)
			events |= POLLOUT | POLLWRNORM;
		if (!READ_ONCE(p->readers))
			events |= POLLERR;
	}
	return events;
}

static long pipe_stat(struct file *file, struct file_info *info)
{
	struct pipe_file *f = pipe_of(file);

	if (f->dentry) {
		inode_info(f->dentry->inode, info);
		return 0;
	}
	*info = (struct file_info){
		.dev = pipe_fs.dev,
		.ino = f->pipe->ino,
		.mode = S_IFIFO | 0600,
		.nlink = 1,
		.block_size = FRAME_SIZE,
	};
	return 0;
}

static long pipe_ioctl(struct file *file, unsigned long request, void *arg)
{
	int n;

	if (request != FIONREAD)
		return -ENOTTY;
	n = (int)used(pipe_of(file)->pipe);
	return copy_to_program(arg, &n, sizeof(n));
}

/* The size is what may be in the pipe; memory is taken as it fills. */
static long pipe_control(struct file *file, long command, void *arg)
{
	struct pipe *p = pipe_of(file)->pipe;
	unsigned long wanted = (unsigned long)arg;
	uint32_t size = FIRST_ROOM;

	if (command == F_GETPIPE_SZ)
		return p->limit;
	if (command != F_SETPIPE_SZ)
		return -EINVAL;
	if (wanted > 1UL << 20)
		return -EPERM;
	while (size < wanted)
		size *= 2;
	if (size < p->size)
		return -EBUSY;
	p->limit = size;
	return size;
}

static int pipe_describe(struct file *file, char *buf, size_t size)
{
	struct pipe_file *f = pipe_of(file);

	return f->dentry ? dentry_path(f->dentry, buf, size)
	                 : fmt_snprintf(buf, size, "pipe:[%lu]", f->pipe->ino);
}

static void pipe_release(struct file *file)
{
	struct pipe_file *f = pipe_of(file);
	struct pipe *p = f->pipe;

	if (pipe_reads(file) && __atomic_sub_fetch(&p->readers, 1, __ATOMIC_ACQ_REL) == 0)
		pipe_announce(p, &p->writable, POLLERR | POLLOUT);
	if (pipe_writes(file) && __atomic_sub_fetch(&p->writers, 1, __ATOMIC_ACQ_REL) == 0)
		pipe_announce(p, &p->readable, POLLHUP | POLLIN);
	if (f->dentry) {
		pipe_abandon(f->dentry->inode, p);
		dentry_put(f->dentry);
	} else {
		pipe_put(p);
	}
	heap_free(f);
}

#define PIPE_OPS                                                                                   \
	{                                                                                              \
		.read = pipe_read, .write = pipe_write, .ready = pipe_ready, .stat = pipe_stat,            \
		.ioctl = pipe_ioctl, .control = pipe_control, .describe = pipe_describe,                   \
		.release = pipe_release,                                                                   \
	}

const struct file_ops pipe_ops = PIPE_OPS;
const struct file_ops fifo_ops = PIPE_OPS;

bool file_is_pipe(const struct file *file)
{
	return file->ops == &pipe_ops || file->ops == &fifo_ops;
}

struct file *pipe_end(struct pipe *p, const struct file_ops *ops, uint32_t flags)
{
	struct pipe_file *f = heap_alloc(sizeof(*f));

	if (!f)
		return NULL;
	file_init(&f->file, ops, flags);
	f->file.watch = &p->watch;
	f->pipe = p;
	f->dentry = NULL;
	__atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
	if (pipe_reads(&f->file)) {
		__atomic_add_fetch(&p->readers, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&p->reader_opens, 1, __ATOMIC_RELAXED);
	}
	if (pipe_writes(&f->file)) {
		__atomic_add_fetch(&p->writers, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&p->writer_opens, 1, __ATOMIC_RELAXED);
	}
	return &f->file;
}
