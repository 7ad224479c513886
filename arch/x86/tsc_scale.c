/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic of the TSC clock: see arch/x86/tsc_scale.h. */
#include "arch/x86/tsc_scale.h"

#include "arch/x86/tsc.h"

/* What a TSC may run at: first what any PC's does; where that is contradicted (a TCG host that
 * is no PC), anything. And what is assumed before anything is known: rather too much, so that
 * the clock lags and is put forward by the first estimate. What it has run ahead it could not
 * take back. */
#define HZ_MIN_PC 400000000ULL
#define HZ_MIN 10000000ULL
#define HZ_MAX 10000000000ULL
#define HZ_GUESS 5000000000ULL

struct tsc_scale tsc_scale_from_hz(uint64_t hz)
{
	struct tsc_scale scale = { .shift = -16 };
	uint64_t mul;

	/* The smallest shift for which mul fits leaves mul the most bits. */
	for (;;) {
		mul = mul_div(NS_PER_SEC, 1ULL << (32 - scale.shift), hz);
		if (mul <= UINT32_MAX)
			break;
		scale.shift++;
	}
	scale.mul = (uint32_t)mul;
	return scale;
}

uint64_t tsc_factor_from_scale(struct tsc_scale scale)
{
	int shift = TSC_FACTOR_BITS - 32 + scale.shift;

	if (shift < 0)
		return shift < -31 ? 0 : (uint64_t)scale.mul >> -shift;
	return shift > 32 ? UINT64_MAX : (uint64_t)scale.mul << shift;
}

uint64_t tsc_factor_from_hz(uint64_t hz)
{
	return mul_div(NS_PER_SEC, 1ULL << TSC_FACTOR_BITS, hz);
}

uint64_t tsc_hz_from_factor(uint64_t factor)
{
	uint64_t doubled = mul_div(2 * NS_PER_SEC, 1ULL << TSC_FACTOR_BITS, factor);

	return doubled / 2 + (doubled & 1);
}

static void first_reading(struct tsc_estimate *e, const struct tsc_reading *reading)
{
	e->slack = (reading->tsc_after - reading->tsc_before) / 2 + 1;
	e->tsc = reading->tsc_before + e->slack;
	e->reference = reading->value;
	e->doubt = reading->doubt;
	e->elapsed = 0;
	e->total = 0;
}

void tsc_estimate_start(struct tsc_estimate *e, uint64_t reference_hz, uint64_t mask,
                        const struct tsc_reading *reading)
{
	*e = (struct tsc_estimate){
		.reference_hz = reference_hz,
		.mask = mask,
		.low = HZ_MIN_PC,
		.high = HZ_MAX,
		.hz = HZ_GUESS,
	};
	first_reading(e, reading);
}

/* How many ticks the reference has made, which showed a difference of observed: the one number of
 * the form observed + n * period within [least, most]. Returns false where there is none or more
 * than one; *contradiction tells which. */
static bool unwrap(uint64_t observed, uint64_t mask, uint64_t least, uint64_t most, uint64_t *total,
                   bool *contradiction)
{
	uint64_t period = mask + 1, wraps = 0;

	if (observed < least && period)
		wraps = (least - observed + period - 1) / period;
	*total = observed + wraps * period;
	*contradiction = *total < least || *total > most;
	return !*contradiction && (!period || most - *total < period);
}

/* Narrows the bounds to what they have in common with [low, high]; where that is nothing, the newer
 * ones count. */
static void narrow(struct tsc_estimate *e, uint64_t low, uint64_t high)
{
	low = MAX(low, HZ_MIN);
	high = MIN(high, HZ_MAX);
	if (MAX(low, e->low) <= MIN(high, e->high)) {
		low = MAX(low, e->low);
		high = MIN(high, e->high);
	}
	e->low = low;
	e->high = high;
}

bool tsc_estimate_add(struct tsc_estimate *e, const struct tsc_reading *reading)
{
	uint64_t half = (reading->tsc_after - reading->tsc_before) / 2 + 1;
	uint64_t elapsed = reading->tsc_before + half - e->tsc;
	uint64_t slack = e->slack + half;
	uint64_t shortest = elapsed > slack ? elapsed - slack : 0, longest = elapsed + slack;
	/* The reference shows whole ticks: up to one more or less lies between two readings. */
	uint64_t doubt = reading->doubt - e->doubt + 1;
	uint64_t least = mul_div(shortest, e->reference_hz, e->high);
	uint64_t most = mul_div(longest, e->reference_hz, e->low);
	uint64_t total;
	bool contradiction;

	least -= MIN(least, doubt);
	most = MAX(most, most + doubt + 1);
	if (!unwrap((reading->value - e->reference) & e->mask, e->mask, least, most, &total,
	            &contradiction)) {
		if (contradiction) {
			e->low = HZ_MIN;
			e->high = HZ_MAX;
		}
		first_reading(e, reading);
		return false;
	}
	e->elapsed = elapsed;
	e->total = total;
	narrow(e, mul_div(shortest, e->reference_hz, total + doubt),
	       total > doubt ? mul_div(longest, e->reference_hz, total - doubt) : HZ_MAX);
	/* Readings too close together say nothing; the guess only has to obey the bounds. */
	if (total > 4 * doubt && elapsed >= 4 * slack)
		e->hz = mul_div(elapsed, e->reference_hz, total);
	e->hz = MIN(MAX(e->hz, e->low), e->high);
	return true;
}

bool tsc_estimate_done(const struct tsc_estimate *e)
{
	uint64_t seconds = e->total / e->reference_hz;

	/* A reference that gains doubt as fast as time passes will not get better by waiting. */
	return seconds && e->high - e->low <= e->hz / 5000 * seconds;
}
