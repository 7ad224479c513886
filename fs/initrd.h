/* SPDX-License-Identifier: BSD-2-Clause */
/* An archive as part of the tree. All of it is read at once, and its directories are made; names and
 * inodes of the files in a directory are made when somebody looks into it. Data stay where they are. */
#ifndef PAGURUS_FS_INITRD_H
#define PAGURUS_FS_INITRD_H

#include "fs/vfs.h"

/* Adds all of the archive's entries below root; what is there already gives way, but for directories.
 * Directories' inodes get ops and private of this file's; the archive outlives them. Returns 0, or
 * -EINVAL or -ENOMEM and *problem. fs_lock() is held. */
int initrd_add(struct dentry *root, const void *archive, size_t size, const char **problem);

/* Adds one file whose data lie at data. NULL: no memory. fs_lock() is held; name outlives it. */
struct dentry *initrd_add_file(struct dentry *dir, const char *name, size_t len, uint32_t mode,
                               const void *data, size_t size);

#endif
