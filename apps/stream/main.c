/* SPDX-License-Identifier: BSD-2-Clause */
/* stream: memory bandwidth by the four kernels of the STREAM benchmark (copy, scale, add, triad),
 * written anew, with its published way of counting: each array that a kernel reads or writes
 * counts once, 1 MB is 10^6 bytes, and the first repetition is left out. */
#include <float.h>
#include <math.h>
#include <pthread.h>
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
#define THREADS_MAX 64
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

/* What all threads work on; each has its part of all three arrays. */
static double *a, *b, *c;
static size_t n;
static unsigned threads = 1;
static int kernel; /* the next one; KERNELS: the first values */
static pthread_barrier_t begin, end;

static void run_part(unsigned thread)
{
	size_t from = n / threads * thread, to = thread + 1 == threads ? n : from + n / threads;
	size_t count = to - from;

	switch (kernel) {
	case COPY:
		kernel_copy(c + from, a + from, count);
		break;
	case SCALE:
		kernel_scale(b + from, c + from, SCALAR, count);
		break;
	case ADD:
		kernel_add(c + from, a + from, b + from, count);
		break;
	case TRIAD:
		kernel_triad(a + from, b + from, c + from, SCALAR, count);
		break;
	default:
		for (size_t i = from; i < to; i++) {
			a[i] = 1;
			b[i] = 2;
			c[i] = 0;
		}
	}
}

static void *helper(void *number)
{
	for (;;) {
		pthread_barrier_wait(&begin);
		run_part((unsigned)(uintptr_t)number);
		pthread_barrier_wait(&end);
	}
	return NULL;
}

static bool start_helpers(void)
{
	if (threads == 1)
		return true;
	pthread_barrier_init(&begin, NULL, threads);
	pthread_barrier_init(&end, NULL, threads);
	for (unsigned i = 1; i < threads; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, helper, (void *)(uintptr_t)i) != 0) {
			fprintf(stderr, "stream: no thread %u of %u\n", i + 1, threads);
			return false;
		}
	}
	return true;
}

static double run_kernel(int which)
{
	double start = now();

	kernel = which;
	if (threads > 1)
		pthread_barrier_wait(&begin);
	run_part(0);
	if (threads > 1)
		pthread_barrier_wait(&end);
	return now() - start;
}

/* Compares array with what every element should be. Returns whether all are close enough. */
static bool check(const char *name, const double *array, double expected)
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
static bool validate(unsigned rounds)
{
	double x = 1, y = 2, z = 0;
	bool good = true;

	for (unsigned i = 0; i < rounds; i++) {
		z = x;
		y = SCALAR * z;
		z = x + y;
		x = y + SCALAR * z;
	}
	good &= check("a", a, x);
	good &= check("b", b, y);
	good &= check("c", c, z);
	if (good)
		printf("The results are right (mean relative error below %g).\n", TOLERANCE);
	return good;
}

static void report(const struct timing *timing, unsigned repetitions)
{
	printf("%-8s %12s %12s %12s %12s\n", "Kernel", "best MB/s", "avg ms", "min ms", "max ms");
	for (int k = 0; k < KERNELS; k++) {
		double bytes = (double)arrays_moved[k] * sizeof(double) * (double)n;

		printf("%-8s %12.1f %12.3f %12.3f %12.3f\n", names[k], bytes / timing[k].best * 1e-6,
		       timing[k].sum / (repetitions - 1) * 1e3, timing[k].best * 1e3,
		       timing[k].worst * 1e3);
	}
}

static bool measure(unsigned repetitions)
{
	struct timing timing[KERNELS];

	for (int k = 0; k < KERNELS; k++)
		timing[k] = (struct timing){ .best = DBL_MAX };
	run_kernel(KERNELS);
	for (unsigned r = 0; r < repetitions; r++) {
		for (int k = 0; k < KERNELS; k++) {
			double seconds = run_kernel(k);

			if (r == 0)
				continue;
			timing[k].sum += seconds;
			timing[k].best = fmin(timing[k].best, seconds);
			timing[k].worst = fmax(timing[k].worst, seconds);
		}
	}
	report(timing, repetitions);
	return validate(repetitions);
}

static int usage(const char *wrong)
{
	fprintf(stderr,
	        "stream: cannot use '%s'\n"
	        "usage: stream [--elements N] [--repetitions N] [--threads N]\n"
	        "  --elements N     doubles per array, three arrays (%d, less where memory is short)\n"
	        "  --repetitions N  2 to %d (%d)\n"
	        "  --threads N      each has its part of the arrays, up to %d (1)\n",
	        wrong, DEFAULT_ELEMENTS, REPETITIONS_MAX, DEFAULT_REPETITIONS, THREADS_MAX);
	return 2;
}

int main(int argc, char **argv)
{
	uint64_t fits = free_memory() / 4 * 3 / (3 * sizeof(double));
	unsigned long repetitions = DEFAULT_REPETITIONS;
	double **arrays[3] = { &a, &b, &c };
	bool good;

	n = fits < DEFAULT_ELEMENTS ? (size_t)fits : DEFAULT_ELEMENTS;
	for (int i = 1; i < argc; i += 2) {
		char *end = "?";
		unsigned long value = i + 1 < argc ? strtoul(argv[i + 1], &end, 10) : 0;

		if (*end || !value)
			return usage(argv[i]);
		if (strcmp(argv[i], "--elements") == 0)
			n = value;
		else if (strcmp(argv[i], "--repetitions") == 0 && value >= 2 && value <= REPETITIONS_MAX)
			repetitions = value;
		else if (strcmp(argv[i], "--threads") == 0 && value <= THREADS_MAX)
			threads = (unsigned)value;
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
		*arrays[i] = array;
	}
	if (!start_helpers())
		return 1;
	printf("stream: three arrays of %zu doubles (%.1f MB each), %lu repetitions, vectors of %u "
	       "bytes",
	       n, (double)n * sizeof(double) * 1e-6, repetitions, kernel_vector_bytes());
	if (threads > 1)
		printf(", %u threads", threads);
	putchar('\n');
	good = measure((unsigned)repetitions);
	for (int i = 0; i < 3; i++)
		free(*arrays[i]);
	return good ? 0 : 1;
}
