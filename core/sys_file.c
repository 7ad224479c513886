/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls about descriptors: opening, closing, copying, asking. Reading and writing are in
 * core/sys_io.c. */
#include <asm/fcntl.h>
#include <asm/stat.h>
#include <linux/stat.h>

#include "arch/x86/spinlock.h"
#include "arch/x86/trap.h"
#include "core/console.h"
#include "core/file.h"
#include "include/errno.h"
#include "lib/string.h"

#define AT_FDCWD -100 /* linux/fcntl.h, which needs a C library's types */
#define AT_EMPTY_PATH 0x1000
#define F_DUPFD_CLOEXEC 1030
#define SETTABLE_FLAGS (O_NONBLOCK | O_APPEND)

struct descriptor {
	uint8_t file; /* index into files; meaningful while used */
	bool used;
	bool cloexec;
};

static struct spinlock lock;
static struct file files[FILES_MAX] = {
	{ .kind = FILE_CONSOLE, .refs = 3, .flags = O_RDWR },
};
static struct descriptor descriptors[FILES_MAX] = {
	{ .file = 0, .used = true },
	{ .file = 0, .used = true },
	{ .file = 0, .used = true },
};

struct device {
	const char *path;
	enum file_kind kind;
	uint16_t rdev; /* major << 8 | minor, as on Linux */
};

static const struct device devices[] = {
	{ "/dev/console", FILE_CONSOLE, 0x501 },
	{ "/dev/tty", FILE_CONSOLE, 0x501 },
	{ "/dev/null", FILE_NULL, 0x103 },
	{ "/dev/zero", FILE_ZERO, 0x105 },
};

long sys_open(const char *path, long flags);
long sys_openat(long dir, const char *path, long flags);
long sys_close(long fd);
long sys_dup(long fd);
long sys_dup2(long from, long to);
long sys_dup3(long from, long to, long flags);
long sys_fcntl(long fd, long command, long arg);
long sys_ioctl(long fd, unsigned long request, void *arg);
long sys_lseek(long fd, long offset, long whence);
long sys_fstat(long fd, void *buf);
long sys_stat(const char *path, void *buf);
long sys_lstat(const char *path, void *buf);
long sys_newfstatat(long dir, const char *path, void *buf, long flags);
long sys_access(const char *path, long mode);

static bool is_open(long fd)
{
	return fd >= 0 && fd < FILES_MAX && descriptors[fd].used;
}

struct file *file_get(long fd)
{
	return is_open(fd) ? &files[descriptors[fd].file] : NULL;
}

/* Lowest free descriptor from min on; lock held. */
static long free_descriptor(long min)
{
	for (long fd = min; fd < FILES_MAX; fd++)
		if (!descriptors[fd].used)
			return fd;
	return -EMFILE;
}

/* Lock held. */
static void drop(long fd)
{
	struct file *file = &files[descriptors[fd].file];

	descriptors[fd].used = false;
	if (--file->refs == 0)
		file->kind = FILE_FREE;
}

/* Makes descriptor to another name of what from names; lock held. */
static long assign(long from, long to, bool cloexec)
{
	if (descriptors[to].used)
		drop(to);
	descriptors[to] = (struct descriptor){ descriptors[from].file, true, cloexec };
	files[descriptors[to].file].refs++;
	return to;
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

static long open_device(const struct device *device, long flags)
{
	uint64_t irq = spin_lock(&lock);
	long fd = free_descriptor(0);
	unsigned i = 0;

	if (fd >= 0) {
		/* There are as many files as descriptors: one is free. */
		while (files[i].kind != FILE_FREE)
			i++;
		files[i] = (struct file){ device->kind, 1, flags & (O_ACCMODE | SETTABLE_FLAGS) };
		descriptors[fd] = (struct descriptor){ (uint8_t)i, true, flags & O_CLOEXEC };
	}
	spin_unlock(&lock, irq);
	return fd;
}

long sys_openat(long dir, const char *path, long flags)
{
	const struct device *device;
	long err = lookup(path, &device);

	(void)dir; /* there are only absolute names */
	if (err)
		return err;
	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	return open_device(device, flags);
}

long sys_open(const char *path, long flags)
{
	return sys_openat(AT_FDCWD, path, flags);
}

long sys_close(long fd)
{
	uint64_t irq = spin_lock(&lock);
	bool was_open = is_open(fd);

	if (was_open)
		drop(fd);
	spin_unlock(&lock, irq);
	return was_open ? 0 : -EBADF;
}

/* The lowest descriptor from min on becomes another name of fd. */
static long duplicate(long fd, long min, bool cloexec)
{
	uint64_t irq = spin_lock(&lock);
	long to = is_open(fd) ? free_descriptor(min) : -EBADF;

	if (to >= 0)
		assign(fd, to, cloexec);
	spin_unlock(&lock, irq);
	return to;
}

long sys_dup(long fd)
{
	return duplicate(fd, 0, false);
}

static long duplicate_to(long from, long to, bool cloexec)
{
	uint64_t irq = spin_lock(&lock);
	long result = -EBADF;

	if (is_open(from) && to >= 0 && to < FILES_MAX)
		result = from == to ? to : assign(from, to, cloexec);
	spin_unlock(&lock, irq);
	return result;
}

long sys_dup2(long from, long to)
{
	return duplicate_to(from, to, false);
}

long sys_dup3(long from, long to, long flags)
{
	if (from == to || flags & ~(long)O_CLOEXEC)
		return -EINVAL;
	return duplicate_to(from, to, flags & O_CLOEXEC);
}

long sys_fcntl(long fd, long command, long arg)
{
	struct file *file = file_get(fd);

	if (!file)
		return -EBADF;
	switch (command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (arg < 0 || arg >= FILES_MAX)
			return -EINVAL;
		return duplicate(fd, arg, command == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return descriptors[fd].cloexec ? FD_CLOEXEC : 0;
	case F_SETFD:
		descriptors[fd].cloexec = arg & FD_CLOEXEC;
		return 0;
	case F_GETFL:
		return file->flags;
	case F_SETFL:
		file->flags = (file->flags & ~SETTABLE_FLAGS) | (arg & SETTABLE_FLAGS);
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_ioctl(long fd, unsigned long request, void *arg)
{
	struct file *file = file_get(fd);

	if (!file)
		return -EBADF;
	return file->kind == FILE_CONSOLE ? console_ioctl(request, arg) : -ENOTTY;
}

long sys_lseek(long fd, long offset, long whence)
{
	struct file *file = file_get(fd);

	(void)offset;
	if (!file)
		return -EBADF;
	if (file->kind == FILE_CONSOLE)
		return -ESPIPE;
	return whence < 0 || whence > 2 ? -EINVAL : 0; /* always at 0, as on Linux */
}

static long give_stat(void *buf, const struct device *device)
{
	struct stat st = {
		.st_ino = (unsigned long)(device - devices) + 1,
		.st_nlink = 1,
		.st_mode = S_IFCHR | 0666,
		.st_rdev = device->rdev,
		.st_blksize = 1024,
	};

	return copy_to_program(buf, &st, sizeof(st));
}

long sys_fstat(long fd, void *buf)
{
	struct file *file = file_get(fd);

	if (!file)
		return -EBADF;
	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i].kind == file->kind)
			return give_stat(buf, &devices[i]);
	return -EBADF; /* closed meanwhile */
}

long sys_stat(const char *path, void *buf)
{
	const struct device *device;
	long err = lookup(path, &device);

	return err ? err : give_stat(buf, device);
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
