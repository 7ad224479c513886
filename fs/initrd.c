// SPDX-License-Identifier: BSD-2-Clause
/* Making a tree of an archive's entries (fs/initrd.h): linear in their number. */
#include "fs/initrd.h"

#include "fs/cpio.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

/* Files with several names: which inode of ours an archive's inode has become. */
struct hard_link {
	struct tree_node node;
	uint64_t id; /* the archive's dev and ino */
	struct inode *inode;
};

struct mount {
	struct dentry *root;
	struct dentry *dir; /* of the entry before: most have the same */
	const char *dir_name;
	size_t dir_len;
	struct tree links;
};

static struct dentry *add(struct dentry *dir, const char *name, size_t len, struct inode *inode)
{
	return dentry_add(dir, name, len, inode, false, true);
}

/* The directory of this name in dir: found or made. NULL: no memory. */
static struct dentry *subdirectory(struct dentry *dir, const char *name, size_t len)
{
	struct dentry *d = dentry_find(dir, name, len);
	struct inode *inode;

	if (d && is_directory(d->inode))
		return d;
	if (d)
		dentry_unlink(d);
	inode = inode_new(dir->inode->fs, S_IFDIR | 0755);
	return inode ? add(dir, name, len, inode) : NULL;
}

/* The directory that path, len bytes, names. */
static struct dentry *directory_of(struct mount *m, const char *path, size_t len)
{
	struct dentry *d = m->root;

	if (m->dir && len == m->dir_len && memcmp(path, m->dir_name, len) == 0)
		return m->dir;
	for (size_t at = 0; d && at < len;) {
		size_t n = 0;

		while (at + n < len && path[at + n] != '/')
			n++;
		if (n && !(n == 1 && path[at] == '.'))
			d = subdirectory(d, path + at, n);
		at += n + 1;
	}
	m->dir = d;
	m->dir_name = path;
	m->dir_len = len;
	return d;
}

/* Finds (or makes, without an inode) the entry for an archive's inode. */
static struct hard_link *link_of(struct mount *m, const struct cpio_entry *e)
{
	uint64_t id = (uint64_t)e->dev << 32 | e->ino;
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
		tree_remove(&m->links, node);
		heap_free(container_of(node, struct hard_link, node));
	}
}

static void set_data(struct inode *inode, const char *data, size_t size)
{
	inode->size = size;
	inode->file.base = data;
	inode->file.base_size = size;
}

static struct inode *inode_of(struct mount *m, const struct cpio_entry *e)
{
	struct hard_link *link = NULL;
	struct inode *inode;

	if (S_ISREG(e->mode) && e->nlink > 1) {
		link = link_of(m, e);
		if (!link)
			return NULL;
		if (link->inode) {
			/* Only one of the names comes with the data. */
			if (e->size)
				set_data(link->inode, e->data, e->size);
			inode_hold(link->inode);
			return link->inode;
		}
	}
	inode = inode_new(m->root->inode->fs, e->mode & (S_IFMT | 07777));
	if (!inode)
		return NULL;
	inode->uid = e->uid;
	inode->gid = e->gid;
	inode->mtime = (int64_t)(e->mtime * NS_PER_SEC);
	inode->atime = inode->ctime = inode->btime = inode->mtime;
	if (S_ISREG(e->mode)) {
		set_data(inode, e->data, e->size);
	} else if (S_ISLNK(e->mode)) {
		inode->link.text = e->data;
		inode->size = e->size;
	} else if (S_ISCHR(e->mode) || S_ISBLK(e->mode)) {
		inode->rdev = e->rdev;
	}
	if (link)
		link->inode = inode;
	return inode;
}

static void set_directory(struct inode *inode, const struct cpio_entry *e)
{
	inode->mode = S_IFDIR | (e->mode & 07777);
	inode->uid = e->uid;
	inode->gid = e->gid;
	inode->mtime = (int64_t)(e->mtime * NS_PER_SEC);
}

static int add_entry(struct mount *m, const struct cpio_entry *e)
{
	size_t dir_len = e->name_len;
	struct dentry *dir, *old, *new;
	struct inode *inode;
	const char *name;

	while (dir_len && e->name[dir_len - 1] != '/')
		dir_len--;
	name = e->name + dir_len;
	dir = directory_of(m, e->name, dir_len ? dir_len - 1 : 0);
	if (!dir)
		return -ENOMEM;
	if (S_ISDIR(e->mode)) {
		new = e->name_len ? subdirectory(dir, name, e->name_len - dir_len) : m->root;
		if (new)
			set_directory(new->inode, e);
		return new ? 0 : -ENOMEM;
	}
	if (e->name_len == dir_len)
		return 0; /* a file without a name: nobody could open it */
	old = dentry_find(dir, name, e->name_len - dir_len);
	if (old && is_directory(old->inode) && old->inode->dir.count)
		return 0; /* as with Linux, a file does not replace a directory that is in use */
	inode = inode_of(m, e);
	if (!inode)
		return -ENOMEM;
	if (old) {
		dentry_unlink(old);
		m->dir = NULL; /* might have been it */
		dir = directory_of(m, e->name, dir_len ? dir_len - 1 : 0);
	}
	return dir && add(dir, name, e->name_len - dir_len, inode) ? 0 : -ENOMEM;
}

int initrd_add(struct dentry *root, const void *archive, size_t size, const char **problem)
{
	struct mount m = { .root = root };
	struct cpio cpio = cpio_open(archive, size);
	struct cpio_entry entry;
	int result;

	while ((result = cpio_next(&cpio, &entry)) > 0) {
		result = add_entry(&m, &entry);
		if (result) {
			cpio.problem = "no memory for its names";
			break;
		}
	}
	forget_links(&m);
	*problem = cpio.problem;
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
