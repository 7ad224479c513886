/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way in: a boot stub has filled in bi and will never be heard of again. */
#ifndef PAGURUS_CORE_MAIN_H
#define PAGURUS_CORE_MAIN_H

#include "include/boot_info.h"

/* Runs on the boot stack, interrupts off, the first GiB of physical memory in the direct map. */
__noreturn void core_main(struct boot_info *bi);

#endif
