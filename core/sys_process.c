// SPDX-License-Identifier: BSD-2-Clause
/* System calls about other processes, of which there are none. */
#include "core/process.h"

#include "include/errno.h"
#include "include/log.h"

#define ID_LAST 3 /* linux/wait.h: P_PIDFD */

long sys_fork(void);
long sys_vfork(void);
long sys_wait4(void);
long sys_waitid(unsigned which);
long sys_io_uring_setup(void);

long process_refused(const char *call)
{
	static bool told;

	if (!__atomic_exchange_n(&told, true, __ATOMIC_RELAXED))
		log_warn("%s: the program is one process and can start no other: ENOSYS", call);
	return -ENOSYS;
}

long sys_fork(void)
{
	return process_refused("fork");
}

long sys_vfork(void)
{
	return process_refused("vfork");
}

long sys_wait4(void)
{
	return -ECHILD;
}

long sys_waitid(unsigned which)
{
	return which > ID_LAST ? -EINVAL : -ECHILD;
}

/* Programs ask, and then do without: no word on the console about it. */
long sys_io_uring_setup(void)
{
	return -ENOSYS;
}
