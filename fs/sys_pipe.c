// SPDX-License-Identifier: BSD-2-Clause
/* pipe and pipe2. */
#include "arch/x86/trap.h"
#include "core/descriptor.h"
#include "fs/pipe_ring.h"
#include "include/errno.h"
#include "mm/heap.h"

long sys_pipe(int *fds);
long sys_pipe2(int *fds, long flags);

long sys_pipe2(int *fds, long flags)
{
	struct pipe *p;
	struct file *in, *out;
	int pair[2];
	long fd;

	if (flags & ~(long)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	p = pipe_new();
	if (!p)
		return -ENOMEM;
	in = pipe_end(p, &pipe_ops, O_RDONLY | (flags & O_NONBLOCK));
	out = in ? pipe_end(p, &pipe_ops, O_WRONLY | (flags & O_NONBLOCK)) : NULL;
	if (!out) {
		if (in)
			file_put(in);
		else
			heap_free(p);
		return -ENOMEM;
	}
	fd = descriptor_add(in, (uint32_t)flags);
	if (fd < 0) {
		file_put(out);
		return fd;
	}
	pair[0] = (int)fd;
	fd = descriptor_add(out, (uint32_t)flags);
	if (fd < 0) {
		descriptor_close(pair[0]);
		return fd;
	}
	pair[1] = (int)fd;
	if (!copy_to_program(fds, pair, sizeof(pair)))
		return 0;
	descriptor_close(pair[0]);
	descriptor_close(pair[1]);
	return -EFAULT;
}

long sys_pipe(int *fds)
{
	return sys_pipe2(fds, 0);
}
