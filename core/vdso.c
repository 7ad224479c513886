/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts the vDSO (core/vdso/) into the program's memory: a copy that knows where the clocks are. */
#include "core/vdso.h"

#include <linux/mman.h>

#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/clock.h"
#include "core/vdso/params.h"
#include "mm/area.h"

extern const char vdso_start[], vdso_end[]; /* core/vdso_image.S */

virt_t vdso_map(void)
{
	const struct vdso_params params = { tsc_clock_now(), clock_wall() };
	size_t size = (size_t)(vdso_end - vdso_start);
	long base =
		area_map(program_space, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	if (base < 0)
		return 0;
	if (copy_to_program((void *)base, vdso_start, size) ||
	    copy_to_program((void *)(base + VDSO_PARAMS), &params, sizeof(params)) ||
	    area_protect(program_space, (virt_t)base, size, PROT_READ | PROT_EXEC)) {
		area_unmap(program_space, (virt_t)base, size);
		return 0;
	}
	return (virt_t)base;
}
