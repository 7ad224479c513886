// SPDX-License-Identifier: BSD-2-Clause
/* Making a tree of an archive's entries (fs/initrd.h): linear in their number. What a directory is to
 * have is kept as runs of the archive; they become names on the first look (inode_ops.populate). As
 * Linux has it, an entry replaces what came before it under its name. So that this stays true, what
 * depends on more than its own directory's files is made at once, and what waits there before it. */
#include "fs/initrd.h"

#include "fs/cpio.h"
#include "include/errno.h"
#include "lib/string.h"
#include "lib/tree.h"
#include "mm/heap.h"

#define MADE_WORDS 16

/* Entries one behind the other that belong to one directory. Its inode's private is the last run,
 * whose next is the first. */
struct run {
	struct run *next;
	const char *archive;
	size_t at, end;
};

/* Files with several names: which inode of ours an archive's inode has become. */
struct hard_link {
	struct tree_node node;
	uint64_t id; /* the archive's dev and ino */
	struct inode *inode;
};

struct mount {
	struct dentry *root;
	struct dentry *dir; /* of the entry before: most have the same */
	struct run *run;    /* that goes on if this entry waits, too */
	struct cpio cpio;
	struct tree links; /* of one of several archives: */
	unsigned links_archive;
	uint64_t made[MADE_WORDS]; /* bits of names that were made, in whatever directory */
};

static int populate(struct dentry *dir);
static const struct inode_ops waiting_ops = { .populate = populate };

static struct dentry *add(struct dentry *dir, const char *name, size_t len, struct inode *inode)
{
	return dentry_add(dir, name, len, inode, false, true);
}

/* A bit that few names share. */
static unsigned made_bit(const char *name, size_t len)
{
	unsigned bits = (unsigned char)name[0] * 5U ^ (unsigned char)name[len - 1] * 67U ^
	                (unsigned char)name[len / 2] * 13U ^ (unsigned)len * 29U;

	return bits % (MADE_WORDS * 64);
}

static void note_made(struct mount *m, const char *name, size_t len)
{
	unsigned bit = made_bit(name, len);

	m->made[bit / 64] |= BIT(bit % 64);
}

/* false: there is no such name in dir. */
static bool may_be_made(const struct mount *m, const char *name, size_t len)
{
	unsigned bit = made_bit(name, len);

	return m->made[bit / 64] & BIT(bit % 64);
}

/* The directory of this name in dir: found or made. A file that waits there came earlier, and will
 * not be made. NULL: no memory. */
static struct dentry *subdirectory(struct mount *m, struct dentry *dir, const char *name,
                                   size_t len)
{
	struct dentry *d = dentry_find(dir, name, len);
	struct inode *inode;

	if (d && is_directory(d->inode))
		return d;
	if (d)
		dentry_unlink(d);
	inode = inode_new(dir->inode->fs, S_IFDIR | 0755);
	note_made(m, name, len);
	return inode ? add(dir, name, len, inode) : NULL;
}

/* The directory that path, len bytes, names. */
static struct dentry *directory_of(struct mount *m, const char *path, size_t len)
{
	struct dentry *d = m->root;

	for (size_t at = 0; d && at < len;) {
		size_t n = 0;

		while (at + n < len && path[at + n] != '/')
			n++;
		if (n && !(n == 1 && path[at] == '.'))
			d = subdirectory(m, d, path + at, n);
		at += n + 1;
	}
	return d;
}

/* Finds (or makes, without an inode) the entry for an archive's inode. */
static struct hard_link *link_of(struct mount *m, const struct cpio_entry *e)
{
	uint64_t id = (uint64_t)cpio_device(e->dev_major, e->dev_minor) << 32 | e->ino;
	struct tree_node **at = &m->links.root, *parent = NULL;
	struct hard_link *link;

	while (*at) {
		parent = *at;
		link = container_of(parent, struct hard_link, node);
		if (link->id == id)
			return link;
		at = id < link->id ? &parent->left : &parent->right;
	}
	link = heap_zalloc(sizeof(*link));
	if (link) {
		link->id = id;
		tree_insert(&m->links, parent, at, &link->node);
	}
	return link;
}

static void forget_links(struct mount *m)
{
	struct tree_node *node;

	while ((node = m->links.root)) {
		struct hard_link *link = container_of(node, struct hard_link, node);

		tree_remove(&m->links, node);
		if (link->inode)
			inode_put(link->inode);
		heap_free(link);
	}
}

static void set_data(struct inode *inode, const char *data, size_t size)
{
	inode->size = size;
	inode->file.base = data;
	inode->file.base_size = size;
}

static int64_t time_of(const struct cpio_entry *e)
{
	return (int64_t)(e->mtime * NS_PER_SEC);
}

static struct inode *inode_of(struct filesystem *fs, const struct cpio_entry *e)
{
	struct inode *inode = inode_new_at(fs, e->mode & (S_IFMT | 07777), time_of(e));

	if (!inode)
		return NULL;
	inode->uid = e->uid;
	inode->gid = e->gid;
	if (S_ISREG(e->mode)) {
		set_data(inode, e->data, e->size);
	} else if (S_ISLNK(e->mode)) {
		inode->link.text = e->data;
		inode->size = e->size;
	} else if (S_ISCHR(e->mode) || S_ISBLK(e->mode)) {
		inode->rdev = cpio_device(e->rdev_major, e->rdev_minor);
	}
	return inode;
}

static struct inode *linked_inode_of(struct mount *m, const struct cpio_entry *e)
{
	struct hard_link *link;

	if (m->links_archive != m->cpio.archive)
		forget_links(m); /* the next one counts its inodes anew */
	m->links_archive = m->cpio.archive;
	link = link_of(m, e);
	if (!link)
		return NULL;
	if (!link->inode)
		link->inode = inode_of(m->root->inode->fs, e);
	else if (e->size) /* only one of the names comes with the data */
		set_data(link->inode, e->data, e->size);
	if (link->inode)
		inode_hold(link->inode); /* its names may be gone before the next one comes */
	return link->inode;
}

static void set_directory(struct inode *inode, const struct cpio_entry *e)
{
	inode->mode = S_IFDIR | (e->mode & 07777);
	inode->uid = e->uid;
	inode->gid = e->gid;
	inode->mtime = time_of(e);
}

static const char *last_name(const struct cpio_entry *e, size_t *len)
{
	size_t at = e->dir_len ? e->dir_len + 1 : 0;

	*len = e->name_len - at;
	return e->name + at;
}

/* Makes what waits; what could not be made goes on waiting. Returns 0, -ENOMEM or -EIO. */
static int populate(struct dentry *dir)
{
	struct run *last, *run;

	while ((last = dir->inode->private)) {
		const struct cpio_entry *e;
		struct cpio cpio;
		int more;

		run = last->next;
		cpio_open(&cpio, run->archive, run->end);
		cpio.at = run->at;
		e = &cpio.entry;
		while ((more = cpio_next(&cpio)) > 0) {
			size_t len;
			const char *name = last_name(e, &len);
			struct dentry *old = S_ISDIR(e->mode) ? NULL : dentry_find(dir, name, len);

			if (!S_ISDIR(e->mode) && !(old && is_directory(old->inode))) {
				struct inode *inode = inode_of(dir->inode->fs, e);

				if (!inode || !add(dir, name, len, inode))
					return -ENOMEM;
				if (old)
					dentry_unlink(old);
			}
			run->at = cpio.at;
		}
		if (more)
			return -EIO; /* it was all right at boot: somebody wrote there */
		last->next = run->next;
		dir->inode->private = run == last ? NULL : last;
		heap_free(run);
	}
	return 0;
}

/* The entry that begins at start is made later. */
static int wait(struct mount *m, struct dentry *dir, size_t start)
{
	struct inode *inode = dir->inode;
	struct run *last = inode->private, *run = m->run;

	if (run) {
		run->end = m->cpio.at;
		return 0;
	}
	run = heap_alloc(sizeof(*run));
	if (!run)
		return -ENOMEM;
	*run = (struct run){
		.next = last ? last->next : run, .archive = m->cpio.data, .at = start, .end = m->cpio.at
	};
	if (last)
		last->next = run;
	inode->private = run;
	inode->ops = &waiting_ops;
	inode->dir.populated = false;
	m->run = run;
	return 0;
}

/* Makes the entry, behind what waits in its directory. */
static int add_now(struct mount *m, struct dentry *dir, const struct cpio_entry *e)
{
	bool several = S_ISREG(e->mode) && e->nlink > 1;
	struct dentry *old;
	struct inode *inode;
	size_t len;
	const char *name = last_name(e, &len);
	int err = populate(dir);

	/* What was waiting is not among the names that were noted. */
	memset(m->made, 0xff, sizeof(m->made));
	m->run = NULL;
	if (err)
		return err;
	old = dentry_find(dir, name, len);
	if (old && is_directory(old->inode) && (old->inode->dir.count || old->inode->private))
		return 0; /* as with Linux, a file does not replace a directory that is in use */
	inode = several ? linked_inode_of(m, e) : inode_of(dir->inode->fs, e);
	if (!inode || !add(dir, name, len, inode))
		return -ENOMEM;
	if (old)
		dentry_unlink(old);
	return 0;
}

static int add_entry(struct mount *m, const struct cpio_entry *e, size_t start)
{
	struct dentry *dir = m->dir, *d;
	size_t len;
	const char *name = last_name(e, &len);

	if (!e->same_dir) {
		m->run = NULL;
		m->dir = dir = directory_of(m, e->name, e->dir_len);
		if (!dir)
			return -ENOMEM;
	}
	if (S_ISDIR(e->mode)) {
		d = len ? subdirectory(m, dir, name, len) : m->root;
		if (d)
			set_directory(d->inode, e);
		return d ? 0 : -ENOMEM;
	}
	if (!len)
		return 0; /* a file without a name: nobody could open it */
	if ((S_ISREG(e->mode) && e->nlink > 1) ||
	    (dir->inode->dir.count && may_be_made(m, name, len) && dentry_find(dir, name, len)))
		return add_now(m, dir, e);
	return wait(m, dir, start);
}

int initrd_add(struct dentry *root, const void *archive, size_t size, const char **problem)
{
	struct mount m = { .root = root, .dir = root };
	size_t start;
	int result;

	if (root->inode->dir.count)
		memset(m.made, 0xff, sizeof(m.made));
	cpio_open(&m.cpio, archive, size);
	for (start = 0; (result = cpio_next(&m.cpio)) > 0; start = m.cpio.at) {
		result = add_entry(&m, &m.cpio.entry, start);
		if (result) {
			m.cpio.problem = "no memory for its names";
			break;
		}
	}
	forget_links(&m);
	*problem = m.cpio.problem;
	return result;
}

struct dentry *initrd_add_file(struct dentry *dir, const char *name, size_t len, uint32_t mode,
                               const void *data, size_t size)
{
	struct inode *inode = inode_new(dir->inode->fs, mode);

	if (!inode)
		return NULL;
	set_data(inode, data, size);
	return add(dir, name, len, inode);
}
