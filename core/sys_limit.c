// SPDX-License-Identifier: BSD-2-Clause
/* Limits of resources. Some are kept: descriptors, the size of files, the address space, threads, the
 * stack of what execve starts. The others are what the system has until the program says otherwise,
 * and then only remembered: nobody else could use what it leaves. */
#include <linux/resource.h>

#include "arch/x86/paging.h"
#include "arch/x86/trap.h"
#include "core/file.h"
#include "core/limit.h"
#include "include/errno.h"
#include "mm/area.h"

long sys_getrlimit(unsigned resource, void *buf);
long sys_setrlimit(unsigned resource, const void *limit);
long sys_prlimit64(long pid, unsigned resource, const void *new, void *old);

static struct rlimit64 set_limits[RLIM_NLIMITS];
static uint32_t is_set; /* a bit for each */

uint64_t limit_file_size = LIMIT_NONE, limit_address_space = LIMIT_NONE, limit_threads = LIMIT_NONE;

/* Those that others look at. */
static uint64_t *looked_at(unsigned resource)
{
	switch (resource) {
	case RLIMIT_FSIZE:
		return &limit_file_size;
	case RLIMIT_AS:
		return &limit_address_space;
	case RLIMIT_NPROC:
		return &limit_threads;
	default:
		return NULL;
	}
}

static struct rlimit64 limit_of(unsigned resource)
{
	struct rlimit64 limit = { RLIM64_INFINITY, RLIM64_INFINITY };

	if (resource == RLIMIT_NOFILE)
		return (struct rlimit64){ descriptor_limit(), FILES_MAX };
	if (is_set & BIT(resource))
		return set_limits[resource];
	if (resource == RLIMIT_STACK)
		limit.rlim_cur = CONFIG_PROGRAM_STACK_KIB * 1024UL;
	else if (resource == RLIMIT_CORE)
		limit.rlim_cur = 0;
	return limit;
}

struct limit limit_get(unsigned resource)
{
	struct rlimit64 limit = limit_of(resource);

	return (struct limit){ limit.rlim_cur, limit.rlim_max };
}

static long set_limit(unsigned resource, const struct rlimit64 *limit)
{
	if (limit->rlim_cur > limit->rlim_max)
		return -EINVAL;
	if (resource == RLIMIT_NOFILE)
		return limit->rlim_max > FILES_MAX ? -EPERM
		                                   : descriptor_set_limit((unsigned)limit->rlim_cur);
	set_limits[resource] = *limit;
	if (looked_at(resource))
		WRITE_ONCE(*looked_at(resource), limit->rlim_cur);
	__atomic_fetch_or(&is_set, (uint32_t)BIT(resource), __ATOMIC_RELEASE);
	return 0;
}

long sys_prlimit64(long pid, unsigned resource, const void *new, void *old)
{
	struct rlimit64 limit, wanted;
	long err;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (pid != 0 && pid != 1)
		return -ESRCH;
	limit = limit_of(resource);
	if (new) {
		if (copy_from_program(&wanted, new, sizeof(wanted)))
			return -EFAULT;
		err = set_limit(resource, &wanted);
		if (err)
			return err;
	}
	return old ? copy_to_program(old, &limit, sizeof(limit)) : 0;
}

#ifdef CONFIG_EXEC
#define STACK_LEAST KIB(256)
#define STACK_MOST (AREA_STACK_SPACE - MIB(1)) /* what mmap leaves to it */

size_t limit_stack_size(void)
{
	uint64_t size = limit_of(RLIMIT_STACK).rlim_cur;

	if (size == RLIM64_INFINITY)
		size = KIB(CONFIG_PROGRAM_STACK_KIB);
	return ALIGN_DOWN(MIN(MAX(size, STACK_LEAST), STACK_MOST), FRAME_SIZE);
}
#endif

long sys_getrlimit(unsigned resource, void *buf)
{
	return buf ? sys_prlimit64(0, resource, NULL, buf) : -EFAULT;
}

long sys_setrlimit(unsigned resource, const void *limit)
{
	return limit ? sys_prlimit64(0, resource, limit, NULL) : -EFAULT;
}
