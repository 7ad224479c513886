/* SPDX-License-Identifier: BSD-2-Clause */
/* Local APIC: this CPU's timer and end of interrupt; xAPIC through memory, x2APIC through MSRs. */
#ifndef PAGURUS_X86_LAPIC_H
#define PAGURUS_X86_LAPIC_H

#include "include/types.h"

#define VECTOR_TIMER 0x40
#define VECTOR_CONSOLE 0x41 /* IOAPIC: serial input */
#define VECTOR_XEN 0x42     /* Xen event channels */
#define VECTOR_CPU 0x43     /* from another CPU: arch/x86/smp.h */
#define VECTOR_SPURIOUS 0x4f /* the last vector that the IDT has */

/* Enables this CPU's LAPIC. Returns 0 or -ENODEV. */
int lapic_init(void);

void lapic_eoi(void);
uint32_t lapic_id(void);

#ifdef CONFIG_SMP
/* Sends an interrupt command (its low word, SDM volume 3, 10.6.1) to the CPU of that APIC ID. */
void lapic_send(uint32_t apic_id, uint32_t command);

#define ICR_NMI (4U << 8)
#define ICR_INIT (5U << 8)
#define ICR_STARTUP (6U << 8) /* and the number of the page to start in */
#define ICR_ASSERT BIT(14)
#define ICR_ALL_BUT_SELF (3U << 18) /* no APIC ID needed */
#endif

/* Sets the one timer of this CPU to fire VECTOR_TIMER at clock_ns() >= ns, replacing an earlier
 * setting (TSC deadline where there is one, else one-shot; it may fire early, never late by more
 * than the hardware's grain). UINT64_MAX: off. Interrupts off. */
void lapic_timer_set(uint64_t ns);

/* The timer has fired and nothing follows: makes sure that it does not fire again. Cheaper than
 * lapic_timer_set(UINT64_MAX). Interrupts off. */
void lapic_timer_idle(void);

/* The timer's counter as a free-running reference for tsc_init(): QEMU's and KVM's LAPICs count
 * at 1 GHz. Returns ticks since the first call; *hz, *mask as for struct platform. */
uint64_t lapic_reference(uint64_t *hz, uint64_t *mask);

/* By how many ticks that may be wrong, the timer having been set in between. Only ever grows. */
uint64_t lapic_reference_doubt(void);

#endif
