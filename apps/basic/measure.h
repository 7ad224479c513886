/* SPDX-License-Identifier: BSD-2-Clause */
/* How basic measures. Each operation is timed twice:
 *
 * one by one: an ordered TSC reading on either side of every call; the median cost of such a pair
 * with nothing in between is subtracted. Minimum, median and mean come from these samples.
 *
 * in batches: one pair of readings around N/10 calls in a loop; the cost of the pair and of the
 * same loop with nothing in it is subtracted; the median of 50 batches counts. For calls of a few
 * cycles only this figure means much, since a pair of readings costs more than the call. Where the
 * TSC counts instructions (QEMU's -icount shift=0), it is the number of instructions that a call
 * takes, the call itself included.
 */
#ifndef BASIC_MEASURE_H
#define BASIC_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/tsc.h"

#define BATCHES 50     /* the median of so many batches is reported */
#define BATCH_SHARE 10 /* a batch has N / BATCH_SHARE calls: short enough to miss most noise */

struct result {
	const char *name;  /* for --only and --csv */
	const char *title; /* for the table */
	size_t count;      /* samples */
	double min, median, mean;
	double batch;
	char note[160]; /* what a reader must know about this figure; "" for nothing */
};

/* Costs of measuring itself, found by measure_init(). */
struct overhead {
	uint64_t pair; /* cycles between two ordered readings with nothing in between */
	double loop;   /* cycles per turn of the empty loop */
};

extern struct overhead overhead;

/* Gives room for count samples and finds the overheads with n turns. Returns false: no memory. */
bool measure_init(size_t count, size_t n);

/* The room for samples, touched before, so that storing one costs no page fault. */
extern uint64_t *samples;

/* Works out min, median and mean of samples[0..count) with the pair's cost taken off. */
void measure_samples(struct result *result, size_t count);

double measure_median(double *values, size_t count);

/* Times n runs of op one by one into samples[]. */
#define SAMPLE_EACH(n, op)                                                                         \
	do {                                                                                           \
		for (size_t sample_ = 0; sample_ < (n); sample_++) {                                       \
			uint64_t start_ = tsc_start();                                                         \
			op;                                                                                    \
			samples[sample_] = tsc_end() - start_;                                                 \
		}                                                                                          \
	} while (0)

/* Turns of a batch. */
static inline size_t batch_turns(size_t n)
{
	return n >= BATCH_SHARE ? n / BATCH_SHARE : 1;
}

/* Cycles per turn of n turns of op, less the cost of the readings. The counter passes through an
 * empty asm statement, so that no compiler unrolls the loop: a turn is op, one subtraction and one
 * branch. */
#define SAMPLE_BATCH(n, op)                                                                        \
	({                                                                                             \
		uint64_t start_ = tsc_start();                                                             \
		for (size_t left_ = (n); left_; left_--) {                                                 \
			op;                                                                                    \
			__asm__ volatile("" : "+r"(left_));                                                    \
		}                                                                                          \
		((double)(tsc_end() - start_) - (double)overhead.pair) / (double)(n);                      \
	})

/* Warm-up, samples one by one, then the batches; fills in all figures of result. */
#define MEASURE(result, n, op)                                                                     \
	do {                                                                                           \
		double batch_[BATCHES];                                                                    \
		SAMPLE_EACH((n), op);                                                                      \
		SAMPLE_EACH((n), op);                                                                      \
		measure_samples((result), (n));                                                            \
		for (size_t b_ = 0; b_ < BATCHES; b_++)                                                    \
			batch_[b_] = SAMPLE_BATCH(batch_turns(n), op);                                         \
		(result)->batch = measure_median(batch_, BATCHES) - overhead.loop;                         \
		if ((result)->batch < 0)                                                                   \
			(result)->batch = 0;                                                                   \
	} while (0)

/* The subjects. n: how often. Each fills in one result, or two. */
void measure_getpid_call(struct result *result, size_t n);
void measure_getpid_syscall(struct result *result, size_t n);
void measure_yield_alone(struct result *result, size_t n);
void measure_yield_switch(struct result *result, size_t n);

/* Keeps all of the process on one CPU where there are several. Returns false where it cannot. */
bool stay_on_one_cpu(void);

/* How much memory malloc may take: at most want MiB, less where less is free. */
size_t memory_mib(size_t want);

/* Allocates mib blocks of 1 MiB, then writes once to each page of them that malloc left alone. */
void measure_memory(struct result *allocate, struct result *touch, size_t mib);

/* Prints how this system maps pages, and whether memory that was used before comes back zeroed. */
void print_page_policy(const char *prefix);

#endif
