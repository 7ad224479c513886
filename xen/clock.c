/* SPDX-License-Identifier: BSD-2-Clause */
/* Xen's clocks as this CPU sees them. */
#include "xen/clock.h"

#include "arch/x86/cpu.h"
#include "arch/x86/percpu.h"
#include "xen/event.h"
#include "xen/hypercall.h"
#include "xen/shared.h"

/* xen/include/public/arch-x86/cpuid.h: leaf 4, as it counts, is base + 3. */
#define CPUID_TIME 3
#define CPUID_TIME_SCALE 1 /* sub-leaf: ECX multiplier, EDX shift */

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

/* What Xen's own clock goes by varies by per cents for a while after a disturbance, where it must
 * keep TSCs in step itself. This is the domain's frequency, which stays. */
static bool steady_scale(struct tsc_scale *scale)
{
	struct cpuid_regs r = cpuid(xen_cpuid_leaf(0), 0);

	if (r.eax < xen_cpuid_leaf(CPUID_TIME))
		return false;
	r = cpuid(xen_cpuid_leaf(CPUID_TIME), CPUID_TIME_SCALE);
	scale->mul = r.ecx;
	scale->shift = (int8_t)r.edx;
	return r.ecx != 0;
}

bool xen_tsc_scale(struct tsc_scale *scale)
{
	struct vcpu_time_info t;

	if (!xen_vcpu[cpu_id()])
		return false;
	xen_time_read(&xen_vcpu[cpu_id()]->time, &t);
	if (!(t.flags & XEN_PVCLOCK_TSC_STABLE_BIT) && steady_scale(scale))
		return true;
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
