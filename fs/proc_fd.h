/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of /proc/self whose names come and go: fd and task. */
#ifndef PAGURUS_FS_PROC_FD_H
#define PAGURUS_FS_PROC_FD_H

#include "fs/vfs.h"

extern const struct inode_ops proc_fd_ops, proc_task_ops;

#endif
