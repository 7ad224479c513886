/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing. Data crosses between the program and the kernel in small pieces through the
 * stack, so that no length makes the kernel allocate, and faults are met before any lock is held. */
#include <asm/fcntl.h>
#include <linux/uio.h>

#include "arch/x86/trap.h"
#include "core/console.h"
#include "core/file.h"
#include "include/errno.h"
#include "lib/string.h"
#include "sched/wait.h"

#define CHUNK 512
#define IO_MAX 0x7ffff000L /* bytes of one call, as on Linux */

static struct mutex write_turn = MUTEX_INIT(write_turn); /* one write's text is not torn */

long sys_read(long fd, void *buf, size_t len);
long sys_write(long fd, const void *buf, size_t len);
long sys_readv(long fd, const struct iovec *vector, long count);
long sys_writev(long fd, const struct iovec *vector, long count);
long sys_pread64(long fd, void *buf, size_t len, long offset);
long sys_pwrite64(long fd, const void *buf, size_t len, long offset);

/* The file behind fd if it is open for what not_mode excludes. */
static struct file *file_for(long fd, uint32_t not_mode)
{
	struct file *file = file_get(fd);

	return file && (file->flags & O_ACCMODE) != not_mode ? file : NULL;
}

static long read_console(char *buf, size_t len, bool nonblock)
{
	char chunk[CHUNK];
	long n = console_read(chunk, MIN(len, sizeof(chunk)), nonblock);

	if (n > 0 && copy_to_program(buf, chunk, (size_t)n))
		return -EFAULT;
	return n;
}

static long read_zero(char *buf, size_t len)
{
	char zeros[CHUNK];
	size_t done = 0;

	memset(zeros, 0, sizeof(zeros));
	while (done < len) {
		size_t n = MIN(len - done, sizeof(zeros));

		if (copy_to_program(buf + done, zeros, n))
			return done ? (long)done : -EFAULT;
		done += n;
	}
	return (long)done;
}

/* What a part of a vector goes through. more: an earlier part has got its data. */
typedef long (*transfer_fn)(struct file *file, void *buf, size_t len, bool more);

static long read_file(struct file *file, void *buf, size_t len, bool more)
{
	if (!len || file->kind == FILE_NULL)
		return 0;
	len = MIN(len, (size_t)IO_MAX);
	if (file->kind == FILE_ZERO)
		return read_zero(buf, len);
	return read_console(buf, len, more || file->flags & O_NONBLOCK);
}

static long write_file(struct file *file, void *buf, size_t len, bool more)
{
	char chunk[CHUNK];
	size_t done = 0;

	(void)more;
	len = MIN(len, (size_t)IO_MAX);
	if (file->kind != FILE_CONSOLE)
		return (long)len;
	while (done < len) {
		size_t n = MIN(len - done, sizeof(chunk));

		if (copy_from_program(chunk, (char *)buf + done, n))
			return done ? (long)done : -EFAULT;
		console_write_program(chunk, n);
		done += n;
	}
	return (long)done;
}

long sys_read(long fd, void *buf, size_t len)
{
	struct file *file = file_for(fd, O_WRONLY);

	return file ? read_file(file, buf, len, false) : -EBADF;
}

long sys_write(long fd, const void *buf, size_t len)
{
	struct file *file = file_for(fd, O_RDONLY);
	long result;

	if (!file)
		return -EBADF;
	mutex_lock(&write_turn);
	result = write_file(file, (void *)buf, len, false);
	mutex_unlock(&write_turn);
	return result;
}

/* Is vector one that Linux takes? Returns 0, -EINVAL or -EFAULT. */
static long check_vector(const struct iovec *vector, long count)
{
	struct iovec v;

	if (count < 0 || count > UIO_MAXIOV)
		return -EINVAL;
	for (long i = 0; i < count; i++) {
		if (copy_from_program(&v, &vector[i], sizeof(v)))
			return -EFAULT;
		if ((long)v.iov_len < 0)
			return -EINVAL;
	}
	return 0;
}

/* Reads or writes each part in turn until one comes up short. */
static long for_vector(struct file *file, const struct iovec *vector, long count,
                       transfer_fn transfer)
{
	struct iovec v;
	long total = 0;

	for (long i = 0; i < count && total < IO_MAX; i++) {
		long n;

		if (copy_from_program(&v, &vector[i], sizeof(v)))
			return total ? total : -EFAULT;
		v.iov_len = MIN(v.iov_len, (size_t)(IO_MAX - total));
		n = transfer(file, v.iov_base, v.iov_len, total > 0);
		if (n < 0)
			return total ? total : n;
		total += n;
		if ((size_t)n < v.iov_len)
			break;
	}
	return total;
}

long sys_readv(long fd, const struct iovec *vector, long count)
{
	struct file *file = file_for(fd, O_WRONLY);
	long err;

	if (!file)
		return -EBADF;
	err = check_vector(vector, count);
	return err ? err : for_vector(file, vector, count, read_file);
}

long sys_writev(long fd, const struct iovec *vector, long count)
{
	struct file *file = file_for(fd, O_RDONLY);
	long result;

	if (!file)
		return -EBADF;
	result = check_vector(vector, count);
	if (result)
		return result;
	mutex_lock(&write_turn);
	result = for_vector(file, vector, count, write_file);
	mutex_unlock(&write_turn);
	return result;
}

long sys_pread64(long fd, void *buf, size_t len, long offset)
{
	struct file *file = file_for(fd, O_WRONLY);

	if (!file)
		return -EBADF;
	if (offset < 0)
		return -EINVAL;
	return file->kind == FILE_CONSOLE ? -ESPIPE : read_file(file, buf, len, false);
}

long sys_pwrite64(long fd, const void *buf, size_t len, long offset)
{
	struct file *file = file_for(fd, O_RDONLY);

	if (!file)
		return -EBADF;
	if (offset < 0)
		return -EINVAL;
	return file->kind == FILE_CONSOLE ? -ESPIPE : write_file(file, (void *)buf, len, false);
}
