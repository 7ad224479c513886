/* SPDX-License-Identifier: BSD-2-Clause */
/* vCPUs beyond the first, as struct platform wants them. */
#ifndef PAGURUS_XEN_CPUS_H
#define PAGURUS_XEN_CPUS_H

#include "include/boot_info.h"

int xen_cpus_start(const struct boot_info *bi);
unsigned xen_cpus(void);

#endif
