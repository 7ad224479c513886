/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps of the boot; core/main.c notes them, programs read them by pagurus_boot_steps(). */
#include "core/boot_trace.h"

#include "arch/x86/cpu.h"
#include "include/types.h"

struct pagurus_boot_step boot_steps[BOOT_STEPS_MAX];
unsigned nr_boot_steps;

void boot_mark(const char *name)
{
	if (nr_boot_steps < BOOT_STEPS_MAX)
		boot_steps[nr_boot_steps++] = (struct pagurus_boot_step){ name, rdtsc() };
}
