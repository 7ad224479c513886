/* SPDX-License-Identifier: BSD-2-Clause */
/* The vDSO's place in the program's memory. */
#ifndef PAGURUS_CORE_VDSO_H
#define PAGURUS_CORE_VDSO_H

#include "include/types.h"

/* Maps the vDSO, read-only and executable. Returns where (AT_SYSINFO_EHDR), or 0: no memory, and the
 * program does without. Threads only. */
virt_t vdso_map(void);

#endif
