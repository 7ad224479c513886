/* SPDX-License-Identifier: BSD-2-Clause */
/* What the system calls of this room share. Flags from linux/fcntl.h, which needs a C library's
 * types. */
#ifndef PAGURUS_FS_SYS_H
#define PAGURUS_FS_SYS_H

#include <asm/fcntl.h>

#include "fs/vfs.h"

#define AT_FDCWD (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EACCESS 0x200
#define AT_REMOVEDIR 0x200
#define AT_SYMLINK_FOLLOW 0x400
#define AT_NO_AUTOMOUNT 0x800
#define AT_EMPTY_PATH 0x1000
#define AT_STATX_SYNC_TYPE 0x6000

/* Copies the program's path into small, or into memory from the heap where it is longer. Returns 0
 * and *path, or -EFAULT, -ENAMETOOLONG, -ENOMEM. */
int path_copy(char **path, char *small, size_t small_size, const char *user);

/* fs/open.c: opens what is found, or makes it. fs_lock() is held. */
struct found;
int open_found(struct found *found, uint32_t flags, uint32_t mode, struct file **file);

/* Opens a dentry. The file holds it. */
int open_dentry(struct dentry *dentry, uint32_t flags, struct file **file);

/* A struct fs_file with these operations; NULL: no memory. */
void fs_file_init(struct fs_file *f, struct dentry *dentry, const struct file_ops *ops,
                  uint32_t flags);
struct fs_file *fs_file_new(struct dentry *dentry, const struct file_ops *ops, uint32_t flags);

/* Common operations of fs_files. */
long fs_file_stat(struct file *file, struct file_info *info);
int fs_file_describe(struct file *file, char *buf, size_t size);
void fs_file_release(struct file *file);
long fs_file_control(struct file *file, long command, void *arg);

/* The bits of mode that umask leaves. */
uint32_t apply_umask(uint32_t mode);

/* fs/names.c: what changes the tree. fs_lock() is held; names as a walk found them. */
int name_create(const struct found *found, struct inode *inode, struct dentry **dentry);
int name_link(const struct found *found, struct inode *inode);
int name_unlink(const struct found *found);
int name_rmdir(const struct found *found);
int name_rename(const struct found *from, const struct found *to, unsigned flags);

/* fs/device.c: the operations of a character device; NULL: none of this number. */
const struct file_ops *device_ops(uint32_t rdev, struct watch_head **watch);

extern struct filesystem root_fs;

#endif
