// SPDX-License-Identifier: BSD-2-Clause
/* Moving bytes in and out of a buffer or a vector (core/io.h). Nothing here takes a lock, so a copy
 * may fault; the vector is read as it is gone through, since the program may change it meanwhile. */
#include "core/io.h"

#include <linux/uio.h>

#include "arch/x86/trap.h"
#include "include/errno.h"
#include "lib/string.h"

static const char zeros[256];

int io_vector(struct io *io, const struct iovec *vector, long count)
{
	struct iovec v;
	size_t sum = 0;

	if (count < 0 || count > UIO_MAXIOV)
		return -EINVAL;
	for (long i = 0; i < count; i++) {
		if (copy_from_program(&v, &vector[i], sizeof(v)))
			return -EFAULT;
		if ((long)v.iov_len < 0 || __builtin_add_overflow(sum, v.iov_len, &sum) || (long)sum < 0)
			return -EINVAL;
	}
	*io = (struct io){ .left = MIN(sum, IO_MAX), .next = vector, .nr_next = (unsigned)count };
	return 0;
}

/* Goes on to the next part that is not empty. */
static int advance(struct io *io)
{
	struct iovec v;

	while (!io->part) {
		if (!io->nr_next || copy_from_program(&v, io->next, sizeof(v)))
			return -EFAULT;
		io->next++;
		io->nr_next--;
		io->at = v.iov_base;
		io->part = MIN(v.iov_len, io->left);
	}
	return 0;
}

/* Copies n bytes to (or from) data. */
static int transfer(struct io *io, void *data, size_t n, bool put)
{
	while (n) {
		size_t some;

		if (advance(io))
			return -EFAULT;
		some = MIN(n, io->part);
		if (io->kernel)
			memcpy(put ? io->at : data, put ? data : io->at, some);
		else if (put ? copy_to_program(io->at, data, some) : copy_from_program(data, io->at, some))
			return -EFAULT;
		io->at += some;
		io->part -= some;
		io->left -= some;
		data = (char *)data + some;
		n -= some;
	}
	return 0;
}

int io_put(struct io *io, const void *data, size_t n)
{
	return transfer(io, (void *)data, n, true);
}

int io_take(struct io *io, void *data, size_t n)
{
	return transfer(io, data, n, false);
}

int io_put_zeros(struct io *io, size_t n)
{
	int err = 0;

	while (n && !err) {
		size_t some = MIN(n, sizeof(zeros));

		err = io_put(io, zeros, some);
		n -= some;
	}
	return err;
}
