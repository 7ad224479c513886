/* SPDX-License-Identifier: BSD-2-Clause */
/* One clock for all CPUs. */
#ifndef PAGURUS_X86_TSC_SYNC_H
#define PAGURUS_X86_TSC_SYNC_H

#include "include/types.h"

/* What the other CPU's TSC was, some time between two readings of this one's. */
struct tsc_question {
	uint64_t before;
	uint64_t answer;
	uint64_t after;
};

/* By how much this CPU's TSC is behind the other's; 0: as far as can be told they agree. */
static inline int64_t tsc_question_offset(const struct tsc_question *q)
{
	uint64_t middle = q->before + (q->after - q->before) / 2;

	if (q->answer - q->before <= q->after - q->before)
		return 0;
	return (int64_t)(q->answer - middle);
}

/* On a CPU that comes up, the local APICs in use, interrupts off: makes its TSC agree with the first
 * CPU's. Returns 0, or -EIO: it does not and cannot be set. */
int tsc_synchronize(void);

/* The first CPU's part, on request. */
void tsc_answer(void);

#endif
