/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories: opening and listing, and making their files from tables. */
#ifndef PAGURUS_FS_DIRECTORY_H
#define PAGURUS_FS_DIRECTORY_H

#include "fs/vfs.h"

int directory_open(struct dentry *dentry, uint32_t flags, struct file **file);

/* Adds a new inode to dir. mode: type and permissions. name outlives it. NULL: no memory. */
struct dentry *directory_make(struct dentry *dir, const char *name, uint32_t mode);

/* A symbolic link; text outlives it. Returns 0 or -ENOMEM. */
int directory_make_link(struct dentry *dir, const char *name, const char *text);

#endif
