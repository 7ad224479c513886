/* SPDX-License-Identifier: BSD-2-Clause */
/* The page that Xen shares with the domain: event bits, time, wall clock; and each vCPU's own
 * 64 bytes of it. */
#ifndef PAGURUS_XEN_SHARED_H
#define PAGURUS_XEN_SHARED_H

#include "xen/interface.h"

/* Where the page appears in physical memory: below 64 KiB, which nobody hands out, so that no RAM
 * is lost, no large page of RAM above is split, and the boot's direct map has it already. */
#define XEN_SHARED_INFO_PHYS 0xf000UL

/* The page, NULL before xen_shared_map() succeeded. */
extern struct shared_info *xen_shared;

/* This domain's vCPUs by cpu_id(), NULL before xen_vcpu_map(). */
extern struct vcpu_info *xen_vcpu[CONFIG_NR_CPUS];

/* Lets the page appear unless it has. Not for the way to main: in an HVM guest Xen has the device
 * model forget all that it has mapped of the guest (the page leaves the place where the firmware had
 * it), and the vCPU waits for that. Any context. Returns 0 or Xen's error. */
int xen_shared_map(void);

/* Registers this CPU's vcpu_info with Xen: time and pending events are in it. Each CPU calls it for
 * itself (Xen wants it so), once in a domain's life. Returns 0 or Xen's error. */
int xen_vcpu_map(void);

/* In a new domain, on the CPU that woke: what it had is there again. Other CPUs call xen_vcpu_map().
 * Returns 0 or Xen's error. */
int xen_shared_resume(void);

#endif
