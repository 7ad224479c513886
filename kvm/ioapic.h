/* SPDX-License-Identifier: BSD-2-Clause */
/* The I/O APIC of a PC (82093AA), as far as one device's interrupt needs it. */
#ifndef PAGURUS_KVM_IOAPIC_H
#define PAGURUS_KVM_IOAPIC_H

#include "include/types.h"

/* Sends global system interrupt gsi, edge-triggered, to this CPU as vector. Maps the device on first
 * use. Returns 0, -ENOSYS (no I/O APIC, or it has no such input) or -ENOMEM. */
int ioapic_route(unsigned gsi, unsigned vector);

#endif
