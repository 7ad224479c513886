// SPDX-License-Identifier: BSD-2-Clause
/* What writing comes to where nobody reads, for pipes and sockets, or where a limit forbids it. */
#include "core/limit.h"
#include "fs/pipe.h"
#include "include/errno.h"
#include "sched/thread.h"

/* asm/signal.h has them only together with a C library's types. */
#define SIGPIPE 13
#define SIGXFSZ 25

long sys_tkill(long tid, long signal); /* core/sys_signal.c */

long broken_pipe(void)
{
	sys_tkill(current_thread()->tid, SIGPIPE);
	return -EPIPE;
}

long file_too_large(void)
{
	sys_tkill(current_thread()->tid, SIGXFSZ);
	return -EFBIG;
}

long file_limit(uint64_t pos, struct io *io)
{
	uint64_t limit = READ_ONCE(limit_file_size);

	if (likely(limit == LIMIT_NONE) || !io->left)
		return 0;
	if (pos >= limit)
		return file_too_large();
	io->left = MIN(io->left, limit - pos);
	return 0;
}
