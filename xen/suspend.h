/* SPDX-License-Identifier: BSD-2-Clause */
/* Suspension: `xl save` and `xl migrate` copy the domain's memory while it stands still, and it wakes
 * up in a new domain, perhaps on another host. */
#ifndef PAGURUS_XEN_SUSPEND_H
#define PAGURUS_XEN_SUSPEND_H

#include "lib/list.h"

/* What a device does around a suspension; threads only, interrupts on. Zero it, then set the two
 * functions (either may be NULL). suspend: in the order of xen_on_suspend() reversed; resume: in
 * that order, renewed where the domain is a new one: its event channels and grants are gone. */
struct xen_suspend_hook {
	void (*suspend)(struct xen_suspend_hook *hook);
	void (*resume)(struct xen_suspend_hook *hook, bool renewed);
	struct list node;
};
void xen_on_suspend(struct xen_suspend_hook *hook);

/* Suspends the domain and returns when it goes on. Threads only. */
void xen_suspend(void);

#endif
