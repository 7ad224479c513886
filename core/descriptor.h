/* SPDX-License-Identifier: BSD-2-Clause */
/* Changing the descriptor table, for the calls in core/sys_descriptor.c; what other rooms use of it
 * is in core/file.h. All return -EBADF where the descriptor is not open. */
#ifndef PAGURUS_CORE_DESCRIPTOR_H
#define PAGURUS_CORE_DESCRIPTOR_H

#include "include/types.h"

long descriptor_close(long fd);

/* Another name of fd, the lowest from min on. Returns it, -EMFILE, -EINVAL (min beyond the limit) or
 * -ENOMEM. */
long descriptor_duplicate(long fd, unsigned min, bool cloexec);

/* to becomes another name of from; what it named before is closed. Returns to or -ENOMEM. */
long descriptor_replace(long from, long to, bool cloexec);

void descriptor_set_cloexec(long fd, bool cloexec);

#endif
