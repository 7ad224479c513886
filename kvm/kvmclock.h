/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM's paravirtual clock (Linux: Documentation/virt/kvm/x86/msr.rst): the host states the TSC's
 * scale and the wall clock in memory that the guest names. */
#ifndef PAGURUS_KVM_KVMCLOCK_H
#define PAGURUS_KVM_KVMCLOCK_H

#include "include/platform.h"

/* The scale. Returns false where the hypervisor is not KVM or does not have this clock. */
bool kvmclock_scale(struct tsc_scale *scale);

/* Wall clock now, ns since 1970; 0 where there is no such clock. */
uint64_t kvmclock_wall_ns(void);

#endif
