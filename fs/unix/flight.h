/* SPDX-License-Identifier: BSD-2-Clause */
/* Which AF_UNIX sockets are in messages that wait to be received. */
#ifndef PAGURUS_FS_UNIX_FLIGHT_H
#define PAGURUS_FS_UNIX_FLIGHT_H

#include "arch/x86/spinlock.h"
#include "fs/socket/passed.h"

/* Taken before any socket's lock, by who puts files into a queue or takes them out. */
extern struct spinlock flight_lock;

/* These files go into a queue, or leave it. The lock is held. */
void flight_add(const struct passed_files *files);
void flight_remove(const struct passed_files *files);

/* Lets go of sockets in flight that nobody can receive any more, if there may be many. Threads only;
 * nothing is held. */
void flight_collect(void);

#endif
