/* SPDX-License-Identifier: BSD-2-Clause */
/* From a path to what it names. */
#ifndef PAGURUS_FS_WALK_H
#define PAGURUS_FS_WALK_H

#include "fs/vfs.h"

#define WALK_FOLLOW BIT(0)   /* the last name too, where it is a symbolic link */
#define WALK_EMPTY BIT(1)    /* an empty path is where the walk starts (AT_EMPTY_PATH) */
#define WALK_NO_LINKS BIT(2) /* no symbolic link at all: -ELOOP */

/* Where a walk ended. Good while fs_lock() is held. */
struct found {
	struct dentry *dir; /* the directory that the last name is in */
	const char *name;   /* the last name; len 0: the path ends in "..", "." or "/" */
	size_t len;
	struct dentry *dentry; /* NULL: there is no such name in dir */
	bool slash;            /* the path ends in a slash: only a directory will do */
};

/* Goes along path from start (from the root where it begins with a slash). fs_lock() is held. Returns
 * 0 where all but the last name is there, else -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG. */
int walk(struct dentry *start, const char *path, unsigned flags, struct found *found);

/* The same for a path that must be there. */
int walk_to(struct dentry *start, const char *path, unsigned flags, struct dentry **dentry);

/* What is mounted on dentry, or dentry itself. */
struct dentry *mounted_on(struct dentry *dentry);

/* A system call's path: copied from the program, walked from its descriptor. */
struct at {
	struct found found;
	struct file *file; /* the descriptor's */
	char *path;
	char small[128];
};

/* The working directory. */
extern struct dentry *fs_cwd;

/* Copies path and walks it from what dirfd is (AT_FDCWD: the working directory). On 0 fs_lock() is
 * held until at_end(); else -errno. */
int at_begin(struct at *at, long dirfd, const char *path, unsigned flags);
/* As at_begin(), and the name must be there: -ENOENT. */
int at_begin_existing(struct at *at, long dirfd, const char *path, unsigned flags);
void at_end(struct at *at);

/* The fs_file behind a file that was opened by name; NULL: it was not. */
static inline struct fs_file *fs_file_of(struct file *file)
{
	return file->traits & FILE_IN_TREE ? container_of(file, struct fs_file, file) : NULL;
}

#endif
