/* SPDX-License-Identifier: BSD-2-Clause */
/* Event channels, Xen's interrupts: ports with a pending and a mask bit each (the two-level ABI), a
 * handler per port, one upcall vector. Handlers run on the interrupt stack, interrupts off, after
 * the port's pending bit was cleared. */
#ifndef PAGURUS_XEN_EVENT_H
#define PAGURUS_XEN_EVENT_H

#include "xen/interface.h"

#define EVENT_PORTS 4096 /* EVTCHN_2L_NR_CHANNELS of a 64-bit domain */

typedef void (*event_handler)(unsigned port, void *ctx);

/* Masks every port and asks Xen for upcalls on VECTOR_XEN: through the LAPIC per vCPU where Xen
 * can, else by the vector of the whole domain. The shared page is mapped. Returns 0 or -errno. */
int event_init(void);

/* The same for a further CPU, called on it. */
int event_init_cpu(void);

/* Gives port a handler and unmasks it; an event that is pending already is delivered.
 * Returns 0, -EINVAL (no such port), -EBUSY (it has one), -ENOMEM. */
int event_bind(unsigned port, event_handler handler, void *ctx);

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
