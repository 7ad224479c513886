/* SPDX-License-Identifier: BSD-2-Clause */
/* Xen's clocks as this CPU sees them. */
#include "xen/clock.h"

#include "arch/x86/cpu.h"
#include "arch/x86/percpu.h"
#include "xen/event.h"
#include "xen/hypercall.h"
#include "xen/shared.h"

uint64_t xen_time_now(void)
{
	struct vcpu_time_info t;

	if (!xen_vcpu[cpu_id()])
		return 0;
	xen_time_read(&xen_vcpu[cpu_id()]->time, &t);
	return xen_time_at(&t, rdtsc_ordered());
}

uint64_t xen_nap(uint64_t ns)
{
	uint64_t now = xen_time_now();
	struct sched_poll poll = { .nr_ports = 0, .timeout = now + ns };

	if (!now) {
		xen_sched_op(SCHEDOP_yield, NULL);
		return ns;
	}
	xen_sched_op(SCHEDOP_poll, &poll);
	return xen_time_now() - now;
}

bool xen_tsc_scale(struct tsc_scale *scale)
{
	struct vcpu_time_info t;

	if (!xen_vcpu[cpu_id()])
		return false;
	xen_time_read(&xen_vcpu[cpu_id()]->time, &t);
	scale->mul = t.tsc_to_system_mul;
	scale->shift = t.tsc_shift;
	return t.tsc_to_system_mul != 0;
}

uint64_t xen_wall_clock(void)
{
	uint64_t base;

	if (event_prepare()) /* the layout */
		return 0;
	base = xen_wall_base(xen_shared);
	return base ? base + xen_time_now() : 0;
}
