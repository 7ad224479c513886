/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory side of one read or write: a buffer, or the parts of an iovec, gone through in order.
 * It lies in the program's memory, so every step may fail, or in the kernel's. */
#ifndef PAGURUS_CORE_IO_H
#define PAGURUS_CORE_IO_H

#include "include/types.h"

struct iovec; /* linux/uio.h */

#define IO_MAX 0x7ffff000UL /* bytes of one call, as on Linux */

struct io {
	char *at;                 /* the part that it is at: what remains of it */
	size_t part;              /* bytes at at */
	size_t left;              /* bytes in all */
	const struct iovec *next; /* the parts behind that one, in the program's memory */
	unsigned nr_next;
	bool kernel; /* the kernel's own memory: nothing can go wrong */
};

/* One buffer of len bytes (cut to IO_MAX) of the program. */
static inline struct io io_buffer(const void *buf, size_t len)
{
	len = MIN(len, IO_MAX);
	return (struct io){ .at = (char *)buf, .part = len, .left = len };
}

/* The same of the kernel. */
static inline struct io io_kernel(void *buf, size_t len)
{
	struct io io = io_buffer(buf, len);

	io.kernel = true;
	return io;
}

/* The parts of a vector of the program's. Returns 0, -EINVAL (too many, or too long) or -EFAULT. */
int io_vector(struct io *io, const struct iovec *vector, long count);

/* Copies n <= io->left bytes from data to where io is, and goes on behind them. 0 or -EFAULT. */
int io_put(struct io *io, const void *data, size_t n);

/* The other direction. */
int io_take(struct io *io, void *data, size_t n);

/* io_put() of zeros. */
int io_put_zeros(struct io *io, size_t n);

#endif
