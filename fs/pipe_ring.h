/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of bytes between files that write and files that read: what fs/pipe.c and fs/fifo.c share.
 * The turns (one for each side) are held while bytes are copied; the lock only guards the ring's ends
 * and who sleeps. */
#ifndef PAGURUS_FS_PIPE_RING_H
#define PAGURUS_FS_PIPE_RING_H

#include <asm/fcntl.h>

#include "fs/pipe.h"

struct pipe {
	uint32_t refs; /* ends, and the inode of a named one */
	uint32_t readers, writers;
	uint32_t reader_opens, writer_opens; /* how often a named pipe's ends were opened */
	uint64_t ino;
	struct mutex read_turn, write_turn;
	struct wait_queue readable; /* its lock guards all that is above and below */
	struct wait_queue writable;
	struct watch_head watch;
	char *ring;
	uint32_t size, limit;
	uint64_t head, tail; /* bytes written and read so far */
};

struct pipe_file {
	struct file file;
	struct pipe *pipe;
	struct dentry *dentry; /* of a named pipe */
};

static inline struct pipe_file *pipe_of(struct file *file)
{
	return container_of(file, struct pipe_file, file);
}

static inline bool pipe_reads(const struct file *file)
{
	return (file->flags & O_ACCMODE) != O_WRONLY;
}

static inline bool pipe_writes(const struct file *file)
{
	return (file->flags & O_ACCMODE) != O_RDONLY;
}

extern const struct file_ops pipe_ops;

/* fs/pipe.c: a pipe without ends, and without references. NULL: no memory. */
struct pipe *pipe_new(void);
void pipe_put(struct pipe *p);

/* A file that reads it, writes it or both, as flags say; it takes a reference. NULL: no memory. */
struct file *pipe_end(struct pipe *p, const struct file_ops *ops, uint32_t flags);

/* Wakes who waits for what has changed. */
void pipe_announce(struct pipe *p, struct wait_queue *queue, uint32_t events);

/* fs/fifo.c: gives a reference to a named pipe back. With the last end, what was in it is lost. */
void pipe_abandon(struct inode *inode, struct pipe *p);

#endif
