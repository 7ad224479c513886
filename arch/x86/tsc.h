/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock below all clocks: nanoseconds since boot from the TSC. The scale is what the
 * hypervisor states; where nothing states it, it is measured beside the work against a reference
 * counter, first roughly, then better and better, without ever running backwards. */
#ifndef PAGURUS_X86_TSC_H
#define PAGURUS_X86_TSC_H

#include "include/platform.h"

/* tsc_zero: the TSC at time 0 (the stub's first instruction). scale: stated, or NULL; then
 * reference must not be NULL (see struct platform). Called once, early. */
void tsc_init(uint64_t tsc_zero, const struct tsc_scale *scale,
              uint64_t (*reference)(uint64_t *hz, uint64_t *mask));

/* Monotonic time, ns since tsc_zero. Any context. */
uint64_t clock_ns(void);

/* TSC value at which clock_ns() will be ns (with the scale as known now). */
uint64_t clock_ns_to_tsc(uint64_t ns);

/* TSC ticks per second, as known now. */
uint64_t tsc_hz(void);

/* Is the frequency stated by the hypervisor (or CPUID), or measured? For reports. */
bool tsc_is_stated(void);

/* Nanoseconds that delta TSC ticks take. */
uint64_t tsc_to_ns(uint64_t delta);

#endif
