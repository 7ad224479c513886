/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs beyond the first: they are started beside the program and join in when they are ready. */
#ifndef PAGURUS_CORE_CPUS_H
#define PAGURUS_CORE_CPUS_H

#include "include/boot_info.h"

/* Starts them, waiting for none. */
void cpus_start(const struct boot_info *bi);

/* Waits until those are there that the VM has, a second after their start at most: for who asks how
 * many there are, and will not ask again. Threads only. */
#ifdef CONFIG_SMP
void cpus_wait(void);
#else
static inline void cpus_wait(void)
{
}
#endif

#endif
