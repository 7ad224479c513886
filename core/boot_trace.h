/* SPDX-License-Identifier: BSD-2-Clause */
/* When each step on the way to main was reached: a TSC reading and a pointer per step. */
#ifndef PAGURUS_CORE_BOOT_TRACE_H
#define PAGURUS_CORE_BOOT_TRACE_H

#include "include/pagurus.h"

#define BOOT_STEPS_MAX 24

extern struct pagurus_boot_step boot_steps[BOOT_STEPS_MAX];
extern unsigned nr_boot_steps;

/* Notes that the step called name (a string constant) has just ended. */
void boot_mark(const char *name);

#endif
