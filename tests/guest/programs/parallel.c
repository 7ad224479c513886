// SPDX-License-Identifier: BSD-2-Clause
/* OpenMP: loops shared out in every way, reductions, sections, tasks, locks, nested teams. */
#include <omp.h>
#include <stdio.h>

static long fib(int n)
{
	long a, b;

	if (n < 2)
		return n;
#pragma omp task shared(a) if (n > 12)
	a = fib(n - 1);
#pragma omp task shared(b) if (n > 12)
	b = fib(n - 2);
#pragma omp taskwait
	return a + b;
}

int main(void)
{
	static double terms[1 << 16];
	double pi = 0;
	long sum = 0, tasks = 0, critical = 0;
	int threads = 0, sections = 0, nested = 0;

#pragma omp parallel
#pragma omp single
	threads = omp_get_num_threads();
	printf("processors %d threads %d\n", omp_get_num_procs(), threads);
#pragma omp parallel for reduction(+ : pi)
	for (long i = 0; i < 1 << 16; i++) {
		terms[i] = (i % 2 ? -4.0 : 4.0) / (double)(2 * i + 1);
		pi += terms[i];
	}
	printf("pi %.3f\n", pi);
#pragma omp parallel for schedule(dynamic, 7) reduction(+ : sum)
	for (int i = 0; i < 10000; i++)
		sum += i;
#pragma omp parallel for schedule(guided) reduction(+ : sum) ordered
	for (int i = 0; i < 1000; i++) {
#pragma omp ordered
		sum += i;
	}
	printf("sum %ld\n", sum);
#pragma omp parallel
#pragma omp single
	tasks = fib(20);
	printf("tasks %ld\n", tasks);
#pragma omp parallel sections reduction(+ : sections)
	{
#pragma omp section
		sections += 1;
#pragma omp section
		sections += 2;
	}
	for (int round = 0; round < 50; round++) {
#pragma omp parallel num_threads(8)
		{
#pragma omp critical
			critical++;
#pragma omp barrier
#pragma omp atomic
			critical++;
		}
	}
	omp_set_max_active_levels(2);
#pragma omp parallel num_threads(2) reduction(+ : nested)
#pragma omp parallel num_threads(2) reduction(+ : nested)
	nested += 1;
	printf("sections %d critical %ld nested %d\n", sections, critical, nested);
	return 0;
}
