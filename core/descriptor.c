// SPDX-License-Identifier: BSD-2-Clause
/* The descriptor table, and the life of open files (core/file.h). The table grows as it fills. */
#include <asm/fcntl.h>

#include "arch/x86/spinlock.h"
#include "core/file.h"
#include "core/descriptor.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

#define FIRST_SIZE 64 /* a multiple of 64, as every size */
#define DEFAULT_LIMIT (IS_ENABLED(CONFIG_SYSCALLS_FILES) ? FILES_MAX : FIRST_SIZE)

/* Never freed: one reference more than there are descriptors. */
static struct file console_file = {
	.ops = &console_ops,
	.refs = 4,
	.flags = O_RDWR,
	.turn = MUTEX_INIT(console_file.turn),
	.watch = &console_watch,
	.observers = LIST_INIT(console_file.observers),
};
static struct file *first_files[FIRST_SIZE] = { &console_file, &console_file, &console_file };
static uint64_t first_cloexec[FIRST_SIZE / 64];

static struct {
	struct spinlock lock;
	struct file **files; /* [size]; NULL: free */
	uint64_t *cloexec;   /* a bit for each */
	unsigned size;
	unsigned limit;
	unsigned lowest; /* below it none is free */
} table = { .files = first_files,
	        .cloexec = first_cloexec,
	        .size = FIRST_SIZE,
	        .limit = DEFAULT_LIMIT,
	        .lowest = 3 };

static struct spinlock observers_lock;

void file_init(struct file *file, const struct file_ops *ops, uint32_t flags)
{
	*file = (struct file)FILE_INIT(*file, ops, flags);
}

struct file *file_get(long fd)
{
	uint64_t irq = spin_lock(&table.lock);
	struct file *file = (unsigned long)fd < table.size ? table.files[fd] : NULL;

	if (file)
		file_hold(file);
	spin_unlock(&table.lock, irq);
	return file;
}

void file_observe(struct file *file, struct file_observer *observer)
{
	uint64_t irq = spin_lock(&observers_lock);

	list_add_tail(&file->observers, &observer->link);
	spin_unlock(&observers_lock, irq);
}

bool file_unobserve(struct file_observer *observer)
{
	uint64_t irq = spin_lock(&observers_lock);
	bool known = !list_empty(&observer->link);

	list_del_init(&observer->link);
	spin_unlock(&observers_lock, irq);
	return known;
}

static struct file_observer *take_observer(struct file *file)
{
	uint64_t irq = spin_lock(&observers_lock);
	struct file_observer *observer = NULL;

	if (!list_empty(&file->observers)) {
		observer = list_first(&file->observers, struct file_observer, link);
		list_del_init(&observer->link);
	}
	spin_unlock(&observers_lock, irq);
	return observer;
}

void file_put(struct file *file)
{
	struct file_observer *observer;

	if (__atomic_sub_fetch(&file->refs, 1, __ATOMIC_ACQ_REL))
		return;
	while ((observer = take_observer(file)))
		observer->closing(observer, file);
	if (file->ops->release)
		file->ops->release(file);
}

/* Twice the room, at least for descriptor fd; lock held. */
static int grow(unsigned fd)
{
	unsigned size = table.size;
	struct file **files;
	uint64_t *cloexec;

	if (!IS_ENABLED(CONFIG_SYSCALLS_FILES))
		return -EMFILE;
	while (size <= fd)
		size *= 2;
	files = heap_zalloc(size * sizeof(*files) + size / 8);
	if (!files)
		return -ENOMEM;
	cloexec = (uint64_t *)(files + size);
	memcpy(files, table.files, table.size * sizeof(*files));
	memcpy(cloexec, table.cloexec, table.size / 8);
	if (table.files != first_files)
		heap_free(table.files);
	table.files = files;
	table.cloexec = cloexec;
	table.size = size;
	return 0;
}

/* Lowest free descriptor from min on, with room for it; lock held. */
static long find_free(unsigned min)
{
	unsigned fd = MAX(min, table.lowest);

	while (fd < table.size && table.files[fd])
		fd++;
	if (min <= table.lowest)
		table.lowest = fd;
	if (fd >= table.limit)
		return -EMFILE;
	if (fd >= table.size) {
		int err = grow(fd);

		if (err)
			return err;
	}
	return fd;
}

/* Lock held. */
static void set(unsigned fd, struct file *file, bool cloexec)
{
	table.files[fd] = file;
	if (!file)
		table.lowest = MIN(table.lowest, fd);
	if (cloexec)
		table.cloexec[fd / 64] |= BIT(fd % 64);
	else
		table.cloexec[fd / 64] &= ~BIT(fd % 64);
}

long descriptor_add(struct file *file, uint32_t flags)
{
	uint64_t irq = spin_lock(&table.lock);
	long fd = find_free(0);

	if (fd >= 0)
		set(fd, file, flags & O_CLOEXEC);
	spin_unlock(&table.lock, irq);
	if (fd < 0)
		file_put(file);
	return fd;
}

/* What a descriptor named is closed for it. */
static void drop(struct file *file)
{
	if (file->ops->flush)
		file->ops->flush(file);
	file_put(file);
}

long descriptor_close(long fd)
{
	uint64_t irq = spin_lock(&table.lock);
	struct file *file = (unsigned long)fd < table.size ? table.files[fd] : NULL;

	if (file)
		set(fd, NULL, false);
	spin_unlock(&table.lock, irq);
	if (!file)
		return -EBADF;
	drop(file);
	return 0;
}

long descriptor_duplicate(long fd, unsigned min, bool cloexec)
{
	struct file *file = file_get(fd);
	uint64_t irq;
	long to;

	if (!file)
		return -EBADF;
	irq = spin_lock(&table.lock);
	to = min < table.limit ? find_free(min) : -EINVAL;
	if (to >= 0)
		set(to, file, cloexec);
	spin_unlock(&table.lock, irq);
	if (to < 0)
		file_put(file);
	return to;
}

long descriptor_replace(long from, long to, bool cloexec)
{
	struct file *file = file_get(from), *old = NULL;
	long result = to;
	uint64_t irq;

	if (!file)
		return -EBADF;
	irq = spin_lock(&table.lock);
	if ((unsigned long)to >= table.limit)
		result = -EBADF;
	else if (to >= table.size)
		result = grow(to) ? -ENOMEM : to;
	if (result >= 0) {
		old = table.files[to];
		set(to, file, cloexec);
	}
	spin_unlock(&table.lock, irq);
	if (result < 0)
		file_put(file);
	if (old)
		drop(old);
	return result;
}

bool descriptor_cloexec(long fd)
{
	uint64_t irq = spin_lock(&table.lock);
	bool result = (unsigned long)fd < table.size && (table.cloexec[fd / 64] & BIT(fd % 64));

	spin_unlock(&table.lock, irq);
	return result;
}

void descriptor_set_cloexec(long fd, bool cloexec)
{
	uint64_t irq = spin_lock(&table.lock);

	if ((unsigned long)fd < table.size && table.files[fd])
		set(fd, table.files[fd], cloexec);
	spin_unlock(&table.lock, irq);
}

long descriptor_next(long fd)
{
	uint64_t irq = spin_lock(&table.lock);

	while (fd < table.size && !table.files[fd])
		fd++;
	if (fd >= table.size)
		fd = -1;
	spin_unlock(&table.lock, irq);
	return fd;
}

void descriptors_exec(void)
{
	for (long fd = 0; (fd = descriptor_next(fd)) >= 0; fd++)
		if (descriptor_cloexec(fd))
			descriptor_close(fd);
}

unsigned descriptor_limit(void)
{
	return READ_ONCE(table.limit);
}

int descriptor_set_limit(unsigned limit)
{
	if (limit > DEFAULT_LIMIT)
		return -EPERM;
	WRITE_ONCE(table.limit, limit);
	return 0;
}
