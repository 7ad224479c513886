/* SPDX-License-Identifier: BSD-2-Clause */
/* Xen's public headers at one interface version, and what of their layout this room relies on.
 * Files in xen/ include this instead of <xen/...>, so that all of them see the same version. */
#ifndef PAGURUS_XEN_INTERFACE_H
#define PAGURUS_XEN_INTERFACE_H

#include "include/types.h"

#define __XEN_INTERFACE_VERSION__ 0x00040e00

#include <xen/xen.h>

#include <xen/arch-x86/cpuid.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/hvm/params.h>
#include <xen/io/console.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

/* The 64-bit layout, which Xen uses once HVM_PARAM_CALLBACK_IRQ has been set from 64-bit mode. */
_Static_assert(sizeof(struct vcpu_time_info) == 32, "vcpu_time_info");
_Static_assert(offsetof(struct vcpu_time_info, tsc_to_system_mul) == 24, "tsc_to_system_mul");
_Static_assert(sizeof(struct vcpu_info) == 64, "vcpu_info");
_Static_assert(offsetof(struct vcpu_info, evtchn_pending_sel) == 8, "evtchn_pending_sel");
_Static_assert(offsetof(struct vcpu_info, time) == 32, "vcpu_info.time");
_Static_assert(offsetof(struct shared_info, evtchn_pending) == 32 * 64, "evtchn_pending");
_Static_assert(offsetof(struct shared_info, evtchn_mask) == 32 * 64 + 512, "evtchn_mask");
_Static_assert(offsetof(struct shared_info, wc_version) == 32 * 64 + 1024, "wc_version");
_Static_assert(offsetof(struct shared_info, wc_sec_hi) == 32 * 64 + 1036, "wc_sec_hi");
_Static_assert(sizeof(struct shared_info) <= FRAME_SIZE, "shared_info");
_Static_assert(sizeof(struct xencons_interface) == 1024 + 2048 + 16, "xencons_interface");
_Static_assert(offsetof(struct xencons_interface, out) == 1024, "xencons_interface.out");
_Static_assert(offsetof(struct xencons_interface, in_cons) == 3072, "in_cons");
_Static_assert(offsetof(struct xencons_interface, out_prod) == 3084, "out_prod");
_Static_assert(sizeof(struct xen_hvm_param) == 16, "xen_hvm_param");
_Static_assert(offsetof(struct xen_hvm_param, value) == 8, "xen_hvm_param.value");
_Static_assert(sizeof(struct xen_hvm_evtchn_upcall_vector) == 8, "xen_hvm_evtchn_upcall_vector");
_Static_assert(sizeof(struct xen_add_to_physmap) == 24, "xen_add_to_physmap");
_Static_assert(sizeof(struct xen_memory_map) == 16, "xen_memory_map");
_Static_assert(sizeof(struct sched_poll) == 24, "sched_poll");

#endif
