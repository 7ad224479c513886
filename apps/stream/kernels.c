/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernels in a file of their own, so that the compiler sees neither the values nor the sizes,
 * and puts no call to memcpy in place of the copy loop: a library's copying is not the subject. */
#include "kernels.h"

#ifdef __clang__
#define PLAIN_LOOP __attribute__((no_builtin("memcpy", "memmove")))
#else
#define PLAIN_LOOP __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

PLAIN_LOOP void kernel_copy(double *restrict c, const double *restrict a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		c[i] = a[i];
}

void kernel_scale(double *restrict b, const double *restrict c, double q, size_t n)
{
	for (size_t i = 0; i < n; i++)
		b[i] = q * c[i];
}

void kernel_add(double *restrict c, const double *restrict a, const double *restrict b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		c[i] = a[i] + b[i];
}

void kernel_triad(double *restrict a, const double *restrict b, const double *restrict c, double q,
                  size_t n)
{
	for (size_t i = 0; i < n; i++)
		a[i] = b[i] + q * c[i];
}

unsigned kernel_vector_bytes(void)
{
#if defined(__AVX512F__)
	return 64;
#elif defined(__AVX__)
	return 32;
#else
	return 16;
#endif
}
