/* SPDX-License-Identifier: BSD-2-Clause */
/* stream: memory bandwidth by the four kernels of the STREAM benchmark (copy, scale, add, triad),
 * written anew, with its published way of counting: each array that a kernel reads or writes
 * counts once, 1 MB is 10^6 bytes, and the first repetition is left out. */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels.h"

#ifdef __pagurus__
#include <pagurus.h>
#else
#include <sys/sysinfo.h>
#endif

#define DEFAULT_ELEMENTS 2000000 /* three arrays of 16 MB: well above most caches */
#define DEFAULT_REPETITIONS 10
#define REPETITIONS_MAX 250 /* each multiplies the values by 15: more would overflow */
#define SCALAR 3.0
#define ARRAY_ALIGN 64
#define TOLERANCE 1e-13

enum {
	COPY,
	SCALE,
	ADD,
	TRIAD,
	KERNELS
};

static const char *const names[KERNELS] = { "Copy", "Scale", "Add", "Triad" };
static const unsigned arrays_moved[KERNELS] = { 2, 2, 3, 3 };

struct timing {
	double best, worst, sum;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t free_memory(void)
{
#ifdef __pagurus__
	struct pagurus_info info;

	pagurus_info(&info);
	return info.memory_free;
#else
	struct sysinfo info;

	return sysinfo(&info) == 0 ? (uint64_t)info.freeram * info.mem_unit : UINT64_MAX;
#endif
}

static double run_kernel(int kernel, double *a, double *b, double *c, size_t n)
{
	double start = now();

	switch (kernel) {
	case COPY:
		kernel_copy(c, a, n);
		break;
	case SCALE:
		kernel_scale(b, c, SCALAR, n);
		break;
	case ADD:
		kernel_add(c, a, b, n);
		break;
	default:
		kernel_triad(a, b, c, SCALAR, n);
		break;
	}
	return now() - start;
}

/* Compares array with what every element should be. Returns whether all are close enough. */
static bool check(const char *name, const double *array, size_t n, double expected)
{
	double error = 0;

	for (size_t i = 0; i < n; i++)
		error += fabs(array[i] - expected);
	error /= (double)n * fabs(expected);
	/* A NaN must fail too, so the question is asked this way round. */
	if (error < TOLERANCE)
		return true;
	printf("stream: array %s is WRONG: expected %.17g, mean relative error %.3g\n", name, expected,
	       error);
	return false;
}

/* The kernels leave all elements of an array equal, so three numbers stand for the arrays. */
static bool validate(const double *a, const double *b, const double *c, size_t n, unsigned rounds)
{
	double x = 1, y = 2, z = 0;
	bool good = true;

	for (unsigned i = 0; i < rounds; i++) {
		z = x;
		y = SCALAR * z;
		z = x + y;
		x = y + SCALAR * z;
	}
	good &= check("a", a, n, x);
	good &= check("b", b, n, y);
	good &= check("c", c, n, z);
	if (good)
		printf("The results are right (mean relative error below %g).\n", TOLERANCE);
	return good;
}

static void report(const struct timing *timing, size_t n, unsigned repetitions)
{
	printf("%-8s %12s %12s %12s %12s\n", "Kernel", "best MB/s", "avg ms", "min ms", "max ms");
	for (int k = 0; k < KERNELS; k++) {
		double bytes = (double)arrays_moved[k] * sizeof(double) * (double)n;

		printf("%-8s %12.1f %12.3f %12.3f %12.3f\n", names[k], bytes / timing[k].best * 1e-6,
		       timing[k].sum / (repetitions - 1) * 1e3, timing[k].best * 1e3,
		       timing[k].worst * 1e3);
	}
}

static bool measure(double *a, double *b, double *c, size_t n, unsigned repetitions)
{
	struct timing timing[KERNELS];

	for (int k = 0; k < KERNELS; k++)
		timing[k] = (struct timing){ .best = DBL_MAX };
	for (size_t i = 0; i < n; i++) {
		a[i] = 1;
		b[i] = 2;
		c[i] = 0;
	}
	for (unsigned r = 0; r < repetitions; r++) {
		for (int k = 0; k < KERNELS; k++) {
			double seconds = run_kernel(k, a, b, c, n);

			if (r == 0)
				continue;
			timing[k].sum += seconds;
			timing[k].best = fmin(timing[k].best, seconds);
			timing[k].worst = fmax(timing[k].worst, seconds);
		}
	}
	report(timing, n, repetitions);
	return validate(a, b, c, n, repetitions);
}

static int usage(const char *wrong)
{
	fprintf(stderr,
	        "stream: cannot use '%s'\n"
	        "usage: stream [--elements N] [--repetitions N]\n"
	        "  --elements N     doubles per array, three arrays (%d, less where memory is short)\n"
	        "  --repetitions N  2 to %d (%d)\n",
	        wrong, DEFAULT_ELEMENTS, REPETITIONS_MAX, DEFAULT_REPETITIONS);
	return 2;
}

int main(int argc, char **argv)
{
	uint64_t fits = free_memory() / 4 * 3 / (3 * sizeof(double));
	size_t n = fits < DEFAULT_ELEMENTS ? (size_t)fits : DEFAULT_ELEMENTS;
	unsigned long repetitions = DEFAULT_REPETITIONS;
	double *arrays[3];
	bool good;

	for (int i = 1; i < argc; i += 2) {
		char *end = "?";
		unsigned long value = i + 1 < argc ? strtoul(argv[i + 1], &end, 10) : 0;

		if (*end || !value)
			return usage(argv[i]);
		if (strcmp(argv[i], "--elements") == 0)
			n = value;
		else if (strcmp(argv[i], "--repetitions") == 0 && value >= 2 && value <= REPETITIONS_MAX)
			repetitions = value;
		else
			return usage(argv[i]);
	}
	for (int i = 0; i < 3; i++) {
		void *array = NULL;

		if (n > SIZE_MAX / sizeof(double) ||
		    posix_memalign(&array, ARRAY_ALIGN, n * sizeof(double)) != 0) {
			fprintf(stderr, "stream: no memory for three arrays of %zu doubles\n", n);
			return 1;
		}
		arrays[i] = array;
	}
	printf("stream: three arrays of %zu doubles (%.1f MB each), %lu repetitions, vectors of %u "
	       "bytes\n",
	       n, (double)n * sizeof(double) * 1e-6, repetitions, kernel_vector_bytes());
	good = measure(arrays[0], arrays[1], arrays[2], n, (unsigned)repetitions);
	for (int i = 0; i < 3; i++)
		free(arrays[i]);
	return good ? 0 : 1;
}
