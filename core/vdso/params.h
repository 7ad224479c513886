/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel tells the vDSO when it maps it: where it keeps the clocks. One address space and
 * one ring: program code reads them there, so there is no copy to be kept in step. */
#ifndef PAGURUS_CORE_VDSO_PARAMS_H
#define PAGURUS_CORE_VDSO_PARAMS_H

/* Where struct vdso_params lies in the image of the vDSO (core/vdso/vdso.lds.S). */
#define VDSO_PARAMS 0x200

#ifndef __ASSEMBLER__
struct tsc_clock;
struct wall_clock;

struct vdso_params {
	const struct tsc_clock *tsc;
	const struct wall_clock *wall;
};
#endif

#endif
