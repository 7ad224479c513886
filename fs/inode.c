// SPDX-License-Identifier: BSD-2-Clause
/* Inodes: making, freeing, what stat says of them. */
#include "core/clock.h"
#include "fs/ram_file.h"
#include "fs/vfs.h"
#include "mm/heap.h"

#define F_SEAL_SEAL 1 /* linux/fcntl.h */

struct inode *inode_new_at(struct filesystem *fs, uint32_t mode, int64_t time)
{
	struct inode *inode = heap_zalloc(sizeof(*inode));

	if (!inode)
		return NULL;
	inode->refs = 1;
	inode->mode = mode;
	inode->fs = fs;
	inode->ino = __atomic_add_fetch(&fs->next_ino, 1, __ATOMIC_RELAXED);
	inode->turn = (struct mutex)MUTEX_INIT(inode->turn);
	list_init(&inode->flocks);
	list_init(&inode->records);
	if (S_ISDIR(mode))
		list_init(&inode->dir.children);
	if (S_ISREG(mode))
		inode->file.seals = F_SEAL_SEAL; /* who wants more has to ask for it: memfd_create */
	inode->atime = inode->mtime = inode->ctime = inode->btime = time;
	return inode;
}

struct inode *inode_new(struct filesystem *fs, uint32_t mode)
{
	return inode_new_at(fs, mode, (int64_t)clock_wall_ns());
}

void inode_put(struct inode *inode)
{
	if (__atomic_sub_fetch(&inode->refs, 1, __ATOMIC_ACQ_REL))
		return;
	if (S_ISREG(inode->mode))
		ram_file_free(inode);
	else if (S_ISLNK(inode->mode) && inode->link.owned)
		heap_free((void *)inode->link.text);
	heap_free(inode);
}

void inode_touch(struct inode *inode)
{
	inode->mtime = (int64_t)clock_wall_ns();
	inode->ctime = inode->mtime;
}

void inode_info(const struct inode *inode, struct file_info *info)
{
	*info = (struct file_info){
		.dev = inode->fs->dev,
		.ino = inode->ino,
		.mode = inode->mode,
		.nlink = inode->nlink,
		.uid = inode->uid,
		.gid = inode->gid,
		.size = inode->size,
		.block_size = FRAME_SIZE,
		.atime = inode->atime,
		.mtime = inode->mtime,
		.ctime = inode->ctime,
		.btime = inode->btime,
	};
	if (S_ISREG(inode->mode))
		info->blocks = ram_file_blocks(inode);
	else if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		info->rdev = inode->rdev;
	else if (S_ISDIR(inode->mode))
		info->size = FRAME_SIZE;
}
