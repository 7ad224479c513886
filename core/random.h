/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes from a generator that RDRAND seeds where the CPU has it, else what little varies
 * (sys_getrandom() says so once). */
#ifndef PAGURUS_CORE_RANDOM_H
#define PAGURUS_CORE_RANDOM_H

#include "include/types.h"

/* Fills buf with len bytes. Any context, never fails. */
void random_get(void *buf, size_t len);

#define RANDOM_FIRST 16 /* bytes that AT_RANDOM points at */

/* The same for AT_RANDOM: straight from RDRAND where there is one, since making the generator ready
 * would be the dearest step of the boot. */
void random_get_first(uint8_t buf[RANDOM_FIRST]);

/* Was the seed no good for keys, when random_get() last took one? */
bool random_is_weak(void);

#endif
