/* SPDX-License-Identifier: BSD-2-Clause */
/* What an archive's tree has to look like, found by making everything at once and looking for nothing but
 * simplicity; and what fs/ finds below it. Included once per test, which names fs/cpio.c, fs/initrd.c,
 * fs/dentry.c, fs/inode.c, lib/string.c, lib/tree.c and lib/fmt.c among its sources. */
#ifndef PAGURUS_INITRD_MODEL_H
#define PAGURUS_INITRD_MODEL_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "fs/cpio.h"
#include "fs/initrd.h"
#include "fs/ram_file.h"
#include "mm/heap.h"
#include "sched/wait.h"

/* Every heap_fail_every-th allocation fails. 0: none. */
static unsigned heap_fail_every, heap_calls;

void *heap_alloc(size_t size)
{
	heap_calls++;
	return heap_fail_every && heap_calls % heap_fail_every == 0 ? NULL : malloc(size);
}

void *heap_zalloc(size_t size)
{
	void *p = heap_alloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void heap_free(void *p)
{
	free(p);
}

uint64_t clock_wall_ns(void)
{
	return 1000;
}

void mutex_lock(struct mutex *m)
{
	(void)m;
}

void mutex_unlock(struct mutex *m)
{
	(void)m;
}

void ram_file_free(struct inode *inode)
{
	(void)inode;
}

uint64_t ram_file_blocks(const struct inode *inode)
{
	(void)inode;
	return 0;
}

#define MODEL_MAX 4096 /* nodes; an archive that needs more is not looked at */

struct model_node {
	int parent; /* -1: gone */
	const char *name;
	size_t len;
	uint32_t mode, uid;
	uint64_t ino;     /* of the archive, where it has several names */
	unsigned archive; /* in which its number means something */
	bool several;
	const char *data;
	size_t size;
};

static struct model_node model[MODEL_MAX];
static int model_nodes;
static unsigned model_archives; /* that were read before this one */

static void model_require(bool ok, const char *what, const struct model_node *n)
{
	if (ok)
		return;
	fprintf(stderr, "initrd: %s: %.*s\n", what, n ? (int)n->len : 0, n ? n->name : "");
	abort();
}

static int model_find(int dir, const char *name, size_t len)
{
	for (int i = 1; i < model_nodes; i++)
		if (model[i].parent == dir && model[i].len == len && !memcmp(model[i].name, name, len))
			return i;
	return -1;
}

static bool model_in_use(int dir)
{
	for (int i = 1; i < model_nodes; i++)
		if (model[i].parent == dir)
			return true;
	return false;
}

static int model_new(int dir, const char *name, size_t len, uint32_t mode)
{
	if (model_nodes == MODEL_MAX)
		return -1;
	model[model_nodes] =
		(struct model_node){ .parent = dir, .name = name, .len = len, .mode = mode };
	return model_nodes++;
}

static int model_directory(int dir, const char *name, size_t len)
{
	int found = model_find(dir, name, len);

	if (found >= 0 && S_ISDIR(model[found].mode))
		return found;
	if (found >= 0)
		model[found].parent = -1;
	return model_new(dir, name, len, S_IFDIR | 0755);
}

/* Returns false where there is no room. */
static bool same_file(const struct model_node *a, const struct model_node *b)
{
	return a->several && b->several && a->ino == b->ino && a->archive == b->archive;
}

static bool model_entry(const struct cpio_entry *e, unsigned archive)
{
	const char *name = e->name, *end = e->name + e->name_len;
	int dir = 0, found;

	for (const char *slash; (slash = memchr(name, '/', (size_t)(end - name))); name = slash + 1) {
		if (slash > name && !(slash == name + 1 && *name == '.'))
			dir = model_directory(dir, name, (size_t)(slash - name));
		if (dir < 0)
			return false;
	}
	if (S_ISDIR(e->mode)) {
		dir = name < end ? model_directory(dir, name, (size_t)(end - name)) : 0;
		if (dir < 0)
			return false;
		model[dir].mode = S_IFDIR | (e->mode & 07777);
		model[dir].uid = e->uid;
		return true;
	}
	if (name == end)
		return true;
	found = model_find(dir, name, (size_t)(end - name));
	if (found >= 0 && S_ISDIR(model[found].mode) && model_in_use(found))
		return true;
	if (found >= 0)
		model[found].parent = -1;
	found = model_new(dir, name, (size_t)(end - name), e->mode & (S_IFMT | 07777));
	if (found < 0)
		return false;
	model[found].uid = e->uid;
	model[found].data = e->data;
	model[found].size = e->size;
	model[found].several = S_ISREG(e->mode) && e->nlink > 1;
	model[found].ino = (uint64_t)cpio_device(e->dev_major, e->dev_minor) << 32 | e->ino;
	model[found].archive = archive;
	if (!model[found].several)
		return true;
	/* All names of one file have what the first one says, and the data that came last. */
	for (int i = 1; i < found; i++) {
		if (!same_file(&model[i], &model[found]))
			continue;
		model[found].mode = model[i].mode;
		model[found].uid = model[i].uid;
		if (!e->size) {
			model[found].data = model[i].data;
			model[found].size = model[i].size;
		}
		model[i].data = model[found].data;
		model[i].size = model[found].size;
	}
	return true;
}

static void model_reset(void)
{
	model_nodes = 1;
	model[0] = (struct model_node){ .parent = -1, .mode = S_IFDIR | 0755 };
}

/* Reads the archive. Returns what cpio_next() ended with, or 1: there is no room for it. */
static int model_read(const void *archive, size_t size)
{
	struct cpio cpio;
	int result;

	cpio_open(&cpio, archive, size);
	while ((result = cpio_next(&cpio)) > 0)
		if (!model_entry(&cpio.entry, model_archives + cpio.archive))
			return 1;
	model_archives += cpio.archive + 1;
	return result;
}

static void model_compare_node(const struct dentry *d, const struct model_node *n)
{
	const struct inode *inode = d->inode;
	uint32_t links = 0;

	model_require(inode->mode == n->mode, "mode", n);
	model_require(inode->uid == n->uid, "owner", n);
	if (S_ISREG(n->mode)) {
		model_require(inode->size == n->size, "size", n);
		model_require(!n->size || inode->file.base == n->data, "data", n);
		for (int i = 1; i < model_nodes; i++)
			links += model[i].parent >= 0 && (&model[i] == n || same_file(&model[i], n));
		model_require(inode->nlink == links, "links", n);
	} else if (S_ISLNK(n->mode)) {
		model_require(inode->size == n->size && inode->link.text == n->data, "text", n);
	}
}

/* Looks into every directory, as often as memory is short, and finds what the model has, no more. */
static void model_compare(struct dentry *dir, int index)
{
	uint64_t count = 0, listed = 0;
	int err, tries = 0;

	while ((err = directory_ready(dir)) == -ENOMEM)
		model_require(tries++ < 100000, "never ready", &model[index]);
	model_require(!err, "cannot be read", &model[index]);
	for (int i = 1; i < model_nodes; i++) {
		struct dentry *d;

		if (model[i].parent != index)
			continue;
		count++;
		d = dentry_find(dir, model[i].name, model[i].len);
		model_require(d, "missing", &model[i]);
		model_compare_node(d, &model[i]);
		if (S_ISDIR(model[i].mode))
			model_compare(d, i);
	}
	for (struct dentry *d = directory_next(dir, 0); d; d = directory_after(d))
		listed++;
	model_require(count == dir->inode->dir.count && count == listed, "number of names",
	              &model[index]);
}

static void model_free_tree(struct dentry *dir)
{
	struct dentry *d;

	while (directory_ready(dir) == -ENOMEM)
		;
	while ((d = directory_next(dir, 0))) {
		if (is_directory(d->inode))
			model_free_tree(d);
		dentry_unlink(d);
	}
}

#endif
