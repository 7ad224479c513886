// SPDX-License-Identifier: BSD-2-Clause
/* Pipes with a name: who opens one waits for the other side. */
#include "fs/pipe_ring.h"
#include "include/errno.h"
#include "mm/heap.h"

static struct spinlock named_lock; /* which pipe a name stands for */

void pipe_abandon(struct inode *inode, struct pipe *p)
{
	uint64_t irq = spin_lock(&named_lock);
	bool last = p->refs == 2 && inode->object == p;

	if (last)
		inode->object = NULL;
	spin_unlock(&named_lock, irq);
	if (last)
		pipe_put(p);
	pipe_put(p);
}

/* The pipe that a name stands for, with a reference; made where it is not open yet. */
static struct pipe *named_pipe(struct inode *inode)
{
	struct pipe *new = pipe_new(), *p;
	uint64_t irq = spin_lock(&named_lock);

	if (!inode->object && new) {
		new->refs = 1; /* the inode's */
		inode->object = new;
		new = NULL;
	}
	p = inode->object;
	if (p)
		__atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
	spin_unlock(&named_lock, irq);
	heap_free(new);
	return p;
}

int fifo_open(struct dentry *dentry, uint32_t flags, struct file **file)
{
	struct pipe *p = named_pipe(dentry->inode);

	if (!p)
		return -ENOMEM;
	/* Who only writes and does not wait must find a reader, and so a pipe that others hold too. */
	*file = NULL;
	if ((flags & (O_ACCMODE | O_NONBLOCK)) != (O_WRONLY | O_NONBLOCK) || READ_ONCE(p->readers))
		*file = pipe_end(p, &fifo_ops, flags & (O_ACCMODE | O_NONBLOCK));
	if (*file) {
		pipe_of(*file)->dentry = dentry_hold(dentry);
		pipe_put(p);
		return 0;
	}
	pipe_abandon(dentry->inode, p);
	return flags & O_NONBLOCK && (flags & O_ACCMODE) == O_WRONLY ? -ENXIO : -ENOMEM;
}

/* Waits for count to differ from what it is while the other side is closed. */
static int wait_open(struct wait_queue *queue, const uint32_t *present, const uint32_t *opens)
{
	uint64_t irq = spin_lock(&queue->lock);
	uint32_t before = READ_ONCE(*opens);
	int err = 0;

	while (!err && !READ_ONCE(*present) && READ_ONCE(*opens) == before)
		err = wait_sleep(queue, WAIT_FOREVER, &irq);
	spin_unlock(&queue->lock, irq);
	return err;
}

int fifo_connect(struct file *file)
{
	struct pipe *p = pipe_of(file)->pipe;

	if (pipe_reads(file))
		pipe_announce(p, &p->writable, 0);
	if (pipe_writes(file))
		pipe_announce(p, &p->readable, 0);
	if (file->flags & O_NONBLOCK || (pipe_reads(file) && pipe_writes(file)))
		return 0;
	return pipe_reads(file) ? wait_open(&p->readable, &p->writers, &p->writer_opens)
	                        : wait_open(&p->writable, &p->readers, &p->reader_opens);
}
