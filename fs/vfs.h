/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree of names. A dentry is a name in a directory, an inode what it names; everything lives in
 * memory, so a name that has no dentry does not exist (but for directories that make theirs up).
 * One mutex, fs_lock(), guards names; a file's data have their own lock (fs/ram_file.h). */
#ifndef PAGURUS_FS_VFS_H
#define PAGURUS_FS_VFS_H

#ifdef PAGURUS_HOST
#include <sys/stat.h> /* beside a C library, linux/stat.h leaves the types of files to it */
#else
#include <linux/stat.h>
#endif

#include "core/file.h"
#include "fs/pages.h"
#include "include/types.h"
#include "lib/list.h"
#include "mm/area_source.h"
#include "sched/wait.h"

#define NAME_LENGTH_MAX 255
#define PATH_LENGTH_MAX 4096 /* NUL included */
#define LINKS_MAX 40         /* symbolic links followed in one walk: ELOOP */

struct dentry;
struct inode;

/* What one mounted tree has in common; statfs tells most of it. */
struct filesystem {
	const char *type; /* as in /proc/mounts */
	uint32_t dev;     /* st_dev */
	uint64_t magic;   /* f_type (linux/magic.h) */
	uint64_t next_ino;
	bool fixed; /* its names are made up: no others can be made */
};

/* What makes an inode special. NULL where the inode's type says it all. */
struct inode_ops {
	/* A directory whose names are made on the first look: adds them. 0 or -errno; then it is tried
	 * again the next time. */
	int (*populate)(struct dentry *dir);
	/* A directory whose names come and go: *child is the dentry known by that name or NULL; finds or
	 * makes it. Returns 0 or -errno. */
	int (*lookup)(struct dentry *dir, const char *name, size_t len, struct dentry **child);
	/* The same for listing: the name with the lowest number >= *number, which it sets. Returns the
	 * inode's mode, or -ENOENT: there is no more. */
	int (*list)(struct dentry *dir, uint64_t *number, char *name, size_t size);
	/* A symbolic link whose text is made up: as snprintf, or -errno. */
	int (*readlink)(struct inode *inode, char *buf, size_t size);
	/* A link that leads there whatever its text says; NULL: it does not, take the text. */
	struct dentry *(*follow)(struct inode *inode);
	/* Makes the open file; flags as for open. */
	int (*open)(struct dentry *dentry, uint32_t flags, struct file **file);
};

/* A regular file: frames of its own before what it came with. */
struct ram_file {
	struct spinlock lock; /* pages and size, against first touches */
	struct pages pages;
	const char *base;   /* what pages without a frame hold, in a module */
	uint64_t base_size; /* <= size; zeros behind it */
	uint32_t seals;     /* F_SEAL_* */
	uint32_t mappings;  /* areas that show it */
	uint32_t writers;   /* open files that may write to it, counted up under fs_lock() */
	bool runs;          /* the program that runs; fs_lock() */
};

struct directory {
	struct list children; /* by cookie, so in the order of making */
	struct dentry *found; /* the child that a search by cookie ended at; NULL: none yet */
	uint64_t next_cookie;
	uint64_t count;
	bool populated;
};

struct inode {
	uint32_t refs; /* dentries, mappings */
	uint32_t mode; /* type and permissions */
	uint32_t nlink;
	uint32_t uid, gid;
	bool nameless; /* O_TMPFILE: may be given a name although it has none */
	uint64_t ino;
	uint64_t size;
	int64_t atime, mtime, ctime, btime; /* ns since 1970 */
	struct filesystem *fs;
	const struct inode_ops *ops;
	void *private;       /* the ops' */
	struct mutex turn;   /* data: one call at a time */
	struct list flocks;  /* flock(): struct fs_file */
	struct list records; /* fcntl(): struct record (fs/record.c) */
	union {
		struct ram_file file;
		struct directory dir;
		struct {
			const char *text; /* not terminated; size bytes */
			bool owned;       /* on the heap */
		} link;
		uint32_t rdev;
		void *object; /* FIFO: its pipe; socket: who is bound to it */
	};
};

struct dentry {
	uint32_t refs; /* being linked, children, open files, mappings, working directory */
	uint32_t hash;
	struct dentry *next;   /* in the hash table */
	struct dentry *parent; /* held; a root's is itself */
	struct inode *inode;
	struct dentry *mounted; /* the root that is mounted here */
	struct dentry *covers;  /* a mounted root: what it is mounted on */
	struct list by_cookie;
	uint64_t cookie;
	const char *name; /* not terminated */
	uint16_t len;
	bool linked; /* in the tree: not removed */
	bool listed; /* among its directory's children */
	bool name_owned;
};

/* A file opened by its name. */
struct fs_file {
	struct file file;
	struct dentry *dentry;
	struct inode *inode;
	void *private;
	bool writes;       /* one of inode->file.writers */
	struct list flock; /* in inode->flocks; a list of its own: no lock */
	int flock_type;
};

extern struct dentry *fs_root;

void fs_lock(void);
void fs_unlock(void);

static inline bool is_directory(const struct inode *inode)
{
	return S_ISDIR(inode->mode);
}

/* fs/inode.c: a new inode without a name (nlink 0) and with the current time. NULL: no memory. */
struct inode *inode_new(struct filesystem *fs, uint32_t mode);
/* With another time, ns since 1970. */
struct inode *inode_new_at(struct filesystem *fs, uint32_t mode, int64_t time);
static inline void inode_hold(struct inode *inode)
{
	__atomic_fetch_add(&inode->refs, 1, __ATOMIC_RELAXED);
}
/* Does not sleep. */
void inode_put(struct inode *inode);
/* The current time, for mtime and ctime. */
void inode_touch(struct inode *inode);
void inode_info(const struct inode *inode, struct file_info *info);

/* fs/dentry.c. All but hold and put want fs_lock(). */

/* The child of this name that is known; NULL: none. */
struct dentry *dentry_find(const struct dentry *dir, const char *name, size_t len);

/* Adds a name to dir: takes over the caller's reference to inode, counts a link. copy: name does not
 * outlive the call. listed: getdents shows it. NULL: no memory (the reference is dropped). */
struct dentry *dentry_add(struct dentry *dir, const char *name, size_t len, struct inode *inode,
                          bool copy, bool listed);

/* A dentry without a place in the tree, with one reference: a root, or an unlinked file. */
struct dentry *dentry_alone(const char *name, struct inode *inode);

/* Takes the name out of the tree; who has it open keeps it. */
void dentry_unlink(struct dentry *dentry);

/* Gives it another place. Returns 0 or -ENOMEM: then nothing has changed. */
int dentry_move(struct dentry *dentry, struct dentry *dir, const char *name, size_t len);

/* Two different ones change places, with all that is below them. Returns 0 or -ENOMEM: then nothing has
 * changed. */
int dentry_exchange(struct dentry *a, struct dentry *b);

static inline struct dentry *dentry_hold(struct dentry *dentry)
{
	__atomic_fetch_add(&dentry->refs, 1, __ATOMIC_RELAXED);
	return dentry;
}
/* Does not sleep. */
void dentry_put(struct dentry *dentry);

/* Makes sure that a directory's names are there. Returns 0 or -errno. */
int directory_ready(struct dentry *dir);

/* The child with the lowest cookie >= cookie; NULL: none. */
struct dentry *directory_next(const struct dentry *dir, uint64_t cookie);

/* The child after one; NULL: none. fs_lock() is held. */
struct dentry *directory_after(const struct dentry *child);

/* Does a lie in b, or is it b? */
bool dentry_inside(const struct dentry *a, const struct dentry *b);

/* Absolute path, as snprintf; ends in " (deleted)" where the name is gone. */
int dentry_path(const struct dentry *dentry, char *buf, size_t size);

/* Mounts root on dir (both held from then on). */
void dentry_mount(struct dentry *dir, struct dentry *root);

#endif
