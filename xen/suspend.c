/* SPDX-License-Identifier: BSD-2-Clause */
/* Going to sleep and waking up. Memory, registers and the local APIC are as they were; whatever Xen
 * keeps for a domain outside of its memory is gone: the shared page, the upcall vector, event
 * channels, the other ends of rings; and the TSC may be another one. */
#include "xen/suspend.h"

#include "arch/x86/cpu.h"
#include "arch/x86/smp.h"
#include "arch/x86/tsc.h"
#include "core/clock.h"
#include "include/log.h"
#include "include/panic.h"
#include "sched/timer.h"
#include "xen/clock.h"
#include "xen/console.h"
#include "xen/event.h"
#include "xen/hypercall.h"
#include "xen/shared.h"
#include "xen/unplug.h"
#include "xen/xenstore.h"

static struct list hooks = LIST_INIT(hooks);

void xen_on_suspend(struct xen_suspend_hook *hook)
{
	list_add_tail(&hooks, &hook->node);
}

/* In a new domain; ns: when the old one ended. Interrupts off. */
static void renew(uint64_t ns)
{
	struct tsc_scale scale;
	int err = xen_shared_resume();

	if (!err)
		err = event_resume();
	if (err)
		panic("xen: the domain cannot go on after its suspension (error %d)", err);
	tsc_restart(ns, xen_tsc_scale(&scale) ? &scale : NULL);
	clock_wall_reread();
	err = xen_console_resume();
	if (err)
		log_warn("xen: no console after the suspension (error %d)", err);
}

/* Interrupts off. Returns whether the domain is a new one. */
static bool sleep(void)
{
	struct sched_shutdown shutdown = { .reason = SHUTDOWN_suspend };
	uint64_t ns = clock_ns();
	long result = xen_sched_op(SCHEDOP_shutdown, &shutdown);

	/* 0: in a new domain; 1: it was called off, and nothing has changed but the time. */
	if (result == 0)
		renew(ns);
	else if (result < 0)
		log_error("xen: cannot be suspended (error %ld)", result);
	timers_resume();
	return result == 0;
}

/* The other vCPUs, each for itself. */
static void rejoin(void)
{
	int err = xen_vcpu_map();

	if (err)
		panic("xen: a vCPU cannot go on after the suspension (error %d)", err);
}

void xen_suspend(void)
{
	struct xen_suspend_hook *hook;
	uint64_t flags;
	bool renewed;

	for (struct list *node = hooks.prev; node != &hooks; node = node->prev) {
		hook = list_entry(node, struct xen_suspend_hook, node);
		if (hook->suspend)
			hook->suspend(hook);
	}
	xenstore_suspend();
	flags = irq_save();
	smp_park_others();
	xen_console_flush(); /* the toolstack clears the ring */
	renewed = sleep();
	smp_release_others(renewed ? rejoin : NULL);
	irq_restore(flags);
	if (IS_ENABLED(CONFIG_XEN_UNPLUG) && renewed)
		xen_unplug();
	xenstore_resume(renewed);
	list_for_each (hook, &hooks, node)
		if (hook->resume)
			hook->resume(hook, renewed);
	log_info("xen: %s", renewed ? "went on in a new domain" : "the suspension was called off");
}
