/* SPDX-License-Identifier: BSD-2-Clause */
/* Open files and the descriptors that name them. The core has the table and the calls that work on
 * any file; rooms above it (fs/, net/) offer files by filling in a struct file and its operations.
 * Descriptors 0, 1 and 2 are the console from the start. */
#ifndef PAGURUS_CORE_FILE_H
#define PAGURUS_CORE_FILE_H

#include "core/io.h"
#include "core/watch.h"
#include "include/boot_info.h"
#include "include/types.h"
#include "lib/list.h"
#include "sched/wait.h"

#define FILES_MAX 65536 /* descriptors that there can be; the limit is at most this */

struct file;

/* What stat and statx tell. Times: ns since 1970. */
struct file_info {
	uint64_t dev, ino, rdev; /* dev, rdev: major << 8 | minor */
	uint32_t mode, nlink, uid, gid;
	uint64_t size, blocks; /* bytes; units of 512 bytes */
	uint32_t block_size;
	int64_t atime, mtime, ctime, btime;
};

/* What mmap asks for; length > 0, offset a multiple of 4 KiB. */
struct map_request {
	virt_t addr;
	size_t length;
	int prot, flags;
	uint64_t offset;
};

/* All may be NULL where the comment says what that means. Threads only; nothing is locked. */
struct file_ops {
	/* Up to io->left bytes from *pos on (files that have no positions ignore it), which moves.
	 * Returns how many; 0: end; -EAGAIN with O_NONBLOCK; -EINTR, -EFAULT. NULL: -EINVAL. */
	long (*read)(struct file *file, struct io *io, uint64_t *pos);
	long (*write)(struct file *file, struct io *io, uint64_t *pos);
	/* lseek; called with the position locked. Returns the new one. NULL: -ESPIPE. */
	long (*seek)(struct file *file, int64_t offset, int whence);
	long (*ioctl)(struct file *file, unsigned long request, void *arg); /* NULL: -ENOTTY */
	/* POLL* that are true now; does not sleep. NULL: always readable and writable. */
	uint32_t (*ready)(struct file *file);
	long (*stat)(struct file *file, struct file_info *info);           /* never NULL */
	long (*map)(struct file *file, const struct map_request *request); /* NULL: -ENODEV */
	/* F_SETFL has changed flags, or F_GETLK and its like: -EINVAL is the answer of NULL. */
	long (*control)(struct file *file, long command, void *arg);
	/* What /proc/self/fd says: text as snprintf. */
	int (*describe)(struct file *file, char *buf, size_t size);
	/* A descriptor of it is closed (there may be more). */
	void (*flush)(struct file *file);
	/* The last reference is gone: frees file too. */
	void (*release)(struct file *file);
};

/* Traits. */
#define FILE_SEEKABLE BIT(0) /* has positions: pread and pwrite work */
#define FILE_IN_TREE BIT(1)  /* opened by a path: fs/ knows more about it */

/* Told when the file goes away, so that who remembers it (epoll) forgets it. */
struct file_observer {
	struct list link;
	void (*closing)(struct file_observer *observer, struct file *file);
};

/* What POSIX calls an open file description: shared by the descriptors that dup() makes. */
struct file {
	const struct file_ops *ops;
	uint32_t refs;
	uint32_t flags; /* O_ACCMODE, O_NONBLOCK, O_APPEND, ... : what F_GETFL says */
	uint32_t traits;
	uint64_t pos;
	struct mutex turn;        /* the position's */
	struct watch_head *watch; /* notified when ready() changes; NULL: it never does */
	struct list observers;    /* struct file_observer; under observers_lock */
};

#define FILE_INIT(name, operations, open_flags)                                                    \
	{                                                                                              \
		.ops = (operations), .refs = 1, .flags = (open_flags), .turn = MUTEX_INIT((name).turn),    \
		.observers = LIST_INIT((name).observers)                                                   \
	}

/* A new file gets its common part; one reference, the caller's. */
void file_init(struct file *file, const struct file_ops *ops, uint32_t flags);

/* The file behind a descriptor, with a reference for the caller; NULL: none (-EBADF). */
struct file *file_get(long fd);
static inline void file_hold(struct file *file)
{
	__atomic_fetch_add(&file->refs, 1, __ATOMIC_RELAXED);
}
void file_put(struct file *file);

/* A call's way to read and write: rights, then the operation. pos: NULL for the file's own. */
long file_read(struct file *file, struct io *io, uint64_t *pos);
long file_write(struct file *file, struct io *io, uint64_t *pos);
uint32_t file_ready(struct file *file);

/* Gives file the lowest free descriptor (flags: O_CLOEXEC matters), which takes over the caller's
 * reference. Returns it, or -EMFILE, -ENOMEM: then the reference is dropped. */
long descriptor_add(struct file *file, uint32_t flags);

/* The lowest descriptor from fd on that is open; -1: none. */
long descriptor_next(long fd);

/* Is close-on-exec set? */
bool descriptor_cloexec(long fd);

/* Closes every descriptor with close-on-exec. */
void descriptors_exec(void);

/* RLIMIT_NOFILE. Returns 0 or -EPERM. */
unsigned descriptor_limit(void);
int descriptor_set_limit(unsigned limit);

void file_observe(struct file *file, struct file_observer *observer);
/* false: closing() runs already, or has run. */
bool file_unobserve(struct file_observer *observer);

/* The console and the devices that need no file system (core/device_file.c). */
extern const struct file_ops console_ops, null_ops, zero_ops;
extern struct watch_head console_watch; /* notified of input */

#define DEVICE_NULL 0x103 /* major << 8 | minor, as on Linux */
#define DEVICE_ZERO 0x105
#define DEVICE_TTY 0x500
#define DEVICE_CONSOLE 0x501
#define DEVICE_FS 5 /* st_dev of /dev; st_ino is the device's number */

/* What stat says of a character device. */
void device_info(struct file_info *info, uint32_t rdev);

/* Writes a struct stat from info to the program's memory. Returns 0 or -EFAULT. */
long give_stat(void *buf, const struct file_info *info);

/* Makes the files ready that the boot protocol handed over (fs/init.c); without a file system there
 * is nothing to do. Called once, before the program starts. */
void files_init(const struct boot_info *bi);

#endif
