// SPDX-License-Identifier: BSD-2-Clause
/* Path walk. A symbolic link puts what comes behind it on a stack and goes on with its text. */
#include "fs/walk.h"

#include "include/errno.h"
#include "lib/string.h"

/* A piece of path that is still to be walked. */
struct rest {
	const char *at, *end;
};

struct walker {
	struct dentry *where;
	struct rest stack[LINKS_MAX + 1];
	unsigned depth; /* of the stack */
	unsigned links; /* followed so far */
	unsigned flags;
};

struct dentry *mounted_on(struct dentry *d)
{
	while (d->mounted)
		d = d->mounted;
	return d;
}

static struct dentry *parent_of(struct dentry *d)
{
	while (d != fs_root && d->parent == d && d->covers)
		d = d->covers;
	return d == fs_root ? d : d->parent;
}

/* The child of a directory. Returns 0 and NULL where there is none. */
static int find_child(struct dentry *dir, const char *name, size_t len, struct dentry **child)
{
	const struct inode_ops *ops = dir->inode->ops;
	int err = directory_ready(dir);

	if (err)
		return err;
	*child = dentry_find(dir, name, len);
	if (ops && ops->lookup && (!*child || !(*child)->listed)) {
		err = ops->lookup(dir, name, len, child);
		if (err)
			*child = NULL;
		if (err && err != -ENOENT)
			return err;
	}
	return 0;
}

/* Is there anything but slashes to come? Takes used-up pieces off the stack. */
static bool more(struct walker *w)
{
	for (;;) {
		struct rest *r = &w->stack[w->depth - 1];

		while (r->at < r->end && *r->at == '/')
			r->at++;
		if (r->at < r->end)
			return true;
		if (w->depth == 1)
			return false;
		w->depth--;
	}
}

/* The next name; more() said that there is one. */
static size_t next_name(struct walker *w, const char **name)
{
	struct rest *r = &w->stack[w->depth - 1];

	*name = r->at;
	while (r->at < r->end && *r->at != '/')
		r->at++;
	return (size_t)(r->at - *name);
}

/* Are there names to come? *slash: at least a slash comes right behind the name just read. */
static bool ahead(const struct walker *w, bool *slash)
{
	*slash = false;
	for (unsigned i = w->depth; i-- > 0;) {
		struct rest r = w->stack[i];

		*slash |= r.at < r.end;
		while (r.at < r.end && *r.at == '/')
			r.at++;
		if (r.at < r.end)
			return true;
	}
	return false;
}

/* Follows a link. Returns 0 and *to: it led there; 0 and NULL: its text is on the stack now. */
static int follow(struct walker *w, struct dentry *link, struct dentry **to)
{
	struct inode *inode = link->inode;

	if (w->links++ >= LINKS_MAX || w->flags & WALK_NO_LINKS)
		return -ELOOP;
	*to = inode->ops && inode->ops->follow ? inode->ops->follow(inode) : NULL;
	if (*to)
		return 0;
	if (!inode->size || !inode->link.text)
		return -ENOENT;
	w->stack[w->depth++] = (struct rest){ inode->link.text, inode->link.text + inode->size };
	if (*inode->link.text == '/')
		w->where = mounted_on(fs_root);
	return 0;
}

/* May the link be what the walk ends at? One that leads nowhere by text is opened as it is. */
static bool link_is_end(const struct walker *w, const struct found *f)
{
	const struct inode *inode = f->dentry->inode;

	if (inode->ops && inode->ops->follow && !inode->link.text &&
	    !inode->ops->follow(f->dentry->inode))
		return true;
	return !(w->flags & WALK_FOLLOW) && !f->slash;
}

/* One step: name is the next, last whether it is the path's last. */
static int step(struct walker *w, const char *name, size_t len, struct found *f, bool last)
{
	int err;

	if (!is_directory(w->where->inode))
		return -ENOTDIR;
	if (len > NAME_LENGTH_MAX)
		return -ENAMETOOLONG;
	f->dir = w->where;
	f->name = name;
	f->len = 0;
	f->dentry = w->where;
	if (len == 1 && name[0] == '.')
		return 0;
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		f->dentry = parent_of(w->where);
		w->where = f->dentry;
		return 0;
	}
	f->len = len;
	err = find_child(w->where, name, len, &f->dentry);
	if (err)
		return err;
	if (!f->dentry)
		return last ? 0 : -ENOENT;
	f->dentry = mounted_on(f->dentry);
	if (S_ISLNK(f->dentry->inode->mode) && !(last && link_is_end(w, f))) {
		struct dentry *to;

		err = follow(w, f->dentry, &to);
		if (err || !to)
			return err;
		f->dentry = to;
	}
	w->where = f->dentry;
	return 0;
}

int walk(struct dentry *start, const char *path, unsigned flags, struct found *f)
{
	struct walker w = { .where = start, .depth = 1, .flags = flags };

	if (!*path && !(flags & WALK_EMPTY))
		return -ENOENT;
	w.stack[0] = (struct rest){ path, path + strlen(path) };
	if (*path == '/')
		w.where = mounted_on(fs_root);
	*f = (struct found){ .dir = w.where, .name = path, .dentry = w.where };
	while (more(&w)) {
		const char *name;
		size_t len = next_name(&w, &name);
		bool last = !ahead(&w, &f->slash);
		int err;

		f->slash &= last;
		err = step(&w, name, len, f, last);
		if (err)
			return err;
	}
	if (f->dentry && f->slash && !is_directory(f->dentry->inode))
		return -ENOTDIR;
	return 0;
}

int walk_to(struct dentry *start, const char *path, unsigned flags, struct dentry **dentry)
{
	struct found f;
	int err = walk(start, path, flags, &f);

	if (!err && !f.dentry)
		err = -ENOENT;
	if (!err)
		*dentry = f.dentry;
	return err;
}
