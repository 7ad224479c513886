/* SPDX-License-Identifier: BSD-2-Clause */
/* What the toolstack asks of the domain through xenstore: shutdown, reboot, suspension, sysrq,
 * memory, CPUs. A kernel thread watches; it begins a moment after the program has, so that the way
 * to main does not pay for it. */
#ifndef PAGURUS_XEN_CONTROL_H
#define PAGURUS_XEN_CONTROL_H

#include "include/types.h"

/* Lets the thread begin in CONFIG_XEN_CONTROL_DELAY milliseconds. emulated: there is a device model.
 * Threads and timers exist. */
void xen_control_init(bool emulated);

/* control/sysrq: does what letter stands for, with the meanings that Linux has. Threads only. */
void xen_sysrq(char letter);

/* cpu/N/availability: how many vCPUs the toolstack lets the domain use (CPU 0 always is); 1 where
 * nothing is said. Threads only. */
unsigned xen_vcpus_available(void);

/* A change below cpu/: says what is available now. Threads only. */
void xen_vcpus_changed(void);

#endif
