/* SPDX-License-Identifier: BSD-2-Clause */
/* bench-host's core program: how an operation is timed, and what its parts are. */
#ifndef TESTS_BENCH_HOST_BENCH_H
#define TESTS_BENCH_HOST_BENCH_H

#include "include/types.h"

/* TSC cycles per operation over many batches. */
struct cost {
	double least, median;
};

/* Times count batches of n operations each. */
struct cost bench_time(void (*batch)(unsigned n), unsigned n, unsigned count);

/* A line of the table; theirs NULL: there is nothing to compare with. */
void bench_row(const char *what, struct cost ours, const char *beside, const struct cost *theirs);

void bench_fail(const char *what) __attribute__((noreturn));

/* tests/bench/host/switch.c */
void bench_doors(void);
void bench_switches(void);
/* tests/bench/host/tree.c */
void bench_areas(void);

#endif
