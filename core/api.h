/* SPDX-License-Identifier: BSD-2-Clause */
/* What <pagurus.h> tells programs needs to be told first. */
#ifndef PAGURUS_CORE_API_H
#define PAGURUS_CORE_API_H

#include "include/boot_info.h"

/* Remembers how the machine booted; bi must stay. Called once, before the program starts. */
void api_init(const struct boot_info *bi);

#endif
