// SPDX-License-Identifier: BSD-2-Clause
/* Directories from tables, and files whose text is made when they are opened (fs/made_up.h). */
#include "fs/made_up.h"

#include <stdarg.h>

#include "fs/directory.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/heap.h"

#define FIRST_ROOM 512

static int populate_table(struct dentry *dir);
static int open_text(struct dentry *dentry, uint32_t flags, struct file **file);

static const struct inode_ops directory_ops = { .populate = populate_table };
static const struct inode_ops text_inode_ops = { .open = open_text };

static bool make_room(struct text *t, size_t len)
{
	size_t room = t->room ? t->room : FIRST_ROOM;
	char *buf;

	if (t->failed)
		return false;
	while (room < t->len + len)
		room *= 2;
	if (room == t->room)
		return true;
	buf = heap_alloc(room);
	if (!buf) {
		t->failed = true;
		return false;
	}
	if (t->len)
		memcpy(buf, t->buf, t->len);
	heap_free(t->buf);
	t->buf = buf;
	t->room = room;
	return true;
}

void text_add(struct text *t, const char *data, size_t len)
{
	if (!make_room(t, len))
		return;
	memcpy(t->buf + t->len, data, len);
	t->len += len;
}

static void sink(void *ctx, const char *data, size_t len)
{
	text_add(ctx, data, len);
}

void text_print(struct text *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fmt_vprint(sink, t, fmt, args);
	va_end(args);
}

static struct inode *make_inode(struct filesystem *fs, const struct made_up *e)
{
	uint32_t permissions = e->mode & 07777 ? e->mode & 07777 : 0444, type = e->mode & S_IFMT;
	struct inode *inode;

	if (e->link)
		return inode_new(fs, S_IFLNK | 0777);
	if (e->entries && !(e->mode & 07777))
		permissions = 0555;
	inode = inode_new(fs, (type ? type : e->entries ? S_IFDIR : S_IFREG) | permissions);
	if (!inode)
		return NULL;
	inode->ops = e->ops ? e->ops : e->entries ? &directory_ops : &text_inode_ops;
	inode->private = (void *)e;
	return inode;
}

int made_up_populate(struct dentry *dir, const struct made_up *entries)
{
	for (const struct made_up *e = entries; e->name; e++) {
		struct inode *inode;

		if (dentry_find(dir, e->name, strlen(e->name)))
			continue; /* from a first try that ran out of memory */
		inode = make_inode(dir->inode->fs, e);
		if (!inode)
			return -ENOMEM;
		if (e->link) {
			inode->link.text = e->link;
			inode->size = strlen(e->link);
		}
		if (!dentry_add(dir, e->name, strlen(e->name), inode, false, true))
			return -ENOMEM;
	}
	return 0;
}

static int populate_table(struct dentry *dir)
{
	const struct made_up *e = dir->inode->private;

	return made_up_populate(dir, e->entries);
}

struct text_file {
	struct fs_file fs;
	struct text text;
};

static struct text_file *of(struct file *file)
{
	return container_of(file, struct text_file, fs.file);
}

static long text_read(struct file *file, struct io *io, uint64_t *pos)
{
	const struct text *t = &of(file)->text;
	size_t n;

	if (*pos >= t->len)
		return 0;
	n = MIN(io->left, t->len - *pos);
	if (io_put(io, t->buf + *pos, n))
		return -EFAULT;
	*pos += n;
	return (long)n;
}

static long text_seek(struct file *file, int64_t offset, int whence)
{
	if (whence == 1) /* SEEK_CUR */
		offset += (int64_t)file->pos;
	else if (whence == 2) /* SEEK_END */
		offset += (int64_t)of(file)->text.len;
	else if (whence != 0)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->pos = (uint64_t)offset;
	return offset;
}

static void text_release(struct file *file)
{
	heap_free(of(file)->text.buf);
	fs_file_release(file); /* frees the whole: the fs_file comes first */
}

static const struct file_ops text_ops = {
	.read = text_read,
	.seek = text_seek,
	.stat = fs_file_stat,
	.control = fs_file_control,
	.describe = fs_file_describe,
	.release = text_release,
};

int text_open(struct dentry *dentry, uint32_t flags, struct text *text, struct file **file)
{
	struct text_file *f = text->failed ? NULL : heap_alloc(sizeof(*f));

	if (!f) {
		heap_free(text->buf);
		return -ENOMEM;
	}
	f->text = *text;
	fs_file_init(&f->fs, dentry, &text_ops, flags);
	*file = &f->fs.file;
	return 0;
}

static int open_text(struct dentry *dentry, uint32_t flags, struct file **file)
{
	const struct made_up *e = dentry->inode->private;
	struct text text = { 0 };

	if ((flags & O_ACCMODE) != O_RDONLY)
		return -EACCES;
	if (e->string)
		text_print(&text, "%s\n", e->string);
	else
		e->write(&text);
	return text_open(dentry, flags, &text, file);
}
