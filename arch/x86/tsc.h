/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock below all clocks: nanoseconds since boot from the TSC. The scale is what the
 * hypervisor states; where nothing states it, it is measured beside the work against a reference
 * counter, first roughly, then better and better, without ever running backwards. */
#ifndef PAGURUS_X86_TSC_H
#define PAGURUS_X86_TSC_H

#include "include/platform.h"

/* tsc_zero: the TSC at time 0 (the stub's first instruction). scale: stated, or NULL: then the
 * TSC is measured against reference (see struct platform; NULL: the local APIC's counter, which
 * QEMU and KVM run at 1 GHz). Called once, early, when device memory can be mapped. */
void tsc_init(uint64_t tsc_zero, const struct tsc_scale *scale,
              uint64_t (*reference)(uint64_t *hz, uint64_t *mask));

/* Monotonic time, ns since tsc_zero. Any context. */
uint64_t clock_ns(void);

/* CONFIG_VDSO: where the above is kept, for readers of their own (arch/x86/tsc_clock.h). */
struct tsc_clock;
const struct tsc_clock *tsc_clock_now(void);

/* The TSC is another one (a migration): clock_ns() goes on from ns, at scale (NULL: as before). For
 * a scale that was stated. Interrupts off, no other CPU runs. */
void tsc_restart(uint64_t ns, const struct tsc_scale *scale);

/* TSC value at which clock_ns() will be ns (with the scale as known now). */
uint64_t clock_ns_to_tsc(uint64_t ns);

/* TSC ticks per second, as known now. */
uint64_t tsc_hz(void);

/* Is the frequency stated by the hypervisor (or CPUID), or measured? For reports. */
bool tsc_is_stated(void);

/* Nanoseconds that delta TSC ticks take. */
uint64_t tsc_to_ns(uint64_t delta);

/* By how much that may be wrong, ns, while the TSC is being measured. */
uint64_t tsc_to_ns_error(uint64_t delta);

/* The scale that CPUID states: the hypervisor's timing leaf (0x40000010, VMware's and KVM's) or the
 * crystal clock (0x15). Returns false where neither does. */
bool tsc_scale_from_cpuid(struct tsc_scale *scale);

/* The scale of a TSC of hz ticks per second (above 1 MHz), for shells. */
struct tsc_scale tsc_scale_from_hz(uint64_t hz);

/* Is the reference still needed? */
bool tsc_measuring(void);

#endif
