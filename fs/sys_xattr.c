// SPDX-License-Identifier: BSD-2-Clause
/* Extended attributes: files in memory have none, and say so as file systems do that know none. */
#include "include/errno.h"
#include "include/types.h"

long sys_setxattr(void);
long sys_lsetxattr(void);
long sys_fsetxattr(void);
long sys_getxattr(void);
long sys_lgetxattr(void);
long sys_fgetxattr(void);
long sys_listxattr(void);
long sys_llistxattr(void);
long sys_flistxattr(void);
long sys_removexattr(void);
long sys_lremovexattr(void);
long sys_fremovexattr(void);

#define NONE(call)                                                                                 \
	long call(void)                                                                                \
	{                                                                                              \
		return -EOPNOTSUPP;                                                                        \
	}

NONE(sys_setxattr)
NONE(sys_lsetxattr)
NONE(sys_fsetxattr)
NONE(sys_getxattr)
NONE(sys_lgetxattr)
NONE(sys_fgetxattr)
NONE(sys_listxattr)
NONE(sys_llistxattr)
NONE(sys_flistxattr)
NONE(sys_removexattr)
NONE(sys_lremovexattr)
NONE(sys_fremovexattr)
