/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes, from RDRAND where the CPU has it, else from a generator seeded by what little
 * varies (said once as a warning). */
#ifndef PAGURUS_CORE_RANDOM_H
#define PAGURUS_CORE_RANDOM_H

#include "include/types.h"

/* Fills buf with len bytes. Any context, never fails. */
void random_get(void *buf, size_t len);

#endif
