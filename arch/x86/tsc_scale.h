/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic of the TSC clock: fixed-point factors between ticks and nanoseconds, and the estimate
 * of an unknown frequency from readings of a reference counter. Pure; no division by zero, no
 * overflow: results saturate. */
#ifndef PAGURUS_X86_TSC_SCALE_H
#define PAGURUS_X86_TSC_SCALE_H

#include "include/platform.h"
#include "include/types.h"

#define TSC_FACTOR_BITS 48 /* fraction bits of nanoseconds per tick */
#define TSC_TICKS_BITS 58  /* fraction bits of ticks per nanosecond */

/* value * mul >> shift with a product of 128 bits; shift 1..63. */
static inline uint64_t mul_shift(uint64_t value, uint64_t mul, unsigned shift)
{
	return (uint64_t)((unsigned __int128)value * mul >> shift);
}

/* a * b / c; UINT64_MAX where that does not fit. */
static inline uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;

	if (high >= c)
		return UINT64_MAX;
	__asm__("divq %2" : "+a"(low), "+d"(high) : "r"(c) : "cc");
	return low;
}

/* Nanoseconds per tick, TSC_FACTOR_BITS. */
uint64_t tsc_factor_from_scale(struct tsc_scale scale);
uint64_t tsc_factor_from_hz(uint64_t hz);

/* Ticks per second of a factor, rounded. */
uint64_t tsc_hz_from_factor(uint64_t factor);

/* What is known of the TSC's frequency: it lies within [low, high]. A reading says that the
 * reference showed some value while the TSC went through a short interval; two readings bound the
 * frequency, the closer the further they lie apart. */
struct tsc_estimate {
	uint64_t reference_hz;
	uint64_t mask;      /* width of the reference */
	uint64_t tsc;       /* first reading: middle of the interval, */
	uint64_t slack;     /* half its width, and */
	uint64_t reference; /* what the reference showed */
	uint64_t doubt;     /* by how much it may have been wrong already */
	uint64_t elapsed;   /* TSC ticks between the first reading and the last */
	uint64_t total;     /* the same in ticks of the reference */
	uint64_t low, high;
	uint64_t hz;        /* best guess */
};

/* A reading: tsc_before and tsc_after were read around the reference's value. doubt: how many ticks
 * the reference may have gained or lost so far; it only grows. */
struct tsc_reading {
	uint64_t tsc_before;
	uint64_t tsc_after;
	uint64_t value;
	uint64_t doubt;
};

/* Begins with a first reading. */
void tsc_estimate_start(struct tsc_estimate *e, uint64_t reference_hz, uint64_t mask,
                        const struct tsc_reading *reading);

/* Adds a reading. Returns true where hz follows from it; false where it cannot be told how often
 * the reference has wrapped since the first reading, or the two counters contradict what was known:
 * this reading then counts as the first. */
bool tsc_estimate_add(struct tsc_estimate *e, const struct tsc_reading *reading);

/* Is hz as good as it needs to be: a second measured, and within 100 ppm? For each further second
 * that it takes, 100 more are allowed. */
bool tsc_estimate_done(const struct tsc_estimate *e);

#endif
