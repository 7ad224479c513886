/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that programs call directly; their prototypes are the C library's. */
#ifndef PAGURUS_CORE_DOORS_H
#define PAGURUS_CORE_DOORS_H

#include "core/clock.h"
#include "include/types.h"

#define PROGRAM_PID 1 /* the one process there is */

int getpid(void);
int getppid(void);
int gettid(void);
int clock_gettime(int id, struct timespec64 *ts);

#endif
