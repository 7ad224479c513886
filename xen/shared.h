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

/* This domain's vCPUs by cpu_id(). */
extern struct vcpu_info *xen_vcpu[CONFIG_NR_CPUS];

/* Lets the page appear. Returns 0 or Xen's error. Again after a resume. */
int xen_shared_map(void);

/* Finds this CPU's vcpu_info: in the shared page for the first 32 vCPUs, else registered with Xen.
 * Each CPU calls it for itself. Returns 0 or Xen's error. */
int xen_vcpu_map(void);

#endif
