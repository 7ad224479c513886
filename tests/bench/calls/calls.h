/* SPDX-License-Identifier: BSD-2-Clause */
/* What is timed: a name, a preparation that returns false if it failed, and one turn. */
#ifndef BENCH_CALLS_H
#define BENCH_CALLS_H

#include <stdbool.h>

struct subject {
	const char *name;
	bool (*prepare)(void); /* may be NULL */
	void (*turn)(void);
	void (*finish)(void); /* may be NULL */
	int turns;            /* in a batch */
};

extern const struct subject subjects[];
extern const int subject_count;

/* Set by a turn whose call failed: its figure would be that of an error. */
extern const char *failed;

#endif
