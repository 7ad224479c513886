/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks on files. Those of fcntl belong to a process, and there is one: it never is in its own way.
 * Those of flock belong to an open file, so they can be. */
#ifndef PAGURUS_FS_FLOCK_H
#define PAGURUS_FS_FLOCK_H

#include "fs/vfs.h"

/* The file is closed for good. */
void flock_release(struct fs_file *f);

#endif
