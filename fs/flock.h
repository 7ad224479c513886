/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks on files: those of flock (fs/flock.c) on a whole one, those of fcntl (fs/record.c) on ranges
 * of it. */
#ifndef PAGURUS_FS_FLOCK_H
#define PAGURUS_FS_FLOCK_H

#include "fs/vfs.h"

/* The file is closed for good. */
void flock_release(struct fs_file *f);
void record_release(struct fs_file *f);

/* A descriptor of it is closed (struct file_ops). */
void record_flush(struct file *file);

/* F_GETLK, F_SETLK, F_SETLKW and F_OFD_GETLK, ... with a struct flock of the program's. Returns 0 or
 * -errno: -EAGAIN where another has it. */
long record_control(struct fs_file *f, long command, void *arg);

#endif
