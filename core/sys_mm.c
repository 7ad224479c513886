// SPDX-License-Identifier: BSD-2-Clause
/* System calls on memory: arguments as Linux's x86-64 table has them, passed on to the areas. */
#include <asm/fcntl.h>
#include <linux/mman.h>

#include "arch/x86/paging.h"
#include "arch/x86/trap.h"
#include "core/file.h"
#include "core/limit.h"
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
long sys_mlock(long addr, long length);
long sys_mlock2(long addr, long length, long flags);
long sys_munlock(long addr, long length);
long sys_mlockall(long flags);
long sys_munlockall(void);

/* Would so many bytes more be too many (RLIMIT_AS)? */
static bool too_much(uint64_t more)
{
	struct area_stats stats;

	if (!IS_ENABLED(CONFIG_SYSCALLS_INFO) || likely(READ_ONCE(limit_address_space) == LIMIT_NONE))
		return false;
	area_stats(program_space, &stats);
	return stats.reserved + MIN(more, USER_MAX) > READ_ONCE(limit_address_space);
}

long sys_mmap(long addr, long length, long prot, long flags, long fd, long offset)
{
	if (too_much((uint64_t)length))
		return -ENOMEM;
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
			result =
				file->ops->map(file, &(struct map_request){ addr, length, prot, flags, offset });
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
	if (IS_ENABLED(CONFIG_SYSCALLS_INFO) && READ_ONCE(limit_address_space) != LIMIT_NONE) {
		virt_t now = area_brk(program_space, 0);

		if ((virt_t)end > now && too_much((virt_t)end - now))
			return (long)now;
	}
	return area_brk(program_space, end);
}

long sys_mremap(long addr, long old_length, long new_length, long flags, long new_addr)
{
	if (new_length > old_length && too_much((uint64_t)(new_length - old_length)))
		return -ENOMEM;
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

/* Memory has nowhere else to go: what is locked only gets its frames now. */
long sys_mlock2(long addr, long length, long flags)
{
	virt_t start = ALIGN_DOWN((virt_t)addr, FRAME_SIZE);
	size_t len = ALIGN_UP((virt_t)addr + (size_t)length, FRAME_SIZE) - start;
	int advice = flags & MLOCK_ONFAULT ? MADV_NORMAL : MADV_POPULATE_READ;
	long err;

	if (flags & ~(long)MLOCK_ONFAULT || start + len < start)
		return -EINVAL;
	err = length ? area_advise(program_space, start, len, advice) : 0;
	return err == -EFAULT ? -ENOMEM : err;
}

long sys_mlock(long addr, long length)
{
	return sys_mlock2(addr, length, 0);
}

long sys_munlock(long addr, long length)
{
	return sys_mlock2(addr, length, MLOCK_ONFAULT);
}

long sys_mlockall(long flags)
{
	return !flags || flags & ~(long)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) ? -EINVAL : 0;
}

long sys_munlockall(void)
{
	return 0;
}
