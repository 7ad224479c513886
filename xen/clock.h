/* SPDX-License-Identifier: BSD-2-Clause */
/* Xen's clocks, read from the shared page without leaving the VM. */
#ifndef PAGURUS_XEN_CLOCK_H
#define PAGURUS_XEN_CLOCK_H

#include "include/platform.h"
#include "xen/interface.h"

/* Copies what Xen wrote under t's version lock. Any context. */
void xen_time_read(const struct vcpu_time_info *t, struct vcpu_time_info *copy);

/* System time at TSC value tsc according to t, ns since Xen started. A TSC before t's own stamp
 * counts as t's stamp. Pure. */
uint64_t xen_time_at(const struct vcpu_time_info *t, uint64_t tsc);

/* Wall clock at Xen's system time 0, ns since 1970; 0: not set. */
uint64_t xen_wall_base(const struct shared_info *shared);

/* Xen's system time now, ns: the clock that SCHEDOP_poll's timeout is in; 0: Xen tells this vCPU no time. */
uint64_t xen_time_now(void);

/* Sleeps in Xen for up to ns, so that other domains run; an event may end it early. Without a clock it
 * only gives the CPU up once. Returns how long that took, as a guess where there is no clock. Any
 * context. */
uint64_t xen_nap(uint64_t ns);

/* For struct platform. */
bool xen_tsc_scale(struct tsc_scale *scale);
uint64_t xen_wall_clock(void);

#endif
