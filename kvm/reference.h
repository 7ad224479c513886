/* SPDX-License-Identifier: BSD-2-Clause */
/* The counter that the TSC is measured against where nobody states its frequency. */
#ifndef PAGURUS_KVM_REFERENCE_H
#define PAGURUS_KVM_REFERENCE_H

#include "include/types.h"

/* As struct platform's reference(): the local APIC's under QEMU and KVM, else ACPI's timer. */
uint64_t reference_read(uint64_t *hz, uint64_t *mask);

#endif
