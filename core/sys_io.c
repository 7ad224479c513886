// SPDX-License-Identifier: BSD-2-Clause
/* Reading and writing, for any file. */
#include <asm/fcntl.h>
#include <linux/fs.h>
#include <linux/uio.h>

#include "core/file.h"
#include "include/errno.h"

long sys_read(long fd, void *buf, size_t len);
long sys_write(long fd, const void *buf, size_t len);
long sys_readv(long fd, const struct iovec *vector, long count);
long sys_writev(long fd, const struct iovec *vector, long count);
long sys_pread64(long fd, void *buf, size_t len, long offset);
long sys_pwrite64(long fd, const void *buf, size_t len, long offset);
long sys_preadv(long fd, const struct iovec *vector, long count, long offset);
long sys_pwritev(long fd, const struct iovec *vector, long count, long offset);
long sys_preadv2(long fd, const struct iovec *vector, long count, long offset, long high,
                 long flags);
long sys_pwritev2(long fd, const struct iovec *vector, long count, long offset, long high,
                  long flags);

typedef long (*transfer_fn)(struct file *file, struct io *io, uint64_t *pos);

/* Where the file has a position of its own, one reader or writer has it at a time. */
static long transfer(struct file *file, struct io *io, uint64_t *pos, transfer_fn op)
{
	long result;

	if (!op)
		return -EINVAL;
	if (pos || !(file->traits & FILE_SEEKABLE))
		return op(file, io, pos ? pos : &file->pos);
	mutex_lock(&file->turn);
	result = op(file, io, &file->pos);
	mutex_unlock(&file->turn);
	return result;
}

long file_read(struct file *file, struct io *io, uint64_t *pos)
{
	if ((file->flags & O_ACCMODE) == O_WRONLY || file->flags & O_PATH)
		return -EBADF;
	return transfer(file, io, pos, file->ops->read);
}

long file_write(struct file *file, struct io *io, uint64_t *pos)
{
	if ((file->flags & O_ACCMODE) == O_RDONLY || file->flags & O_PATH)
		return -EBADF;
	return transfer(file, io, pos, file->ops->write);
}

static long on_descriptor(long fd, struct io io, transfer_fn op)
{
	struct file *file = file_get(fd);
	long result;

	if (!file)
		return -EBADF;
	result = op(file, &io, NULL);
	file_put(file);
	return result;
}

long sys_read(long fd, void *buf, size_t len)
{
	return on_descriptor(fd, io_buffer(buf, len), file_read);
}

long sys_write(long fd, const void *buf, size_t len)
{
	return on_descriptor(fd, io_buffer(buf, len), file_write);
}

/* A bad descriptor is told before a bad vector. */
static long vector_on_descriptor(long fd, const struct iovec *vector, long count, transfer_fn op)
{
	struct file *file = file_get(fd);
	struct io io;
	long result;

	if (!file)
		return -EBADF;
	result = io_vector(&io, vector, count);
	if (!result)
		result = op(file, &io, NULL);
	file_put(file);
	return result;
}

long sys_readv(long fd, const struct iovec *vector, long count)
{
	return vector_on_descriptor(fd, vector, count, file_read);
}

long sys_writev(long fd, const struct iovec *vector, long count)
{
	return vector_on_descriptor(fd, vector, count, file_write);
}

static long at_offset(long fd, struct io *io, long offset, transfer_fn op)
{
	struct file *file = file_get(fd);
	uint64_t pos = offset;
	long result;

	if (!file)
		return -EBADF;
	if (offset < 0)
		result = -EINVAL;
	else if (!file->ops->seek)
		result = -ESPIPE;
	else
		result = op(file, io, &pos);
	file_put(file);
	return result;
}

long sys_pread64(long fd, void *buf, size_t len, long offset)
{
	struct io io = io_buffer(buf, len);

	return at_offset(fd, &io, offset, file_read);
}

long sys_pwrite64(long fd, const void *buf, size_t len, long offset)
{
	struct io io = io_buffer(buf, len);

	return at_offset(fd, &io, offset, file_write);
}

static long vector_at_offset(long fd, const struct iovec *vector, long count, long offset,
                             transfer_fn op)
{
	struct io io;
	long err = io_vector(&io, vector, count);

	return err ? err : at_offset(fd, &io, offset, op);
}

long sys_preadv(long fd, const struct iovec *vector, long count, long offset)
{
	return vector_at_offset(fd, vector, count, offset, file_read);
}

long sys_pwritev(long fd, const struct iovec *vector, long count, long offset)
{
	return vector_at_offset(fd, vector, count, offset, file_write);
}

/* Of the flags, those that only say how urgent it is can be taken: memory is not waited for. */
#define KNOWN_FLAGS (RWF_HIPRI | RWF_DSYNC | RWF_SYNC)

long sys_preadv2(long fd, const struct iovec *vector, long count, long offset, long high,
                 long flags)
{
	(void)high; /* the upper half of the offset where a long has 32 bits */
	if (flags & ~(long)KNOWN_FLAGS)
		return -EOPNOTSUPP;
	return offset == -1 ? sys_readv(fd, vector, count) : sys_preadv(fd, vector, count, offset);
}

long sys_pwritev2(long fd, const struct iovec *vector, long count, long offset, long high,
                  long flags)
{
	(void)high;
	if (flags & ~(long)KNOWN_FLAGS)
		return -EOPNOTSUPP;
	return offset == -1 ? sys_writev(fd, vector, count) : sys_pwritev(fd, vector, count, offset);
}
