/* SPDX-License-Identifier: BSD-2-Clause */
/* Statistics over TSC readings, and the cost of reading itself. */
#include "measure.h"

#include <stdlib.h>
#include <string.h>

struct overhead overhead;
uint64_t *samples;

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double measure_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_double);
	return values[count / 2];
}

/* Takes the cost of the readings off a sample; noise may have made the sample the smaller one. */
static double less_overhead(uint64_t cycles)
{
	return cycles > overhead.pair ? (double)(cycles - overhead.pair) : 0;
}

void measure_samples(struct result *result, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += less_overhead(samples[i]);
	qsort(samples, count, sizeof(*samples), compare_u64);
	result->count = count;
	result->min = less_overhead(samples[0]);
	result->median = less_overhead(samples[count / 2]);
	result->mean = sum / (double)count;
}

bool measure_init(size_t count, size_t n)
{
	double loops[BATCHES];

	if (count < n)
		count = n;
	samples = malloc(count * sizeof(*samples));
	if (!samples)
		return false;
	memset(samples, 0xff, count * sizeof(*samples));

	SAMPLE_EACH(n, (void)0);
	SAMPLE_EACH(n, (void)0);
	qsort(samples, n, sizeof(*samples), compare_u64);
	overhead.pair = samples[n / 2];

	for (size_t i = 0; i < BATCHES; i++)
		loops[i] = SAMPLE_BATCH(batch_turns(n), (void)0);
	overhead.loop = measure_median(loops, BATCHES);
	return true;
}
