// SPDX-License-Identifier: BSD-2-Clause
/* memfd_create: a file without a name, whose seals say what may still be done to it. */
#include "arch/x86/trap.h"
#include "fs/ram_file.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

#define MFD_CLOEXEC 1 /* linux/memfd.h */
#define MFD_ALLOW_SEALING 2
#define MFD_NOEXEC_SEAL 8
#define MFD_EXEC 16
#define NAME_MAX 249 /* memfd_create(2) */
#define PREFIX "memfd:"
#define F_SEAL_SEAL 1

long sys_memfd_create(const char *name, unsigned flags);

static struct dentry *memfd_dentry(const char *name, uint32_t mode)
{
	struct inode *inode = inode_new(&root_fs, S_IFREG | mode);
	size_t len = strlen(name);
	char *copy = heap_alloc(len + 1);
	struct dentry *d = NULL;

	if (inode && copy) {
		inode->file.seals = 0;
		memcpy(copy, name, len + 1);
		d = dentry_alone(copy, inode);
		inode = NULL;
	}
	if (inode)
		inode_put(inode);
	if (d)
		d->name_owned = true;
	else
		heap_free(copy);
	return d;
}

long sys_memfd_create(const char *user, unsigned flags)
{
	char name[sizeof(PREFIX) + NAME_MAX] = PREFIX;
	struct dentry *d;
	struct fs_file *f;
	long n;

	if (flags & ~(unsigned)(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC))
		return -EINVAL;
	n = copy_string_from_program(name + sizeof(PREFIX) - 1, user, NAME_MAX + 1);
	if (n < 0)
		return n == -ENAMETOOLONG ? -EINVAL : n;
	d = memfd_dentry(name, flags & MFD_NOEXEC_SEAL ? 0666 : 0777);
	if (!d)
		return -ENOMEM;
	if (!(flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL)))
		d->inode->file.seals = F_SEAL_SEAL;
	f = fs_file_new(d, &ram_file_ops, O_RDWR);
	dentry_put(d);
	return f ? descriptor_add(&f->file, flags & MFD_CLOEXEC ? O_CLOEXEC : 0) : -ENOMEM;
}
