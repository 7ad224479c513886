// SPDX-License-Identifier: BSD-2-Clause
/* Directories: getdents64, with positions that stay right while names come and go: 0 and 1 for "."
 * and "..", then a name's cookie or number + 2. */
#include "fs/directory.h"

#include "arch/x86/trap.h"
#include "fs/notify.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/string.h"

#define FIRST_NAME 2
#define TYPE_SHIFT 12 /* S_IFMT >> 12 is d_type */

/* linux/dirent.h is not for user space; the names are the manual's. */
struct linux_dirent64 {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen;
	uint8_t d_type;
	char d_name[];
};

struct linux_dirent {
	uint64_t d_ino;
	uint64_t d_off;
	uint16_t d_reclen;
	char d_name[]; /* and the type in the record's last byte */
};

long sys_getdents64(long fd, char *buf, size_t size);
long sys_getdents(long fd, char *buf, size_t size);

/* One name that is listed. */
struct entry {
	struct dentry *child; /* NULL: none, or made up */
	uint64_t ino, next;
	uint32_t mode;
	const char *name;
	size_t len;
	char made_up[NAME_LENGTH_MAX + 1];
};

static const struct dentry *parent_of(const struct dentry *d)
{
	if (d == fs_root)
		return d;
	return d->parent == d && d->covers ? d->covers->parent : d->parent;
}

/* What is at pos. e->child may be the name before it, in which case only the next one is looked at.
 * Returns 0 or -ENOENT: nothing comes. fs_lock() is held. */
static int entry_at(struct dentry *dir, uint64_t pos, struct entry *e)
{
	const struct inode_ops *ops = dir->inode->ops;
	struct dentry *child;

	if (pos < FIRST_NAME) {
		const struct dentry *d = pos ? parent_of(dir) : dir;

		e->ino = d->inode->ino;
		e->mode = S_IFDIR;
		e->next = pos + 1;
		e->name = "..";
		e->len = pos + 1;
		return 0;
	}
	child = e->child ? directory_after(e->child) : directory_next(dir, pos - FIRST_NAME);
	e->child = child;
	if (child) {
		const struct inode *inode = mounted_on(child)->inode;

		e->ino = inode->ino;
		e->mode = inode->mode;
		e->next = child->cookie + FIRST_NAME + 1;
		e->name = child->name;
		e->len = child->len;
		return 0;
	}
	if (ops && ops->list) {
		uint64_t base = dir->inode->dir.next_cookie + FIRST_NAME + 1;
		uint64_t number = pos > base ? pos - base : 0;
		int mode = ops->list(dir, &number, e->made_up, sizeof(e->made_up));

		if (mode < 0)
			return mode;
		e->ino = number + 1;
		e->mode = (uint32_t)mode;
		e->next = base + number + 1;
		e->name = e->made_up;
		e->len = strlen(e->made_up);
		return 0;
	}
	return -ENOENT;
}

/* Clears what fills the record up behind the name; all of it lies in the last two words. */
static inline void end_record(char *record, size_t size)
{
	uint64_t __attribute__((may_alias)) *end = (void *)(record + size);

	end[-1] = 0;
	end[-2] = 0;
}

/* Writes one record. Returns its length, -EINVAL: no room, or -EFAULT. */
static long put64(const struct entry *e, char *buf, size_t room)
{
	size_t size = ALIGN_UP(offsetof(struct linux_dirent64, d_name) + e->len + 1, 8UL);
	char record[sizeof(struct linux_dirent64) + NAME_LENGTH_MAX + 9] __attribute__((aligned(8)));
	struct linux_dirent64 *d = (void *)record;

	if (size > room)
		return -EINVAL;
	end_record(record, size);
	d->d_ino = e->ino;
	d->d_off = (int64_t)e->next;
	d->d_reclen = (uint16_t)size;
	d->d_type = (uint8_t)(e->mode >> TYPE_SHIFT);
	memcpy(d->d_name, e->name, e->len);
	return copy_to_program(buf, record, size) ? -EFAULT : (long)size;
}

static long put32(const struct entry *e, char *buf, size_t room)
{
	size_t size = ALIGN_UP(offsetof(struct linux_dirent, d_name) + e->len + 2, 8UL);
	char record[sizeof(struct linux_dirent) + NAME_LENGTH_MAX + 10] __attribute__((aligned(8)));
	struct linux_dirent *d = (void *)record;

	if (size > room)
		return -EINVAL;
	end_record(record, size);
	d->d_ino = e->ino;
	d->d_off = e->next;
	d->d_reclen = (uint16_t)size;
	memcpy(d->d_name, e->name, e->len);
	record[size - 1] = (char)(e->mode >> TYPE_SHIFT);
	return copy_to_program(buf, record, size) ? -EFAULT : (long)size;
}

typedef long (*put_fn)(const struct entry *e, char *buf, size_t room);

static long list(struct fs_file *f, char *buf, size_t size, put_fn put)
{
	struct entry e;
	size_t done = 0;
	long n = directory_ready(f->dentry);

	e.child = NULL;
	if (n)
		return n;
	if (!f->dentry->linked && f->dentry->parent != f->dentry)
		return -ENOENT;
	while (entry_at(f->dentry, f->file.pos, &e) == 0) {
		n = put(&e, buf + done, size - done);
		if (n < 0)
			return done && n == -EINVAL ? (long)done : n;
		done += (size_t)n;
		f->file.pos = e.next;
	}
	return (long)done;
}

static long getdents(long fd, char *buf, size_t size, put_fn put)
{
	struct file *file = file_get(fd);
	struct fs_file *f;
	long result = -ENOTDIR;

	if (!file)
		return -EBADF;
	f = fs_file_of(file);
	if (file->flags & O_PATH) {
		result = -EBADF;
	} else if (f && is_directory(f->inode)) {
		mutex_lock(&file->turn);
		fs_lock();
		result = list(f, buf, size, put);
		fs_unlock();
		if (result >= 0)
			notify_access(f, false);
		mutex_unlock(&file->turn);
	}
	file_put(file);
	return result;
}

long sys_getdents64(long fd, char *buf, size_t size)
{
	return getdents(fd, buf, size, put64);
}

long sys_getdents(long fd, char *buf, size_t size)
{
	return getdents(fd, buf, size, put32);
}

static long directory_read(struct file *file, struct io *io, uint64_t *pos)
{
	(void)file;
	(void)io;
	(void)pos;
	return -EISDIR;
}

static long directory_seek(struct file *file, int64_t offset, int whence)
{
	if (whence == 1) /* SEEK_CUR */
		offset += (int64_t)file->pos;
	else if (whence != 0)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->pos = (uint64_t)offset;
	return offset;
}

static const struct file_ops directory_ops = {
	.read = directory_read,
	.seek = directory_seek,
	.stat = fs_file_stat,
	.control = fs_file_control,
	.describe = fs_file_describe,
	.release = fs_file_release,
};

int directory_open(struct dentry *dentry, uint32_t flags, struct file **file)
{
	struct fs_file *f = fs_file_new(dentry, &directory_ops, flags);

	if (!f)
		return -ENOMEM;
	*file = &f->file;
	return 0;
}

struct dentry *directory_make(struct dentry *dir, const char *name, uint32_t mode)
{
	struct inode *inode = inode_new(dir->inode->fs, mode);

	return inode ? dentry_add(dir, name, strlen(name), inode, false, true) : NULL;
}

int directory_make_link(struct dentry *dir, const char *name, const char *text)
{
	struct dentry *d = directory_make(dir, name, S_IFLNK | 0777);

	if (!d)
		return -ENOMEM;
	d->inode->link.text = text;
	d->inode->size = strlen(text);
	return 0;
}
