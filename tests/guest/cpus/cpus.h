/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this program share. */
#ifndef TESTS_GUEST_CPUS_H
#define TESTS_GUEST_CPUS_H

#include <stdint.h>

#define THREADS_MAX 64

extern int cpus;    /* that the program may use */
extern int seconds; /* that each stress lasts */

int64_t now_ns(void);

/* Runs work(0) to work(count - 1) as threads, and waits for them. Returns the sum of what they
 * return, -1 where a thread could not be made. */
long run_threads(int count, long (*work)(long index));

/* Is the time of this stress over? */
int is_over(void);
void begin_stress(void);

void test_memory(void); /* memory.c */
void test_stress(void); /* stress.c */

#endif
