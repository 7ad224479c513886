// SPDX-License-Identifier: BSD-2-Clause
/* Dentries: names by directory in one hash table that grows with them, and in the order of making in
 * each directory. */
#include "fs/vfs.h"

#include "fs/notify.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/heap.h"

#define FIRST_BUCKETS 64
#define HASH_FACTOR 0x9e3779b97f4a7c15UL /* 2^64 by the golden ratio, odd */

static struct dentry *first_buckets[FIRST_BUCKETS];
static struct dentry **buckets = first_buckets;
static uint32_t nr_buckets = FIRST_BUCKETS; /* a power of two */
static uint32_t nr_hashed;

struct dentry *fs_root;
static struct mutex names = MUTEX_INIT(names);

void fs_lock(void)
{
	mutex_lock(&names);
}

void fs_unlock(void)
{
	mutex_unlock(&names);
}

static uint64_t mix(uint64_t hash, const char *word)
{
	uint64_t bytes;

	__builtin_memcpy(&bytes, word, sizeof(bytes));
	hash = (hash ^ bytes) * HASH_FACTOR;
	return hash ^ hash >> 32;
}

/* By words; the last one overlaps that before it. */
static uint32_t hash_name(const struct dentry *dir, const char *name, size_t len)
{
	uint64_t hash = (uintptr_t)dir >> 6 ^ len << 48;

	if (len >= sizeof(uint64_t)) {
		for (size_t i = sizeof(uint64_t); i < len; i += sizeof(uint64_t))
			hash = mix(hash, name + i - sizeof(uint64_t));
		return (uint32_t)mix(hash, name + len - sizeof(uint64_t));
	}
	for (size_t i = 0; i < len; i++)
		hash = hash << 8 ^ hash >> 56 ^ (unsigned char)name[i];
	hash *= HASH_FACTOR;
	return (uint32_t)(hash ^ hash >> 32);
}

struct dentry *dentry_find(const struct dentry *dir, const char *name, size_t len)
{
	uint32_t hash = hash_name(dir, name, len);
	struct dentry *d = buckets[hash & (nr_buckets - 1)];

	while (d && (d->hash != hash || d->parent != dir || d->len != len ||
	             memcmp(d->name, name, len) != 0))
		d = d->next;
	return d;
}

/* Where memory is short the chains just get longer. */
static void grow(void)
{
	uint32_t size = nr_buckets * 4;
	struct dentry **table = heap_zalloc(size * sizeof(struct dentry *));

	if (!table)
		return;
	for (uint32_t i = 0; i < nr_buckets; i++) {
		while (buckets[i]) {
			struct dentry *d = buckets[i];

			buckets[i] = d->next;
			d->next = table[d->hash & (size - 1)];
			table[d->hash & (size - 1)] = d;
		}
	}
	if (buckets != first_buckets)
		heap_free(buckets);
	buckets = table;
	nr_buckets = size;
}

static void hash_add(struct dentry *d)
{
	struct dentry **bucket;

	if (nr_hashed >= nr_buckets)
		grow();
	d->hash = hash_name(d->parent, d->name, d->len);
	bucket = &buckets[d->hash & (nr_buckets - 1)];
	d->next = *bucket;
	*bucket = d;
	nr_hashed++;
}

static void hash_remove(struct dentry *d)
{
	struct dentry **link = &buckets[d->hash & (nr_buckets - 1)];

	while (*link != d)
		link = &(*link)->next;
	*link = d->next;
	nr_hashed--;
}

static struct dentry *of_node(const struct list *node)
{
	return container_of(node, struct dentry, by_cookie);
}

/* A new child comes last: its cookie is the highest. */
static void list_child(struct dentry *d)
{
	struct directory *dir = &d->parent->inode->dir;

	d->cookie = ++dir->next_cookie;
	list_add_tail(&dir->children, &d->by_cookie);
	dir->count++;
	d->listed = true;
}

static void unlist_child(struct dentry *d)
{
	struct directory *dir = &d->parent->inode->dir;

	if (!d->listed)
		return;
	if (dir->found == d)
		dir->found = directory_after(d);
	list_del(&d->by_cookie);
	dir->count--;
	d->listed = false;
}

/* Who lists a directory goes on not far from where the last search ended. */
struct dentry *directory_next(const struct dentry *parent, uint64_t cookie)
{
	struct directory *dir = &parent->inode->dir;
	struct dentry *d, *before;

	if (list_empty(&dir->children) || of_node(dir->children.prev)->cookie < cookie)
		return NULL;
	d = of_node(dir->children.next);
	if (d->cookie >= cookie)
		return d;
	if (dir->found)
		d = dir->found;
	while (d->cookie < cookie)
		d = of_node(d->by_cookie.next);
	while ((before = of_node(d->by_cookie.prev))->cookie >= cookie)
		d = before;
	dir->found = d;
	return d;
}

struct dentry *directory_after(const struct dentry *child)
{
	const struct list *next = child->by_cookie.next;

	return next == &child->parent->inode->dir.children ? NULL : of_node(next);
}

static struct dentry *dentry_new(const char *name, size_t len, struct inode *inode, bool copy)
{
	struct dentry *d = heap_alloc(sizeof(*d) + (copy ? len : 0));

	if (!d) {
		inode_put(inode);
		return NULL;
	}
	*d = (struct dentry){ .refs = 1, .inode = inode, .name = name, .len = (uint16_t)len };
	if (copy)
		d->name = memcpy(d + 1, name, len);
	return d;
}

struct dentry *dentry_add(struct dentry *dir, const char *name, size_t len, struct inode *inode,
                          bool copy, bool listed)
{
	struct dentry *d = dentry_new(name, len, inode, copy);

	if (!d)
		return NULL;
	d->parent = dentry_hold(dir);
	d->linked = true;
	inode->nlink++;
	if (is_directory(inode)) {
		inode->nlink++; /* its own "." */
		dir->inode->nlink++;
	}
	hash_add(d);
	if (listed)
		list_child(d);
	return d;
}

struct dentry *dentry_alone(const char *name, struct inode *inode)
{
	struct dentry *d = dentry_new(name, strlen(name), inode, false);

	if (d)
		d->parent = d;
	return d;
}

static void take_out(struct dentry *d)
{
	hash_remove(d);
	unlist_child(d);
}

void dentry_unlink(struct dentry *d)
{
	struct inode *inode = d->inode;

	take_out(d);
	d->linked = false;
	inode->nlink--;
	if (is_directory(inode)) {
		inode->nlink--;
		d->parent->inode->nlink--;
	}
	dentry_put(d);
}

int dentry_move(struct dentry *d, struct dentry *dir, const char *name, size_t len)
{
	char *copy = heap_alloc(len);
	const char *old = d->name_owned ? d->name : NULL;
	struct dentry *from = d->parent;
	uint64_t irq;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, name, len);
	take_out(d);
	dentry_hold(dir);
	irq = notify_begin();
	d->name = copy;
	d->name_owned = true;
	d->len = (uint16_t)len;
	d->parent = dir;
	notify_end(irq);
	heap_free((void *)old);
	if (is_directory(d->inode)) {
		from->inode->nlink--;
		dir->inode->nlink++;
	}
	hash_add(d);
	list_child(d);
	dentry_put(from);
	return 0;
}

/* Returns a copy of d's name for another: a name that is not owned may lie behind d itself. */
static char *name_of(const struct dentry *d)
{
	char *copy = heap_alloc(d->len);

	return copy ? memcpy(copy, d->name, d->len) : NULL;
}

static void change_place(struct dentry *d, const struct dentry *place, const char *name)
{
	if (is_directory(d->inode)) {
		d->parent->inode->nlink--;
		place->parent->inode->nlink++;
	}
	d->name = name;
	d->name_owned = true;
	d->len = place->len;
	d->parent = place->parent; /* held by whoever was there */
}

int dentry_exchange(struct dentry *a, struct dentry *b)
{
	const struct dentry place = *a, other = *b;
	char *to_a = name_of(b), *to_b = name_of(a);
	uint64_t irq;

	if (!to_a || !to_b) {
		heap_free(to_a);
		heap_free(to_b);
		return -ENOMEM;
	}
	take_out(a);
	take_out(b);
	irq = notify_begin();
	change_place(a, &other, to_a);
	change_place(b, &place, to_b);
	notify_end(irq);
	if (place.name_owned)
		heap_free((void *)place.name);
	if (other.name_owned)
		heap_free((void *)other.name);
	hash_add(a);
	hash_add(b);
	list_child(a);
	list_child(b);
	return 0;
}

void dentry_put(struct dentry *d)
{
	while (__atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) == 0) {
		struct dentry *parent = d->parent;
		bool root = parent == d;

		inode_put(d->inode);
		if (d->name_owned)
			heap_free((void *)d->name);
		heap_free(d);
		if (root)
			return;
		d = parent;
	}
}

int directory_ready(struct dentry *dir)
{
	struct inode *inode = dir->inode;
	int err = 0;

	if (inode->dir.populated || !inode->ops || !inode->ops->populate)
		return 0;
	err = inode->ops->populate(dir);
	if (!err)
		inode->dir.populated = true;
	return err;
}

/* The directory above, through mounts; NULL: d is the root of all. */
static const struct dentry *above(const struct dentry **d)
{
	while (*d != fs_root && (*d)->parent == *d && (*d)->covers)
		*d = (*d)->covers;
	return (*d)->parent == *d ? NULL : (*d)->parent;
}

bool dentry_inside(const struct dentry *a, const struct dentry *b)
{
	while (a && a != b)
		a = above(&a);
	return a;
}

int dentry_path(const struct dentry *dentry, char *buf, size_t size)
{
	const char *end = dentry->linked || dentry->parent == dentry ? "" : " (deleted)";
	const struct dentry *d = dentry, *up;
	size_t len = 0, at;

	if (d->parent == d && !d->covers && d != fs_root) /* never had a place in the tree */
		return fmt_snprintf(buf, size, "/%.*s (deleted)", (int)d->len, d->name);
	for (d = dentry; (up = above(&d)); d = up)
		len += d->len + 1U;
	if (!len)
		len = 1;
	if (len + strlen(end) + 1 > size)
		return -ENAMETOOLONG;
	buf[0] = '/';
	at = len;
	for (d = dentry; (up = above(&d)); d = up) {
		at -= d->len;
		memcpy(buf + at, d->name, d->len);
		buf[--at] = '/';
	}
	return (int)(len + strlcpy(buf + len, end, size - len));
}

void dentry_mount(struct dentry *dir, struct dentry *root)
{
	dir->mounted = dentry_hold(root);
	root->covers = dentry_hold(dir);
}
