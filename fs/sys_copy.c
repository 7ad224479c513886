// SPDX-License-Identifier: BSD-2-Clause
/* Copies from file to file inside the kernel: sendfile, copy_file_range, splice, tee, vmsplice. Data
 * go through one frame at a time. */
#include <asm/poll.h>

#include "arch/x86/paging.h"
#include "arch/x86/trap.h"
#include "fs/pipe.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "mm/frame.h"

#define SPLICE_F_NONBLOCK 2 /* linux/splice.h */

long sys_sendfile(long out, long in, int64_t *offset, size_t count);
long sys_copy_file_range(long in, int64_t *in_offset, long out, int64_t *out_offset, size_t len,
                         long flags);
long sys_splice(long in, int64_t *in_offset, long out, int64_t *out_offset, size_t len, long flags);

long sys_tee(long in, long out, size_t len, unsigned flags);
long sys_vmsplice(long fd, const struct iovec *vector, unsigned long count, long flags);

/* One end of a copy. pos: NULL for the file's own. */
struct end {
	struct file *file;
	uint64_t *pos, given;
	int64_t *user;
};

static long end_begin(struct end *e, long fd, int64_t *user)
{
	int64_t offset;

	e->file = file_get(fd);
	e->user = user;
	e->pos = NULL;
	if (!e->file)
		return -EBADF;
	if (!user)
		return 0;
	if (copy_from_program(&offset, user, sizeof(offset)))
		return -EFAULT;
	if (!(e->file->traits & FILE_SEEKABLE))
		return -ESPIPE;
	if (offset < 0)
		return -EINVAL;
	e->given = (uint64_t)offset;
	e->pos = &e->given;
	return 0;
}

/* result: what the copy came to. */
static long end_finish(struct end *e, long result)
{
	if (e->file)
		file_put(e->file);
	if (e->pos && result >= 0 && copy_to_program(e->user, e->pos, sizeof(*e->pos)))
		return -EFAULT;
	return result;
}

/* Gives back what was read and could not be written. */
static void unread(struct end *in, size_t n)
{
	if (in->pos)
		*in->pos -= n;
	else if (in->file->traits & FILE_SEEKABLE)
		in->file->pos -= n;
}

/* Would a piece go through without sleeping? */
static bool is_ready(const struct end *in, const struct end *out)
{
	return file_ready(in->file) & (POLLIN | POLLHUP) && file_ready(out->file) & (POLLOUT | POLLERR);
}

static long copy(struct end *in, struct end *out, size_t len, bool wait)
{
	phys_t frame = frame_alloc(0);
	char *bytes = phys_to_virt(frame);
	size_t done = 0;
	long n = 0;

	if (frame == FRAME_NONE)
		return -ENOMEM;
	while (done < len) {
		struct io from = io_kernel(bytes, MIN(len - done, FRAME_SIZE)), to;
		long written;

		if (!wait && !is_ready(in, out)) {
			n = -EAGAIN;
			break;
		}
		n = file_read(in->file, &from, in->pos);
		if (n <= 0)
			break;
		to = io_kernel(bytes, (size_t)n);
		written = file_write(out->file, &to, out->pos);
		if (written < n)
			unread(in, (size_t)(n - MAX(written, 0L)));
		if (written > 0)
			done += (size_t)written;
		if (written < n) {
			n = written;
			break;
		}
		/* From a pipe there may be no more to come soon. */
		if (!(in->file->traits & FILE_SEEKABLE))
			break;
	}
	frame_free(frame, 0);
	return done ? (long)done : n;
}

static long transfer(long in_fd, int64_t *in_offset, long out_fd, int64_t *out_offset, size_t len,
                     bool wait,
                     long (*check)(const struct end *in, const struct end *out, size_t len))
{
	struct end in, out = { 0 };
	long result = end_begin(&in, in_fd, in_offset);

	if (!result)
		result = end_begin(&out, out_fd, out_offset);
	if (!result && check)
		result = check(&in, &out, len);
	if (!result)
		result = copy(&in, &out, MIN(len, IO_MAX), wait);
	result = end_finish(&out, result);
	return end_finish(&in, result);
}

static long check_sendfile(const struct end *in, const struct end *out, size_t len)
{
	(void)len;
	if (out->file->flags & O_APPEND)
		return -EINVAL;
	return in->file->traits & FILE_SEEKABLE ? 0 : -EINVAL;
}

long sys_sendfile(long out, long in, int64_t *offset, size_t count)
{
	return transfer(in, offset, out, NULL, count, true, check_sendfile);
}

static uint64_t position(const struct end *e)
{
	return e->pos ? *e->pos : e->file->pos;
}

static long check_regular(const struct end *in, const struct end *out, size_t len)
{
	const struct fs_file *f = fs_file_of(in->file), *g = fs_file_of(out->file);
	uint64_t from = position(in), to = position(out);

	if (!f || !g)
		return -EINVAL;
	if (is_directory(f->inode) || is_directory(g->inode))
		return -EISDIR;
	if (!S_ISREG(f->inode->mode) || !S_ISREG(g->inode->mode))
		return -EINVAL;
	if (f->inode == g->inode && MAX(from, to) - MIN(from, to) < len)
		return -EINVAL; /* would overlap */
	return out->file->flags & O_APPEND ? -EBADF : 0;
}

long sys_copy_file_range(long in, int64_t *in_offset, long out, int64_t *out_offset, size_t len,
                         long flags)
{
	if (flags)
		return -EINVAL;
	return transfer(in, in_offset, out, out_offset, len, true, check_regular);
}

static long check_splice(const struct end *in, const struct end *out, size_t len)
{
	(void)len;
	return in->file->traits & FILE_SEEKABLE && out->file->traits & FILE_SEEKABLE ? -EINVAL : 0;
}

/* One end must be a pipe, which has no positions. Other flags only say how the copy may be done. */
long sys_splice(long in, int64_t *in_offset, long out, int64_t *out_offset, size_t len, long flags)
{
	return transfer(in, in_offset, out, out_offset, len, !(flags & SPLICE_F_NONBLOCK),
	                check_splice);
}

/* Both are pipes. At most a frame at a time: the caller goes on. */
static long tee(struct file *in, struct file *out, size_t len, bool wait)
{
	phys_t frame = frame_alloc(0);
	size_t room = pipe_room(out);
	struct io io;
	long n;

	if (frame == FRAME_NONE)
		return -ENOMEM;
	len = MIN(MIN(len, FRAME_SIZE), room ? room : 1);
	n = room || wait ? pipe_peek(in, phys_to_virt(frame), len, wait) : -EAGAIN;
	if (n > 0) {
		io = io_kernel(phys_to_virt(frame), (size_t)n);
		n = file_write(out, &io, NULL);
	}
	frame_free(frame, 0);
	return n;
}

/* What is read next from one pipe is written to another one, and stays. */
long sys_tee(long in_fd, long out_fd, size_t len, unsigned flags)
{
	struct end in, out = { 0 };
	long result = end_begin(&in, (int)in_fd, NULL);

	if (!result)
		result = end_begin(&out, (int)out_fd, NULL);
	if (!result &&
	    (!file_is_pipe(in.file) || !file_is_pipe(out.file) || pipe_is_same(in.file, out.file)))
		result = -EINVAL;
	if (!result &&
	    ((in.file->flags & O_ACCMODE) == O_WRONLY || (out.file->flags & O_ACCMODE) == O_RDONLY))
		result = -EBADF;
	if (!result && len)
		result = tee(in.file, out.file, len, !(flags & SPLICE_F_NONBLOCK));
	result = end_finish(&out, result);
	return end_finish(&in, result);
}

/* Pages are not given away but copied: a write to a pipe, or a read from it. */
long sys_vmsplice(long fd, const struct iovec *vector, unsigned long count, long flags)
{
	struct file *file = file_get((int)fd);
	struct io io;
	long result;

	(void)flags;
	if (!file)
		return -EBADF;
	if (!file_is_pipe(file))
		result = -EBADF;
	else
		result = io_vector(&io, vector, (long)MIN(count, (unsigned long)INT32_MAX));
	if (!result && (file->flags & O_ACCMODE) == O_RDONLY)
		result = file_read(file, &io, NULL);
	else if (!result)
		result = file_write(file, &io, NULL);
	file_put(file);
	return result;
}
