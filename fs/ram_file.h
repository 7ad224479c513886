/* SPDX-License-Identifier: BSD-2-Clause */
/* Data of regular files: frames of their own, and behind them what a module holds, which is never
 * written to. */
#ifndef PAGURUS_FS_RAM_FILE_H
#define PAGURUS_FS_RAM_FILE_H

#include "fs/vfs.h"

extern const struct file_ops ram_file_ops;

/* Changes the size. fs: inode->turn is taken. Returns 0, -EFBIG, -EPERM (sealed), -ENOMEM. */
int ram_file_truncate(struct inode *inode, uint64_t size);

/* fallocate. Returns 0, -EOPNOTSUPP, -EFBIG, -ENOSPC, -EPERM. */
int ram_file_allocate(struct inode *inode, unsigned mode, uint64_t offset, uint64_t len);

/* Reads without a struct file. Returns how many bytes. */
long ram_file_read(struct inode *inode, struct io *io, uint64_t *pos);

/* A frame for page index that is the file's own: made, with what the page holds now, where there is
 * none. Returns 0 or -ENOMEM. */
int ram_file_own(struct inode *inode, uint64_t index, phys_t *frame);

/* Where the file's bytes lie one behind the other in memory; NULL: in pieces. */
const char *ram_file_bytes(const struct inode *inode);

uint64_t ram_file_blocks(const struct inode *inode);
void ram_file_free(struct inode *inode);

/* fs/ram_map.c */
long ram_file_map(struct file *file, const struct map_request *request);
/* The same for who needs no rights: the loader. The dentry is a regular file's. */
long ram_file_map_dentry(struct dentry *dentry, const struct map_request *request);
/* Takes the pages [first, end) of the file away from everybody who shows them. */
void ram_file_unmap(struct inode *inode, uint64_t first, uint64_t end);

#endif
