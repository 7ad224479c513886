/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs us, by CPUID's hypervisor leaves. */
#ifndef PAGURUS_KVM_HYPERVISOR_H
#define PAGURUS_KVM_HYPERVISOR_H

#include "include/types.h"

/* The leaf at which signature (12 bytes) stands; 0: not this hypervisor. KVM may stand behind
 * another interface that it also offers (Hyper-V's), 0x100 leaves further on. */
uint32_t hypervisor_leaf(const char signature[12]);

#endif
