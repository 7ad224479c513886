// SPDX-License-Identifier: BSD-2-Clause
/* /proc/self/fd and /proc/self/task (fs/proc_fd.h). A name that was looked up once keeps its dentry,
 * and is asked again each time whether it still stands for something. */
#include "fs/proc_fd.h"

#include "fs/made_up.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "sched/thread.h"

static long parse_number(const char *name, size_t len)
{
	long n = 0;

	if (!len || len > 9 || (len > 1 && name[0] == '0'))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -1;
		n = n * 10 + (name[i] - '0');
	}
	return n;
}

static long number_of(const struct inode *inode)
{
	return (long)inode->private;
}

/* A dentry for a number that is there; copies the name. */
static int make(struct dentry *dir, const char *name, size_t len, uint32_t mode, long number,
                const struct inode_ops *ops, struct dentry **child)
{
	struct inode *inode;

	if (*child)
		return 0;
	inode = inode_new(dir->inode->fs, mode);
	if (!inode)
		return -ENOMEM;
	inode->ops = ops;
	inode->private = (void *)number;
	*child = dentry_add(dir, name, len, inode, true, false);
	return *child ? 0 : -ENOMEM;
}

static int read_fd(struct inode *inode, char *buf, size_t size)
{
	struct file *file = file_get(number_of(inode));
	int n = -ENOENT;

	if (!file)
		return -ENOENT;
	if (file->ops->describe)
		n = file->ops->describe(file, buf, size);
	file_put(file);
	return n;
}

/* Files of the tree are found there again; the others are opened as what they are. */
static struct dentry *follow_fd(struct inode *inode)
{
	struct file *file = file_get(number_of(inode));
	struct dentry *d = NULL;
	char path[32];

	if (!file)
		return NULL;
	if (fs_file_of(file))
		d = fs_file_of(file)->dentry;
	else if (file->ops->describe && file->ops->describe(file, path, sizeof(path)) > 0 &&
	         strncmp(path, "/dev/", 5) == 0 && walk_to(fs_root, path, 0, &d))
		d = NULL;
	file_put(file);
	return d;
}

/* A pipe's end or a socket: the same open file under another descriptor. */
static int open_fd(struct dentry *dentry, uint32_t flags, struct file **file)
{
	(void)flags;
	*file = file_get(number_of(dentry->inode));
	return *file ? 0 : -ENOENT;
}

static const struct inode_ops fd_link_ops = {
	.readlink = read_fd,
	.follow = follow_fd,
	.open = open_fd,
};

static int lookup_fd(struct dentry *dir, const char *name, size_t len, struct dentry **child)
{
	long fd = parse_number(name, len);
	struct file *file = fd >= 0 ? file_get(fd) : NULL;

	if (!file)
		return -ENOENT;
	file_put(file);
	return make(dir, name, len, S_IFLNK | 0700, fd, &fd_link_ops, child);
}

static int list_fd(struct dentry *dir, uint64_t *number, char *name, size_t size)
{
	long fd = descriptor_next((long)*number);

	(void)dir;
	if (fd < 0)
		return -ENOENT;
	*number = (uint64_t)fd;
	fmt_snprintf(name, size, "%ld", fd);
	return S_IFLNK;
}

const struct inode_ops proc_fd_ops = { .lookup = lookup_fd, .list = list_fd };

static bool is_program_thread(int tid)
{
	const struct thread *thread = thread_find(tid);

	return thread && !thread->kernel;
}

static int populate_task(struct dentry *dir)
{
	return made_up_populate(dir, proc_self_entries + 1); /* no tasks in a task */
}

static const struct inode_ops task_dir_ops = { .populate = populate_task };

static int lookup_task(struct dentry *dir, const char *name, size_t len, struct dentry **child)
{
	long tid = parse_number(name, len);

	if (tid <= 0 || !is_program_thread((int)tid))
		return -ENOENT;
	return make(dir, name, len, S_IFDIR | 0555, tid, &task_dir_ops, child);
}

struct search {
	int from, best;
};

static void consider(struct thread *thread, void *ctx)
{
	struct search *s = ctx;

	if (!thread->kernel && thread->tid >= s->from && (!s->best || thread->tid < s->best))
		s->best = thread->tid;
}

static int list_task(struct dentry *dir, uint64_t *number, char *name, size_t size)
{
	struct search s = { .from = (int)MIN(*number, 0x7fffffffUL) };

	(void)dir;
	thread_for_each(consider, &s);
	if (!s.best)
		return -ENOENT;
	*number = (uint64_t)s.best;
	fmt_snprintf(name, size, "%d", s.best);
	return S_IFDIR;
}

const struct inode_ops proc_task_ops = { .lookup = lookup_task, .list = list_task };
