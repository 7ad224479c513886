/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that no tree knows: event counters, timers, signals, epoll. */
#ifndef PAGURUS_FS_ANON_H
#define PAGURUS_FS_ANON_H

#include "core/file.h"

/* What stat says of them. */
long anon_stat(struct file *file, struct file_info *info);

#endif
