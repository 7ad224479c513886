/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs beyond the first, as struct platform wants them. */
#ifndef PAGURUS_KVM_CPUS_H
#define PAGURUS_KVM_CPUS_H

#include "include/boot_info.h"

int kvm_cpus_start(const struct boot_info *bi);
unsigned kvm_cpus(void);

#endif
