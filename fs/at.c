// SPDX-License-Identifier: BSD-2-Clause
/* The path of a system call: copied, then walked from the working directory or a descriptor. */
#include "arch/x86/trap.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

struct dentry *fs_cwd;

int path_copy(char **path, char *small, size_t small_size, const char *user)
{
	long len = copy_string_from_program(small, user, small_size);

	*path = small;
	if (len != -ENAMETOOLONG)
		return len < 0 ? (int)len : 0;
	*path = heap_alloc(PATH_LENGTH_MAX);
	if (!*path)
		return -ENOMEM;
	len = copy_string_from_program(*path, user, PATH_LENGTH_MAX);
	if (len >= 0)
		return 0;
	heap_free(*path);
	return (int)len;
}

static void drop(struct at *at)
{
	if (at->file)
		file_put(at->file);
	if (at->path != at->small)
		heap_free(at->path);
}

void at_end(struct at *at)
{
	fs_unlock();
	drop(at);
}

/* Where the walk begins. */
static int start_of(struct at *at, long dirfd, unsigned flags, struct dentry **start)
{
	struct fs_file *f;

	*start = fs_cwd;
	at->file = NULL;
	if (!*at->path && !(flags & WALK_EMPTY))
		return -ENOENT;
	if (*at->path == '/' || dirfd == AT_FDCWD)
		return 0;
	at->file = file_get(dirfd);
	if (!at->file)
		return -EBADF;
	f = fs_file_of(at->file);
	if (!f || (!is_directory(f->inode) && *at->path))
		return -ENOTDIR;
	*start = f->dentry;
	return 0;
}

int at_begin(struct at *at, long dirfd, const char *path, unsigned flags)
{
	struct dentry *start;
	int err = path_copy(&at->path, at->small, sizeof(at->small), path);

	if (err)
		return err;
	fs_lock();
	dirfd = (int)dirfd;
	err = start_of(at, dirfd, flags, &start);
	if (!err)
		err = walk(start, at->path, flags, &at->found);
	if (err)
		at_end(at);
	return err;
}

int at_begin_existing(struct at *at, long dirfd, const char *path, unsigned flags)
{
	int err = at_begin(at, dirfd, path, flags);

	if (!err && !at->found.dentry) {
		at_end(at);
		err = -ENOENT;
	}
	return err;
}
