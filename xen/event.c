/* SPDX-License-Identifier: BSD-2-Clause */
/* Event channels: delivery to handlers, masks, and the operations on ports. */
#include "xen/event.h"

#include "arch/x86/cpu.h"
#include "arch/x86/lapic.h"
#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "arch/x86/trap.h"
#include "include/errno.h"
#include "include/log.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "xen/hypercall.h"
#include "xen/shared.h"

struct binding {
	event_handler handler;
	void *ctx;
};

/* Handlers by port, 64 ports to a block that is allocated when the first of them is bound. */
static struct binding *bindings[EVENT_PORTS / 64];

static struct spinlock lock; /* of these: */
static bool prepared, started;

/* Upcalls come through the LAPIC and want an end of interrupt. */
static bool through_lapic;

static struct binding *find_binding(unsigned port)
{
	struct binding *block = bindings[port / 64];

	return block ? &block[port % 64] : NULL;
}

static void deliver(unsigned port)
{
	struct binding *b = find_binding(port);
	event_handler handler = b ? READ_ONCE(b->handler) : NULL;

	if (handler)
		handler(port, b->ctx);
	else
		event_mask(port); /* nobody wants it: it must not interrupt again */
}

/* The flag is cleared before the selector is taken: an event in between sets it again, and Xen
 * then raises another upcall. */
static void upcall(struct trap_frame *frame)
{
	struct vcpu_info *vcpu = xen_vcpu[cpu_id()];
	uint64_t selector;

	(void)frame;
	WRITE_ONCE(vcpu->evtchn_upcall_pending, 0);
	selector = __atomic_exchange_n(&vcpu->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	event_scan(selector, xen_shared->evtchn_pending, xen_shared->evtchn_mask, deliver);
	if (through_lapic)
		lapic_eoi();
}

/* Setting HVM_PARAM_CALLBACK_IRQ does two things: Xen takes the width of the calling code (64 bits)
 * for the layout of the shared page from now on, and it is what vCPUs without a vector of their own
 * get. Everything is masked first, so nothing arrives yet. */
int event_prepare(void)
{
	uint64_t flags;
	int err;

	if (prepared)
		return 0;
	err = xen_shared_map();
	if (err)
		return err;
	flags = spin_lock(&lock);
	if (prepared) {
		spin_unlock(&lock, flags);
		return 0;
	}
	memset(xen_shared->evtchn_mask, 0xff, sizeof(xen_shared->evtchn_mask));
	trap_set_handler(VECTOR_XEN, upcall);
	err = xen_set_param(HVM_PARAM_CALLBACK_IRQ,
	                    (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | VECTOR_XEN);
	prepared = !err;
	spin_unlock(&lock, flags);
	return err;
}

static int start_cpu(void)
{
	struct xen_hvm_evtchn_upcall_vector upcall_vector = {
		.vcpu = 0, /* where all ports are bound */
		.vector = VECTOR_XEN,
	};
	int err = lapic_init();

	return err ? err : (int)xen_hvm_op(HVMOP_set_evtchn_upcall_vector, &upcall_vector);
}

/* Upcalls begin. Xen raises one as soon as a vCPU has its vector. */
static int start(void)
{
	int err;

	if (started)
		return 0;
	err = event_prepare();
	if (err)
		return err;
	through_lapic = true;
	err = start_cpu();
	if (err) {
		through_lapic = false;
		if (!xen_feature(XENFEAT_hvm_callback_vector)) {
			log_error("xen: no way to get events: neither a vector per CPU (error %d) nor one for"
			          " the domain",
			          err);
			return -ENODEV;
		}
	}
	started = true;
	return 0;
}

int event_resume(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(bindings); i++)
		if (bindings[i])
			memset(bindings[i], 0, 64 * sizeof(struct binding));
	prepared = false;
	if (!started)
		return 0;
	started = false;
	return start();
}

static int bind(unsigned port, event_handler handler, void *ctx)
{
	struct binding *b;

	if (port == 0 || port >= EVENT_PORTS)
		return -EINVAL;
	if (!bindings[port / 64])
		bindings[port / 64] = heap_zalloc(64 * sizeof(struct binding));
	b = find_binding(port);
	if (!b)
		return -ENOMEM;
	if (b->handler)
		return -EBUSY;
	b->ctx = ctx;
	WRITE_ONCE(b->handler, handler);
	event_unmask(port);
	return 0;
}

int event_bind(unsigned port, event_handler handler, void *ctx)
{
	int err = start();

	return err ? err : bind(port, handler, ctx);
}

int event_bind_plain(unsigned port, event_handler handler, void *ctx)
{
	int err = event_prepare();

	return err ? err : bind(port, handler, ctx);
}

void event_unbind(unsigned port)
{
	struct binding *b = find_binding(port);

	event_mask(port);
	if (b)
		WRITE_ONCE(b->handler, NULL);
}

void event_mask(unsigned port)
{
	__atomic_fetch_or(&xen_shared->evtchn_mask[port / 64], 1ULL << port % 64, __ATOMIC_SEQ_CST);
}

/* An event that came while the port was masked raised no upcall. Only Xen can raise it now, and it
 * does so where it finds the mask bit still set. */
void event_unmask(unsigned port)
{
	uint64_t bit = 1ULL << port % 64;
	uint64_t *mask = &xen_shared->evtchn_mask[port / 64];
	const uint64_t *pending = &xen_shared->evtchn_pending[port / 64];
	struct evtchn_unmask unmask = { .port = port };

	__atomic_fetch_and(mask, ~bit, __ATOMIC_SEQ_CST);
	if (!(__atomic_load_n(pending, __ATOMIC_SEQ_CST) & bit))
		return;
	__atomic_fetch_or(mask, bit, __ATOMIC_SEQ_CST);
	xen_event_channel_op(EVTCHNOP_unmask, &unmask);
}

int event_send(unsigned port)
{
	struct evtchn_send send = { .port = port };

	return (int)xen_event_channel_op(EVTCHNOP_send, &send);
}

int event_alloc(domid_t domain)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = domain };
	long err = xen_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);

	return err ? (int)err : (int)alloc.port;
}

int event_bind_virq(unsigned virq, uint32_t cpu)
{
	struct evtchn_bind_virq bind = { .virq = virq, .vcpu = cpu };
	long err = xen_event_channel_op(EVTCHNOP_bind_virq, &bind);

	return err ? (int)err : (int)bind.port;
}

int event_close(unsigned port)
{
	struct evtchn_close close = { .port = port };

	event_unbind(port);
	return (int)xen_event_channel_op(EVTCHNOP_close, &close);
}
