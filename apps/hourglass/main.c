/* SPDX-License-Identifier: BSD-2-Clause */
/* hourglass: how quiet a machine is. A loop does nothing but read the TSC; wherever two readings
 * are further apart than the loop takes, something else had the CPU. Prints a histogram of all
 * gaps and the longest ones with the time at which they came. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../common/tsc.h"

#define DEFAULT_MS 1000
#define DEFAULT_TOP 10
#define TOP_MAX 100
#define CALIBRATE_NS 20000000ULL
#define NS_PER_SEC 1000000000ULL

struct gap {
	uint64_t cycles;
	uint64_t when; /* TSC at its end */
};

static uint64_t histogram[64]; /* [k]: gaps of 2^k to 2^(k+1)-1 cycles */
static struct gap top[TOP_MAX];
static uint64_t backwards; /* readings below the one before: a TSC that is not one for all CPUs */

static uint64_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
}

/* TSC ticks per second, against the system's clock. */
static uint64_t calibrate(void)
{
	uint64_t ns = clock_now(), tsc = tsc_read(), elapsed;

	do
		elapsed = clock_now() - ns;
	while (elapsed < CALIBRATE_NS);
	return (uint64_t)((double)(tsc_read() - tsc) * NS_PER_SEC / (double)elapsed);
}

/* Puts a gap in its place among the longest, which are sorted; the shortest of them goes. */
static void keep(uint64_t cycles, uint64_t when, unsigned count)
{
	unsigned i = count - 1;

	for (; i > 0 && top[i - 1].cycles < cycles; i--)
		top[i] = top[i - 1];
	top[i] = (struct gap){ cycles, when };
}

/* Returns how many gaps there were. */
static uint64_t watch(uint64_t duration, unsigned count)
{
	uint64_t start = tsc_read(), last = start, readings = 0;

	while (last - start < duration) {
		uint64_t now = tsc_read(), gap = now - last;

		last = now;
		if ((int64_t)gap < 0) {
			backwards++;
			continue;
		}
		readings++;
		histogram[63 - __builtin_clzll(gap | 1)]++;
		if (gap > top[count - 1].cycles) {
			keep(gap, now, count);
			last = tsc_read(); /* the sorting is no gap */
		}
	}
	for (unsigned i = 0; i < count; i++)
		top[i].when -= start;
	return readings;
}

static void report(uint64_t hz, uint64_t readings, unsigned count)
{
	double us = 1e6 / (double)hz;

	printf("%24s %14s\n", "gap of cycles", "how many");
	for (int k = 0; k < 64; k++)
		if (histogram[k])
			printf("%11" PRIu64 " ..%11" PRIu64 " %14" PRIu64 "\n", UINT64_C(1) << k,
			       (UINT64_C(2) << k) - 1, histogram[k]);
	if (backwards)
		printf("The TSC went BACKWARDS %" PRIu64 " times.\n", backwards);
	printf("%" PRIu64 " readings; the longest gaps:\n%14s %12s %14s\n", readings, "cycles", "us",
	       "at ms");
	for (unsigned i = 0; i < count && top[i].cycles; i++)
		printf("%14" PRIu64 " %12.2f %14.3f\n", top[i].cycles, (double)top[i].cycles * us,
		       (double)top[i].when * us / 1e3);
}

static int usage(const char *wrong)
{
	fprintf(stderr,
	        "hourglass: cannot use '%s'\n"
	        "usage: hourglass [--ms DURATION] [--top COUNT]\n"
	        "  --ms DURATION  how long to watch, milliseconds (%d)\n"
	        "  --top COUNT    how many of the longest gaps to print, 1 to %d (%d)\n",
	        wrong, DEFAULT_MS, TOP_MAX, DEFAULT_TOP);
	return 2;
}

int main(int argc, char **argv)
{
	unsigned long ms = DEFAULT_MS, count = DEFAULT_TOP;
	uint64_t hz;

	for (int i = 1; i < argc; i += 2) {
		char *end = "?";
		unsigned long value = i + 1 < argc ? strtoul(argv[i + 1], &end, 10) : 0;

		if (*end || !value)
			return usage(argv[i]);
		if (strcmp(argv[i], "--ms") == 0 && value <= 86400000)
			ms = value;
		else if (strcmp(argv[i], "--top") == 0 && value <= TOP_MAX)
			count = value;
		else
			return usage(argv[i]);
	}
	hz = calibrate();
	printf("hourglass: %lu ms, TSC at %" PRIu64 " MHz\n", ms, hz / 1000000);
	report(hz, watch(hz / 1000 * ms, (unsigned)count), (unsigned)count);
	return 0;
}
