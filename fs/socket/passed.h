/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes along with a message: descriptors (SCM_RIGHTS) and who sent it (SCM_CREDENTIALS). */
#ifndef PAGURUS_FS_SOCKET_PASSED_H
#define PAGURUS_FS_SOCKET_PASSED_H

#include "core/file.h"
#include "fs/socket/abi.h"

/* Files on their way; each is held. */
struct passed_files {
	struct passed_files *next;
	unsigned count;
	struct file *files[];
};

struct passed {
	struct passed_files *files; /* NULL: none */
	struct ucred sender;
	bool tell_sender; /* the receiver wants to know */
};

/* Reads the control messages of a send. Returns 0, -EINVAL, -EBADF, -EFAULT, -EPERM, -ENOMEM or
 * -ETOOMANYREFS: as many files are on their way as there can be descriptors. */
int passed_take(struct passed *passed, const void *user, uint64_t len);

/* Writes them for a receive, into room bytes at user; files get descriptors. *flags: MSG_CTRUNC is
 * added where they do not fit. Takes everything out of passed. Returns the bytes written. */
uint64_t passed_give(struct passed *passed, void *user, uint64_t room, uint32_t call_flags,
                     uint32_t *flags);

/* Another reference to each, for MSG_PEEK. NULL: no memory, or none. */
struct passed_files *passed_copy(const struct passed_files *files);

/* Drops them. The release of a file may drop others: they wait their turn. */
void passed_discard(struct passed_files *files);

/* Who the program is. */
struct ucred passed_self(void);

#endif
