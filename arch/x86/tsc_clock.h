/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the TSC clock: what arch/x86/tsc.c keeps, and how a reader gets a time out of it, in the
 * kernel and in program code (core/vdso/vdso.c). */
#ifndef PAGURUS_X86_TSC_CLOCK_H
#define PAGURUS_X86_TSC_CLOCK_H

#include "arch/x86/cpu.h"
#include "arch/x86/tsc_scale.h"
#include "include/types.h"

/* ns = base_ns + (tsc - base_tsc) * factor. */
struct tsc_clock {
	uint64_t base_tsc; /* never twice the same */
	uint64_t base_ns;
	uint64_t factor;   /* TSC_FACTOR_BITS */
	uint64_t due;      /* ticks after base_tsc: time for another look at the reference */
#if CONFIG_NR_CPUS > 1
	uint32_t sequence; /* odd while the above change */
#endif
};

/* On several CPUs the reading must not move before what made the caller ask. */
static inline uint64_t tsc_clock_tsc(void)
{
	return CONFIG_NR_CPUS > 1 ? rdtsc_ordered() : rdtsc();
}

/* Reads the time as clock says, and the ticks since its base. Returns whether that is too old to be
 * believed. Any context: with one CPU an interrupt may change all of clock between two loads, with
 * several another CPU may be doing so. */
static inline bool tsc_clock_read(const struct tsc_clock *clock, uint64_t *delta, uint64_t *ns)
{
#if CONFIG_NR_CPUS > 1
	uint32_t sequence;
#else
	uint64_t base;
#endif

	do {
#if CONFIG_NR_CPUS > 1
		sequence = __atomic_load_n(&clock->sequence, __ATOMIC_ACQUIRE);
		*delta = tsc_clock_tsc() - clock->base_tsc;
#else
		base = READ_ONCE(clock->base_tsc);
		barrier();
		*delta = tsc_clock_tsc() - base;
#endif
		*ns = clock->base_ns + mul_shift(*delta, clock->factor, TSC_FACTOR_BITS);
#if CONFIG_NR_CPUS > 1
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (unlikely((sequence & 1) || sequence != READ_ONCE(clock->sequence)));
#else
		barrier();
	} while (unlikely(base != clock->base_tsc));
#endif
	return unlikely(*delta > READ_ONCE(clock->due));
}

#endif
