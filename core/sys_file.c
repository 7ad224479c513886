// SPDX-License-Identifier: BSD-2-Clause
/* Calls with file names, in an image without file systems (CONFIG_FS): there are a few devices, and
 * nothing can be made. */
#include <asm/fcntl.h>

#include "arch/x86/trap.h"
#include "core/file.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

#define AT_FDCWD -100 /* linux/fcntl.h, which needs a C library's types */
#define AT_EMPTY_PATH 0x1000
#define KEPT_FLAGS (O_ACCMODE | O_NONBLOCK | O_APPEND)

struct device {
	const char *path;
	const struct file_ops *ops;
	uint32_t rdev;
};

static const struct device devices[] = {
	{ "/dev/console", &console_ops, DEVICE_CONSOLE },
	{ "/dev/tty", &console_ops, DEVICE_CONSOLE },
	{ "/dev/null", &null_ops, DEVICE_NULL },
	{ "/dev/zero", &zero_ops, DEVICE_ZERO },
};

long sys_open(const char *path, long flags);
long sys_openat(long dir, const char *path, long flags);
long sys_stat(const char *path, void *buf);
long sys_lstat(const char *path, void *buf);
long sys_newfstatat(long dir, const char *path, void *buf, long flags);
long sys_access(const char *path, long mode);
long sys_umask(long mask);
long sys_getcwd(char *buf, size_t size);
long sys_fstat(long fd, void *buf);

void files_init(const struct boot_info *bi)
{
	(void)bi;
}

static const struct device *find_device(const char *path)
{
	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
		if (strcmp(path, devices[i].path) == 0)
			return &devices[i];
	return NULL;
}

/* Looks the program's path up. Returns 0, -ENOENT, -EFAULT or -ENAMETOOLONG. */
static long lookup(const char *path, const struct device **device)
{
	char name[16];
	long len = copy_string_from_program(name, path, sizeof(name));

	if (len == -ENAMETOOLONG)
		return -ENOENT; /* longer than any name there is */
	if (len < 0)
		return len;
	*device = find_device(name);
	return *device ? 0 : -ENOENT;
}

long sys_openat(long dir, const char *path, long flags)
{
	const struct device *device;
	struct file *file;
	long err = lookup(path, &device);

	(void)dir; /* there are only absolute names */
	if (err)
		return err;
	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	file = heap_alloc(sizeof(*file));
	if (!file)
		return -ENOMEM;
	file_init(file, device->ops, flags & KEPT_FLAGS);
	if (device->ops == &console_ops)
		file->watch = &console_watch;
	return descriptor_add(file, (uint32_t)flags);
}

long sys_open(const char *path, long flags)
{
	return sys_openat(AT_FDCWD, path, flags);
}

long sys_stat(const char *path, void *buf)
{
	const struct device *device;
	struct file_info info;
	long err = lookup(path, &device);

	if (err)
		return err;
	device_info(&info, device->rdev);
	return give_stat(buf, &info);
}

/* There are no symbolic links. */
long sys_lstat(const char *path, void *buf)
{
	return sys_stat(path, buf);
}

long sys_newfstatat(long dir, const char *path, void *buf, long flags)
{
	char first;

	if (flags & AT_EMPTY_PATH) {
		if (copy_from_program(&first, path, 1))
			return -EFAULT;
		if (!first)
			return sys_fstat(dir, buf);
	}
	return sys_stat(path, buf);
}

long sys_access(const char *path, long mode)
{
	const struct device *device;
	long err = lookup(path, &device);

	if (mode & ~7L)
		return -EINVAL;
	return err ? err : mode & 1 ? -EACCES : 0; /* readable and writable, not executable */
}

long sys_umask(long mask)
{
	static long current = 022;

	return __atomic_exchange_n(&current, mask & 0777, __ATOMIC_RELAXED);
}

long sys_getcwd(char *buf, size_t size)
{
	static const char root[] = "/";

	if (size < sizeof(root))
		return -ERANGE;
	return copy_to_program(buf, root, sizeof(root)) ? -EFAULT : (long)sizeof(root);
}
