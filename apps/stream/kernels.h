/* SPDX-License-Identifier: BSD-2-Clause */
/* The four kernels, each over n doubles. They are compiled with -O3: the compiler uses the widest
 * vectors that the target it was told has (16 bytes with SSE2, which every x86-64 has). */
#ifndef STREAM_KERNELS_H
#define STREAM_KERNELS_H

#include <stddef.h>

void kernel_copy(double *restrict c, const double *restrict a, size_t n);
void kernel_scale(double *restrict b, const double *restrict c, double q, size_t n);
void kernel_add(double *restrict c, const double *restrict a, const double *restrict b, size_t n);
void kernel_triad(double *restrict a, const double *restrict b, const double *restrict c, double q,
                  size_t n);

/* Bytes per vector in what the compiler made of them. */
unsigned kernel_vector_bytes(void);

#endif
