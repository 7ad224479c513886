/* SPDX-License-Identifier: BSD-2-Clause */
/* Calling Xen: directly by vmcall or vmmcall, as the processor's maker has it. Xen's older way, a
 * page of stubs that it fills in through an MSR, would cost a page and is unsafe against
 * speculation (XSA-466). Every call is an exit from the VM: about a microsecond. */
#ifndef PAGURUS_XEN_HYPERCALL_H
#define PAGURUS_XEN_HYPERCALL_H

#include "xen/interface.h"

/* Are we on Xen? CPUID only. On true hypercalls work. May be called again. */
bool xen_detect(void);

/* Xen's CPUID leaf nr, counted from 0 (xen/include/public/arch-x86/cpuid.h). After xen_detect(). */
uint32_t xen_cpuid_leaf(unsigned nr);

/* Hypercall number nr (__HYPERVISOR_*) with up to three arguments, pointers as virtual addresses.
 * Returns what Xen returns: a result, or Xen's error negated (the numbers are Linux's). */
long hypercall(unsigned nr, uintptr_t a, uintptr_t b, uintptr_t c);

static inline long xen_event_channel_op(unsigned cmd, void *arg)
{
	return hypercall(__HYPERVISOR_event_channel_op, cmd, (uintptr_t)arg, 0);
}

static inline long xen_hvm_op(unsigned cmd, void *arg)
{
	return hypercall(__HYPERVISOR_hvm_op, cmd, (uintptr_t)arg, 0);
}

static inline long xen_memory_op(unsigned cmd, void *arg)
{
	return hypercall(__HYPERVISOR_memory_op, cmd, (uintptr_t)arg, 0);
}

static inline long xen_sched_op(unsigned cmd, void *arg)
{
	return hypercall(__HYPERVISOR_sched_op, cmd, (uintptr_t)arg, 0);
}

static inline long xen_vcpu_op(unsigned cmd, unsigned vcpu, void *arg)
{
	return hypercall(__HYPERVISOR_vcpu_op, cmd, vcpu, (uintptr_t)arg);
}

static inline long xen_version_op(unsigned cmd, void *arg)
{
	return hypercall(__HYPERVISOR_xen_version, cmd, (uintptr_t)arg, 0);
}

/* HVM_PARAM_* of this domain. Return 0 or Xen's error. */
int xen_get_param(unsigned index, uint64_t *value);
int xen_set_param(unsigned index, uint64_t value);

/* Does Xen offer the feature XENFEAT_*? One hypercall, the first time. */
bool xen_feature(unsigned feature);

#endif
