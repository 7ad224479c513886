// SPDX-License-Identifier: BSD-2-Clause
/* System calls on memory: arguments as Linux's x86-64 table has them, passed on to the areas. */
#include <asm/fcntl.h>
#include <linux/mman.h>

#include "arch/x86/paging.h"
#include "arch/x86/trap.h"
#include "core/file.h"
#include "core/syscall.h"
#include "include/errno.h"
#include "mm/area.h"

long sys_mmap(long addr, long length, long prot, long flags, long fd, long offset);
long sys_mprotect(long addr, long length, long prot);
long sys_munmap(long addr, long length);
long sys_brk(long end);
long sys_mremap(long addr, long old_length, long new_length, long flags, long new_addr);
long sys_msync(long addr, long length, long flags);
long sys_mincore(long addr, long length, long vec);
long sys_madvise(long addr, long length, long advice);

long sys_mmap(long addr, long length, long prot, long flags, long fd, long offset)
{
	if (offset & FRAME_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		struct file *file = file_get(fd);
		long result = -ENODEV;

		if (!file)
			return -EBADF;
		if (length == 0)
			result = -EINVAL;
		else if (file->flags & O_PATH)
			result = -EBADF;
		else if (file->ops->map)
			result = file->ops->map(file, &(struct map_request){ addr, length, prot, flags, offset });
		file_put(file);
		return result;
	}
	return area_map(program_space, addr, length, prot, flags);
}

long sys_mprotect(long addr, long length, long prot)
{
	return area_protect(program_space, addr, length, prot);
}

long sys_munmap(long addr, long length)
{
	return area_unmap(program_space, addr, length);
}

long sys_brk(long end)
{
	return area_brk(program_space, end);
}

long sys_mremap(long addr, long old_length, long new_length, long flags, long new_addr)
{
	return area_remap(program_space, addr, old_length, new_length, flags, new_addr);
}

long sys_madvise(long addr, long length, long advice)
{
	return area_advise(program_space, addr, length, advice);
}

/* Number of pages in length bytes from a page-aligned address. Returns a negative errno where the
 * address is not, or the length wraps. */
static long count_pages(long addr, unsigned long length)
{
	if (!IS_ALIGNED((unsigned long)addr, FRAME_SIZE))
		return -EINVAL;
	if (length > USER_MAX)
		return -ENOMEM;
	return ALIGN_UP(length, FRAME_SIZE) / FRAME_SIZE;
}

/* Anonymous memory has nowhere to be written back to: only the arguments are checked. */
long sys_msync(long addr, long length, long flags)
{
	long pages = count_pages(addr, length);

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	return pages < 0 ? pages : area_resident(program_space, addr, pages, NULL);
}

long sys_mincore(long addr, long length, long vec)
{
	long pages = count_pages(addr, length);
	uint8_t part[256];

	/* The answer is copied with no lock held: writing it may be a first touch itself. */
	for (long done = 0; done < pages; done += sizeof(part)) {
		size_t n = MIN((size_t)(pages - done), sizeof(part));
		int err = area_resident(program_space, addr + done * FRAME_SIZE, n, part);

		if (!err)
			err = copy_to_program((uint8_t *)vec + done, part, n);
		if (err)
			return err;
	}
	return MIN(pages, 0L);
}
