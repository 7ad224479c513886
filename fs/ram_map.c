// SPDX-License-Identifier: BSD-2-Clause
/* Regular files in memory: mmap. Shared areas show the file's own frames; private ones show frames
 * too, of the file or of the module it came in, until they write. */
#include <linux/mman.h>

#include "arch/x86/paging.h"
#include "fs/ram_file.h"
#include "fs/sys.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/heap.h"

#define F_SEAL_WRITE 8 /* linux/fcntl.h */
#define F_SEAL_FUTURE_WRITE 16

/* One mmap of a file. */
struct mapping {
	struct area_source source;
	uint32_t refs; /* areas */
	struct inode *inode;
	struct dentry *dentry;
};

static struct mapping *mapping_of(struct area_source *source)
{
	return container_of(source, struct mapping, source);
}

/* The module's frame that holds the whole page; FRAME_NONE: it does not lie like that. */
static phys_t module_frame(const struct inode *inode, uint64_t index)
{
	uint64_t start = index << FRAME_SHIFT, size = inode->file.base_size;
	const char *at = inode->file.base + start;

	/* start may be anything: mremap() lets an area grow far behind the file. */
	if (start >= size || size - start < FRAME_SIZE || !IS_ALIGNED((uintptr_t)at, FRAME_SIZE))
		return FRAME_NONE;
	return virt_to_phys(at);
}

/* The areas' lock is held. The frame is made outside of the file's lock, as a write does it. */
static int mapping_page(struct area_source *source, uint64_t index, bool shared, phys_t *frame)
{
	struct inode *inode = mapping_of(source)->inode;
	uint64_t irq, size, base_size;

	/* A module's file that nobody has changed; who changes it or its size now comes later. */
	if (!shared && !__atomic_load_n(&inode->file.pages.count, __ATOMIC_RELAXED)) {
		*frame = module_frame(inode, index);
		if (*frame)
			return 0;
	}
	irq = spin_lock(&inode->file.lock);
	size = inode->size;
	base_size = inode->file.base_size;
	*frame = pages_get(&inode->file.pages, index);
	spin_unlock(&inode->file.lock, irq);
	if (index >= ALIGN_UP(size, FRAME_SIZE) >> FRAME_SHIFT)
		return -ENXIO;
	if (*frame)
		return 0;
	if (!shared) {
		*frame = module_frame(inode, index);
		/* Behind what came with the file there are zeros, which need no frame of the file's. */
		if (*frame || index << FRAME_SHIFT >= base_size)
			return 0;
	}
	return ram_file_own(inode, index, frame);
}

static void mapping_hold(struct area_source *source)
{
	struct mapping *m = mapping_of(source);

	__atomic_fetch_add(&m->refs, 1, __ATOMIC_RELAXED);
}

static void mapping_drop(struct area_source *source)
{
	struct mapping *m = mapping_of(source);

	if (__atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL))
		return;
	__atomic_fetch_sub(&m->inode->file.mappings, 1, __ATOMIC_RELAXED);
	dentry_put(m->dentry);
	heap_free(m);
}

/* fs_lock() is held. */
static int mapping_describe(struct area_source *source, char *buf, size_t size, uint64_t *dev,
                            uint64_t *ino)
{
	struct mapping *m = mapping_of(source);

	*dev = m->inode->fs->dev;
	*ino = m->inode->ino;
	return dentry_path(m->dentry, buf, size);
}

static const struct area_source_ops source_ops = {
	.page = mapping_page,
	.hold = mapping_hold,
	.drop = mapping_drop,
	.describe = mapping_describe,
};

static long may_map(const struct file *file, const struct inode *inode, const struct map_request *r)
{
	uint32_t access = file->flags & O_ACCMODE;
	int type = r->flags & MAP_TYPE;
	bool shared_write = type != MAP_PRIVATE && r->prot & PROT_WRITE;

	if (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (access == O_WRONLY || (shared_write && access != O_RDWR))
		return -EACCES;
	if (shared_write && inode->file.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	return 0;
}

long ram_file_map_dentry(struct dentry *dentry, const struct map_request *r)
{
	struct mapping *m = heap_alloc(sizeof(*m));
	long result;

	if (!m)
		return -ENOMEM;
	*m = (struct mapping){
		.source = { .ops = &source_ops, .key = dentry->inode },
		.refs = 1,
		.inode = dentry->inode,
		.dentry = dentry_hold(dentry),
	};
	__atomic_fetch_add(&m->inode->file.mappings, 1, __ATOMIC_RELAXED);
	result = area_map_source(program_space, r->addr, r->length, r->prot, r->flags, &m->source,
	                         r->offset);
	mapping_drop(&m->source);
	return result;
}

long ram_file_map(struct file *file, const struct map_request *r)
{
	struct fs_file *f = container_of(file, struct fs_file, file);
	long err = may_map(file, f->inode, r);

	return err ? err : ram_file_map_dentry(f->dentry, r);
}

void ram_file_unmap(struct inode *inode, uint64_t first, uint64_t end)
{
	area_source_cut(program_space, inode, first, end);
}
