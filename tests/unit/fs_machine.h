/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of fs/: frames and a heap below, one thread, and what else the tree finds below it.
 * Included once per test, which names lib/tree.c, mm/heap.c, mm/frame.c, mm/frame_reserve.c, mm/buddy.c,
 * mm/carve.c, arch/x86/paging.c, arch/x86/paging_edit.c and arch/x86/paging_unmap.c among its sources. */
#ifndef PAGURUS_FS_MACHINE_H
#define PAGURUS_FS_MACHINE_H

#include <errno.h>
#include <string.h>

#include "arch/x86/paging.h"
#include "arch/x86/trap.h"
#include "core/clock.h"
#include "fs/pipe.h"
#include "fs/ram_file.h"
#include "fs/sys.h"
#include "fs/vfs.h"
#include "mm/frame.h"
#include "sched/wait.h"
#include "tests/unit/host_stubs.h"

uint64_t host_cr3;
struct filesystem root_fs = { .type = "tmpfs", .dev = 1, .magic = 1 };

long file_limit(uint64_t pos, struct io *io)
{
	(void)pos;
	(void)io;
	return 0;
}

void host_tlb_flush(uint64_t va)
{
	(void)va;
}

uint64_t clock_wall_ns(void)
{
	static uint64_t now = 1000000000;

	return now += 1000;
}

/* There is one thread: a mutex that is taken twice is a bug. */
void mutex_lock(struct mutex *m)
{
	assert_int_equal(m->locked, 0);
	m->locked = 1;
}

void mutex_unlock(struct mutex *m)
{
	assert_int_equal(m->locked, 1);
	m->locked = 0;
}

int io_put(struct io *io, const void *data, size_t n)
{
	assert_true(n <= io->left);
	memcpy(io->at, data, n);
	io->at += n;
	io->left -= n;
	return 0;
}

int io_take(struct io *io, void *data, size_t n)
{
	assert_true(n <= io->left);
	memcpy(data, io->at, n);
	io->at += n;
	io->left -= n;
	return 0;
}

int io_put_zeros(struct io *io, size_t n)
{
	assert_true(n <= io->left);
	memset(io->at, 0, n);
	io->at += n;
	io->left -= n;
	return 0;
}

long ram_file_map(struct file *file, const struct map_request *request)
{
	(void)file;
	(void)request;
	return -ENODEV;
}

void ram_file_unmap(struct inode *inode, uint64_t first, uint64_t end)
{
	(void)inode;
	(void)first;
	(void)end;
}

long fs_file_stat(struct file *file, struct file_info *info)
{
	inode_info(container_of(file, struct fs_file, file)->inode, info);
	return 0;
}

int fs_file_describe(struct file *file, char *buf, size_t size)
{
	return dentry_path(container_of(file, struct fs_file, file)->dentry, buf, size);
}

void fs_file_release(struct file *file)
{
	(void)file;
}

void record_flush(struct file *file)
{
	(void)file;
}

long fs_file_control(struct file *file, long command, void *arg)
{
	(void)file;
	(void)command;
	(void)arg;
	return -EINVAL;
}

#define MACHINE_RAM MIB(64)

/* Once per program: the heap's slabs lie in its memory. Makes the root too. */
static int machine(void **state)
{
	static const struct mem_range ram[] = { { MIB(1), MACHINE_RAM } };

	(void)state;
	host_memory_init(0, MACHINE_RAM);
	memset(phys_to_virt(0), 0x5a, MIB(16));
	assert_int_equal(frame_init(ram, 1), 0);
	host_cr3 = frame_alloc_zeroed(0);
	fs_root = dentry_alone("", inode_new(&root_fs, S_IFDIR | 0755));
	assert_non_null(fs_root);
	fs_root->inode->nlink = 2;
	return 0;
}

#endif
