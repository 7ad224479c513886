// SPDX-License-Identifier: BSD-2-Clause
/* AF_UNIX: names of sockets: paths in the tree of files, and abstract ones (which begin with NUL). */
#include "fs/sys.h"
#include "fs/unix/unix.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/heap.h"

static struct spinlock names_lock; /* who owns which name */
static struct tree abstract_names;
static struct mutex binding = MUTEX_INIT(binding);

void unix_name_put(struct unix_name *name)
{
	if (name && __atomic_sub_fetch(&name->refs, 1, __ATOMIC_ACQ_REL) == 0)
		heap_free(name);
}

struct unix_name *unix_name_get(struct unix_socket *u)
{
	uint64_t irq = spin_lock(&u->readers.lock);
	struct unix_name *name = u->name;

	if (name)
		__atomic_fetch_add(&name->refs, 1, __ATOMIC_RELAXED);
	spin_unlock(&u->readers.lock, irq);
	return name;
}

static bool is_abstract(const struct socket_address *address)
{
	return !address->bytes[UNIX_PATH_AT];
}

/* Checks what is common to all uses of an address; bytes behind it become NUL. */
static int check(const struct socket_address *address, struct socket_address *checked)
{
	size_t path = address->len - UNIX_PATH_AT;

	if (address->len <= UNIX_PATH_AT || path > UNIX_PATH_MAX || address->family != AF_UNIX)
		return -EINVAL;
	memset(checked, 0, sizeof(*checked));
	checked->len = address->len;
	memcpy(checked->bytes, address->bytes, address->len);
	if (!is_abstract(checked)) /* counts to its NUL, wherever the program says it ends */
		checked->len = UNIX_PATH_AT + (uint32_t)strnlen(checked->bytes + UNIX_PATH_AT, path) + 1;
	return 0;
}

static struct unix_name *name_new(const struct socket_address *address, struct unix_socket *owner)
{
	struct unix_name *name = heap_zalloc(sizeof(*name));

	if (!name)
		return NULL;
	name->refs = 1; /* the socket's */
	name->address = *address;
	name->type = owner->socket.type;
	name->owner = owner;
	return name;
}

/* Sockets of different types may have the same abstract name. */
static int compare(const struct socket_address *address, int type, const struct unix_name *name)
{
	if (type != name->type)
		return type < name->type ? -1 : 1;
	if (address->len != name->address.len)
		return address->len < name->address.len ? -1 : 1;
	return memcmp(address->bytes, name->address.bytes, address->len);
}

/* Where a name is, or belongs; names_lock is held. */
static struct tree_node **place(const struct socket_address *address, int type,
                                struct tree_node **parent)
{
	struct tree_node **at = &abstract_names.root;

	*parent = NULL;
	while (*at) {
		int order = compare(address, type, container_of(*at, struct unix_name, node));

		if (!order)
			break;
		*parent = *at;
		at = order < 0 ? &(*at)->left : &(*at)->right;
	}
	return at;
}

static int bind_abstract(struct unix_name *name)
{
	struct tree_node *parent, **at;
	uint64_t irq = spin_lock(&names_lock);
	int err = -EADDRINUSE;

	at = place(&name->address, name->type, &parent);
	if (!*at) {
		tree_insert(&abstract_names, parent, at, &name->node);
		err = 0;
	}
	spin_unlock(&names_lock, irq);
	return err;
}

/* Makes the file; fs_lock() is held. */
static int make_file(struct unix_name *name)
{
	const char *path = name->address.bytes + UNIX_PATH_AT;
	struct dentry *dentry;
	struct inode *inode;
	struct found found;
	uint64_t irq;
	int err = walk(fs_cwd, path, 0, &found);

	if (err)
		return err;
	if (found.dentry)
		return -EADDRINUSE;
	if (found.slash)
		return -ENOENT;
	inode = inode_new(found.dir->inode->fs, S_IFSOCK | apply_umask(0777));
	if (!inode)
		return -ENOMEM;
	inode_hold(inode);
	err = name_create(&found, inode, &dentry);
	if (err) {
		inode_put(inode);
		return err;
	}
	name->inode = inode;
	irq = spin_lock(&names_lock);
	inode->object = name->owner;
	spin_unlock(&names_lock, irq);
	return 0;
}

static int bind_path(struct unix_name *name)
{
	int err;

	fs_lock();
	err = make_file(name);
	fs_unlock();
	return err;
}

/* binding is held, so u has no name yet where it looks as if. */
static int bind_locked(struct unix_socket *u, const struct socket_address *address)
{
	struct unix_name *name;
	uint64_t irq;
	int err;

	if (u->name)
		return -EINVAL;
	name = name_new(address, u);
	if (!name)
		return -ENOMEM;
	err = is_abstract(address) ? bind_abstract(name) : bind_path(name);
	if (err) {
		unix_name_put(name);
		return err;
	}
	irq = spin_lock(&u->readers.lock);
	u->name = name;
	spin_unlock(&u->readers.lock, irq);
	return 0;
}

static int bind_name(struct unix_socket *u, const struct socket_address *address)
{
	int err;

	mutex_lock(&binding);
	err = bind_locked(u, address);
	mutex_unlock(&binding);
	return err;
}

int unix_bind_any(struct unix_socket *u)
{
	static uint32_t next;
	struct socket_address address = { .family = AF_UNIX };
	int err = -EADDRINUSE;

	for (unsigned tries = 0; err == -EADDRINUSE && tries < 0x100000; tries++) {
		uint32_t number = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) & 0xfffff;

		address.len = UNIX_PATH_AT + 1 +
		              (uint32_t)fmt_snprintf(address.bytes + UNIX_PATH_AT + 1, UNIX_PATH_MAX - 1,
		                                     "%05x", number);
		err = bind_name(u, &address);
	}
	return err;
}

int unix_bind(struct socket *socket, const struct socket_address *address)
{
	struct socket_address checked;
	int err;

	if (address->len == UNIX_PATH_AT && address->family == AF_UNIX)
		return READ_ONCE(unix_of(socket)->name) ? 0 : unix_bind_any(unix_of(socket));
	err = check(address, &checked);
	return err ? err : bind_name(unix_of(socket), &checked);
}

void unix_unbind(struct unix_socket *u)
{
	struct unix_name *name = u->name; /* the file is gone: nobody binds it any more */
	uint64_t irq;

	if (!name)
		return;
	irq = spin_lock(&names_lock);
	if (name->owner == u) { /* else u was made by accept, and the name is the listener's */
		if (name->inode)
			name->inode->object = NULL;
		else
			tree_remove(&abstract_names, &name->node);
		name->owner = NULL;
	} else {
		u = NULL;
	}
	spin_unlock(&names_lock, irq);
	if (u && name->inode)
		inode_put(name->inode);
	/* The name itself goes with the socket: peers may ask for it. */
}

static struct unix_socket *find_abstract(const struct socket_address *address, int type)
{
	struct tree_node *parent, **at;
	uint64_t irq = spin_lock(&names_lock);
	struct unix_socket *u = NULL;

	at = place(address, type, &parent);
	if (*at) {
		u = container_of(*at, struct unix_name, node)->owner;
		unix_hold(u);
	}
	spin_unlock(&names_lock, irq);
	return u;
}

static int find_path(const char *path, struct unix_socket **u)
{
	struct dentry *dentry;
	uint64_t irq;
	int err;

	fs_lock();
	err = walk_to(fs_cwd, path, WALK_FOLLOW, &dentry);
	if (!err && !S_ISSOCK(dentry->inode->mode))
		err = -ECONNREFUSED;
	if (!err) {
		irq = spin_lock(&names_lock);
		*u = dentry->inode->object;
		if (*u)
			unix_hold(*u);
		spin_unlock(&names_lock, irq);
		err = *u ? 0 : -ECONNREFUSED;
	}
	fs_unlock();
	return err;
}

int unix_find(const struct socket_address *address, int type, struct unix_socket **u)
{
	struct socket_address checked;
	int err = check(address, &checked);

	if (err)
		return err;
	if (!is_abstract(&checked))
		return find_path(checked.bytes + UNIX_PATH_AT, u);
	*u = find_abstract(&checked, type);
	return *u ? 0 : -ECONNREFUSED;
}

int unix_name_of(struct socket *socket, bool peer, struct socket_address *address)
{
	struct unix_socket *u = unix_of(socket);
	struct unix_name *name;

	if (peer) {
		u = unix_peer(u);
		if (!u)
			return -ENOTCONN;
	}
	name = unix_name_get(u);
	*address = (struct socket_address){ .len = UNIX_PATH_AT, .family = AF_UNIX };
	if (name)
		*address = name->address;
	unix_name_put(name);
	if (peer)
		unix_put(u);
	return 0;
}
