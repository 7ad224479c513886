/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes, with and without a name. */
#ifndef PAGURUS_FS_PIPE_H
#define PAGURUS_FS_PIPE_H

#include "fs/vfs.h"

extern const struct file_ops fifo_ops;

/* Opens a named pipe: the first opener makes the pipe. fs_lock() is held. */
int fifo_open(struct dentry *dentry, uint32_t flags, struct file **file);

/* Waits until the other end of a named pipe is open too, where it has to. Returns 0, -ENXIO (nobody
 * reads, O_NONBLOCK) or -EINTR. */
int fifo_connect(struct file *file);

bool file_is_pipe(const struct file *file);

/* For tee(): are both ends of one pipe? Copies up to n bytes that can be read next, and leaves them
 * there; waits for some where it may. Returns how many, 0: nobody writes any more; -EAGAIN, -EINTR.
 * How many bytes can be written to it without waiting? */
bool pipe_is_same(struct file *a, struct file *b);
long pipe_peek(struct file *file, char *buf, size_t n, bool wait);
size_t pipe_room(struct file *file);

/* fs/broken_pipe.c: a file would become larger than RLIMIT_FSIZE: SIGXFSZ for the calling thread. Returns
 * -EFBIG. */
long file_too_large(void);

/* Cuts a write at pos to what that limit allows. Returns 0; where that is nothing, as above. */
long file_limit(uint64_t pos, struct io *io);

/* Nobody reads any more: SIGPIPE for the calling thread. Returns -EPIPE. */
long broken_pipe(void);

#endif
