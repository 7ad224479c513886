/* SPDX-License-Identifier: BSD-2-Clause */
/* Event channels, Xen's interrupts: ports with a pending and a mask bit each (the two-level ABI), a
 * handler per port, one upcall vector. Handlers run on the interrupt stack, interrupts off, after
 * the port's pending bit was cleared. */
#ifndef PAGURUS_XEN_EVENT_H
#define PAGURUS_XEN_EVENT_H

#include "xen/interface.h"

#define EVENT_PORTS 4096 /* EVTCHN_2L_NR_CHANNELS of a 64-bit domain */

typedef void (*event_handler)(unsigned port, void *ctx);

/* Masks every port and settles the layout of the shared page. Until then events and the wall clock
 * may lie elsewhere in it (firmware that ran in 32-bit mode leaves its own layout in force).
 * Whatever needs it calls it. Returns 0 or -errno. */
int event_prepare(void);

/* In a new domain after a suspension: every channel is gone and no port has a handler any more;
 * upcalls begin again if they had begun. The shared page is mapped again. Interrupts off. Returns 0 or
 * -errno. */
int event_resume(void);

/* Gives port a handler and unmasks it; an event that is pending already is delivered. The first
 * call lets upcalls begin, on VECTOR_XEN: through the LAPIC for each vCPU where Xen can, else by
 * the vector of the whole domain. The heap exists.
 * Returns 0, -EINVAL (no such port), -EBUSY (it has one), -ENOMEM, or Xen's error. */
int event_bind(unsigned port, event_handler handler, void *ctx);

/* The same without the LAPIC: by the vector of the whole domain as long as nobody has called
 * event_bind(), for somebody who wants little. */
int event_bind_plain(unsigned port, event_handler handler, void *ctx);

/* Masks port and takes its handler away; the channel stays open. */
void event_unbind(unsigned port);

void event_mask(unsigned port);
void event_unmask(unsigned port);

/* Signals the other end. Returns 0 or Xen's error. */
int event_send(unsigned port);

/* Opens a channel that domain may bind to. Returns the port, or Xen's error. */
int event_alloc(domid_t domain);

/* Opens a channel for VIRQ_* on a CPU (0 for global ones). Returns the port, or Xen's error. */
int event_bind_virq(unsigned virq, uint32_t cpu);

int event_close(unsigned port);

/* Walks the selector and the pending words: clears each pending, unmasked port's bit and calls
 * deliver with it. One pass: what becomes pending meanwhile raises a new upcall. Pure but for
 * deliver. Returns how many ports were delivered. */
unsigned event_scan(uint64_t selector, uint64_t pending[64], const uint64_t mask[64],
                    void (*deliver)(unsigned port));

#endif
