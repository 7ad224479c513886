// SPDX-License-Identifier: BSD-2-Clause
/* Regular files in memory: reading, writing, size. inode->turn lets one call at a time at the data;
 * file.lock guards what first touches look at too, and is never held while bytes are copied. */
#include "fs/ram_file.h"

#include "arch/x86/paging.h"
#include "fs/flock.h"
#include "fs/notify.h"
#include "fs/pipe.h"
#include "fs/sys.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/frame.h"

#define SIZE_LIMIT ((uint64_t)INT64_MAX)
#define F_SEAL_SHRINK 2 /* linux/fcntl.h */
#define F_SEAL_GROW 4
#define F_SEAL_WRITE 8
#define F_SEAL_FUTURE_WRITE 16
#define SEALED_WRITE (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

static struct fs_file *of(struct file *file)
{
	return container_of(file, struct fs_file, file);
}

static uint64_t page_of(uint64_t offset)
{
	return offset >> FRAME_SHIFT;
}

static char *frame_bytes(phys_t frame)
{
	return phys_to_virt(frame);
}

static phys_t frame_at(struct inode *inode, uint64_t index)
{
	uint64_t irq = spin_lock(&inode->file.lock);
	phys_t frame = pages_get(&inode->file.pages, index);

	spin_unlock(&inode->file.lock, irq);
	return frame;
}

/* Bytes from offset on that no frame of the file's holds, at most max. */
static uint64_t until_frame(struct inode *inode, uint64_t offset, uint64_t max)
{
	uint64_t irq = spin_lock(&inode->file.lock);
	uint64_t next = pages_next(&inode->file.pages, page_of(offset));

	spin_unlock(&inode->file.lock, irq);
	if (next == PAGES_NONE || (next << FRAME_SHIFT) - offset > max)
		return max;
	return (next << FRAME_SHIFT) - offset;
}

long ram_file_read(struct inode *inode, struct io *io, uint64_t *pos)
{
	size_t before = io->left;
	int err = 0;

	mutex_lock(&inode->turn);
	while (!err && io->left && *pos < inode->size) {
		uint64_t offset = *pos, n = MIN(io->left, inode->size - offset);
		phys_t frame = frame_at(inode, page_of(offset));
		size_t was = io->left;

		if (frame) {
			n = MIN(n, FRAME_SIZE - (offset & FRAME_MASK));
			err = io_put(io, frame_bytes(frame) + (offset & FRAME_MASK), n);
		} else if (offset < inode->file.base_size) {
			n = until_frame(inode, offset, MIN(n, inode->file.base_size - offset));
			err = io_put(io, inode->file.base + offset, n);
		} else {
			err = io_put_zeros(io, until_frame(inode, offset, n));
		}
		*pos += was - io->left;
	}
	mutex_unlock(&inode->turn);
	return err && io->left == before ? err : (long)(before - io->left);
}

/* What page index holds where it has no frame. */
static void fill(const struct inode *inode, uint64_t index, char *bytes)
{
	uint64_t start = index << FRAME_SHIFT, n = 0;

	if (start < inode->file.base_size) {
		n = MIN(inode->file.base_size - start, FRAME_SIZE);
		memcpy(bytes, inode->file.base + start, n);
	}
	memset(bytes + n, 0, FRAME_SIZE - n);
}

int ram_file_own(struct inode *inode, uint64_t index, phys_t *frame)
{
	uint64_t irq;
	phys_t new;
	int err = 0;

	*frame = frame_at(inode, index);
	if (*frame)
		return 0;
	new = frame_alloc(0);
	if (new == FRAME_NONE)
		return -ENOMEM;
	fill(inode, index, frame_bytes(new));
	irq = spin_lock(&inode->file.lock);
	*frame = pages_get(&inode->file.pages, index); /* a first touch may have been faster */
	if (!*frame) {
		err = pages_set(&inode->file.pages, index, new);
		*frame = err ? FRAME_NONE : new;
	}
	spin_unlock(&inode->file.lock, irq);
	if (*frame != new)
		frame_free(new, 0);
	return err;
}

static void set_size(struct inode *inode, uint64_t size)
{
	uint64_t irq = spin_lock(&inode->file.lock);

	inode->size = size;
	inode->file.base_size = MIN(inode->file.base_size, size);
	spin_unlock(&inode->file.lock, irq);
}

/* Zeros for [start, end) as far as frames hold something else. */
static int zero(struct inode *inode, uint64_t start, uint64_t end)
{
	while (start < end) {
		uint64_t n = MIN(end - start, FRAME_SIZE - (start & FRAME_MASK));
		phys_t frame = frame_at(inode, page_of(start));

		if (!frame && start < inode->file.base_size) {
			int err = ram_file_own(inode, page_of(start), &frame);

			if (err)
				return err;
		}
		if (frame)
			memset(frame_bytes(frame) + (start & FRAME_MASK), 0, n);
		else
			n = until_frame(inode, start, end - start);
		start += n;
	}
	return 0;
}

/* The file becomes longer; what a mapping wrote behind its end does not come to light. */
static void extend(struct inode *inode, uint64_t size)
{
	uint64_t tail = ALIGN_UP(inode->size, FRAME_SIZE);

	if (inode->file.mappings && inode->size < tail)
		zero(inode, inode->size, tail);
	set_size(inode, size);
}

static long write_at(struct inode *inode, struct io *io, uint64_t *pos)
{
	size_t before = io->left;
	int err = 0;

	if (*pos > SIZE_LIMIT - io->left)
		return -EFBIG;
	if (inode->file.seals & SEALED_WRITE ||
	    (inode->file.seals & F_SEAL_GROW && *pos + io->left > inode->size))
		return -EPERM;
	while (!err && io->left) {
		uint64_t n = MIN(io->left, FRAME_SIZE - (*pos & FRAME_MASK));
		size_t was = io->left;
		phys_t frame;

		err = ram_file_own(inode, page_of(*pos), &frame);
		if (err) {
			err = -ENOSPC;
			break;
		}
		if (*pos > inode->size)
			extend(inode, *pos);
		err = io_take(io, frame_bytes(frame) + (*pos & FRAME_MASK), n);
		*pos += was - io->left;
		if (*pos > inode->size)
			set_size(inode, *pos);
	}
	if (io->left != before) {
		inode_touch(inode);
		/* As on Linux, who writes takes these rights away. */
		inode->mode &= ~(uint32_t)S_ISUID;
	}
	return err && io->left == before ? err : (long)(before - io->left);
}

static long file_op_read(struct file *file, struct io *io, uint64_t *pos)
{
	long result = ram_file_read(of(file)->inode, io, pos);

	if (result > 0)
		notify_access(of(file), false);
	return result;
}

static long file_op_write(struct file *file, struct io *io, uint64_t *pos)
{
	struct inode *inode = of(file)->inode;
	long result;

	mutex_lock(&inode->turn);
	if (file->flags & O_APPEND)
		*pos = inode->size;
	result = file_limit(*pos, io) ?: write_at(inode, io, pos);
	mutex_unlock(&inode->turn);
	if (result > 0)
		notify_access(of(file), true);
	return result;
}

static long seek_data(struct inode *inode, uint64_t offset, bool data)
{
	while (offset < inode->size) {
		bool here = offset < inode->file.base_size || frame_at(inode, page_of(offset));

		if (here == data)
			return (long)offset;
		if (!here)
			offset += until_frame(inode, offset, inode->size - offset);
		else
			offset = ALIGN_DOWN(offset, FRAME_SIZE) + FRAME_SIZE;
	}
	return data ? -ENXIO : (long)inode->size;
}

static long file_op_seek(struct file *file, int64_t offset, int whence)
{
	struct inode *inode = of(file)->inode;
	int64_t base = 0;

	switch (whence) {
	case 0: /* SEEK_SET */
		break;
	case 1: /* SEEK_CUR */
		base = (int64_t)file->pos;
		break;
	case 2: /* SEEK_END */
		base = (int64_t)inode->size;
		break;
	case 3: /* SEEK_DATA */
	case 4: /* SEEK_HOLE */
		if (offset < 0 || (uint64_t)offset >= inode->size)
			return -ENXIO;
		offset = seek_data(inode, (uint64_t)offset, whence == 3);
		if (offset < 0)
			return offset;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, offset, &offset))
		return -EOVERFLOW;
	if (offset < 0)
		return -EINVAL;
	file->pos = (uint64_t)offset;
	return offset;
}

const struct file_ops ram_file_ops = {
	.read = file_op_read,
	.write = file_op_write,
	.seek = file_op_seek,
	.stat = fs_file_stat,
	.map = ram_file_map,
	.control = fs_file_control,
	.describe = fs_file_describe,
	.flush = record_flush,
	.release = fs_file_release,
};

static void cut_pages(struct inode *inode, uint64_t first, uint64_t end)
{
	uint64_t irq;

	if (inode->file.mappings)
		ram_file_unmap(inode, first, end);
	irq = spin_lock(&inode->file.lock);
	pages_cut(&inode->file.pages, first, end);
	spin_unlock(&inode->file.lock, irq);
}

static int truncate(struct inode *inode, uint64_t size)
{
	uint64_t old = inode->size;

	if (size > SIZE_LIMIT)
		return -EFBIG;
	if ((size < old && inode->file.seals & F_SEAL_SHRINK) ||
	    (size > old && inode->file.seals & F_SEAL_GROW))
		return -EPERM;
	if (size < old) {
		int err;

		set_size(inode, size);
		cut_pages(inode, page_of(ALIGN_UP(size, FRAME_SIZE)), PAGES_NONE);
		err = zero(inode, size, ALIGN_UP(size, FRAME_SIZE));
		if (err)
			return err;
	} else if (size > old) {
		extend(inode, size);
	}
	inode_touch(inode);
	return 0;
}

int ram_file_truncate(struct inode *inode, uint64_t size)
{
	int err;

	mutex_lock(&inode->turn);
	err = truncate(inode, size);
	mutex_unlock(&inode->turn);
	return err;
}

#define FALLOC_FL_KEEP_SIZE 1 /* linux/falloc.h */
#define FALLOC_FL_PUNCH_HOLE 2
#define FALLOC_FL_ZERO_RANGE 16

/* [start, end) becomes zeros; whole pages give their frames back. */
static int punch(struct inode *inode, uint64_t start, uint64_t end)
{
	uint64_t first = ALIGN_UP(MAX(start, MIN(inode->file.base_size, end)), FRAME_SIZE);
	uint64_t last = ALIGN_DOWN(end, FRAME_SIZE);

	if (first >= last)
		return zero(inode, start, end);
	cut_pages(inode, page_of(first), page_of(last));
	return zero(inode, start, first) ?: zero(inode, last, end);
}

static int allocate(struct inode *inode, unsigned mode, uint64_t offset, uint64_t end)
{
	int err = 0;

	if (inode->file.seals & F_SEAL_GROW && !(mode & FALLOC_FL_KEEP_SIZE) && end > inode->size)
		return -EPERM;
	if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) {
		if (inode->file.seals & SEALED_WRITE)
			return -EPERM;
		err = punch(inode, offset, MIN(end, ALIGN_UP(inode->size, FRAME_SIZE)));
	}
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && end > inode->size)
		extend(inode, end);
	if (!err)
		inode_touch(inode);
	return err ? -ENOSPC : 0;
}

int ram_file_allocate(struct inode *inode, unsigned mode, uint64_t offset, uint64_t len)
{
	int err;

	if ((mode & ~(unsigned)(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) ||
	    (mode & FALLOC_FL_PUNCH_HOLE && mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)))
		return -EOPNOTSUPP;
	if (offset > SIZE_LIMIT || len > SIZE_LIMIT - offset)
		return -EFBIG;
	mutex_lock(&inode->turn);
	err = allocate(inode, mode, offset, offset + len);
	mutex_unlock(&inode->turn);
	return err;
}

uint64_t ram_file_blocks(const struct inode *inode)
{
	uint64_t base = ALIGN_UP(inode->file.base_size, FRAME_SIZE);

	return (inode->file.pages.count * FRAME_SIZE + base) / 512;
}

const char *ram_file_bytes(const struct inode *inode)
{
	if (inode->file.pages.count || inode->file.base_size != inode->size)
		return NULL;
	return inode->file.base;
}

void ram_file_free(struct inode *inode)
{
	pages_cut(&inode->file.pages, 0, PAGES_NONE);
}
