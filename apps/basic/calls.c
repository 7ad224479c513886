/* SPDX-License-Identifier: BSD-2-Clause */
/* getpid through both doors, and sched_yield alone and with a second thread. The C library's
 * functions are opaque to the compiler, so no call is hoisted or dropped. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "measure.h"

#ifdef __pagurus__
#include <pagurus.h>
#endif

/* The system-call instruction itself, without the C library around it. */
static inline long getpid_by_instruction(void)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"((long)SYS_getpid) : "rcx", "r11", "memory");
	return result;
}

void measure_getpid_call(struct result *result, size_t n)
{
	MEASURE(result, n, (void)getpid());
}

void measure_getpid_syscall(struct result *result, size_t n)
{
	MEASURE(result, n, (void)getpid_by_instruction());
}

void measure_yield_alone(struct result *result, size_t n)
{
	MEASURE(result, n, (void)sched_yield());
}

bool stay_on_one_cpu(void)
{
#ifdef __pagurus__
	struct pagurus_info info;

	pagurus_info(&info);
	if (info.cpus <= 1)
		return true;
#endif
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}

/* The second thread. It counts its turns, since only that tells how often the CPU really went
 * from one thread to the other. */
struct partner {
	volatile int stop;
	volatile uint64_t turns;
};

static void *partner_main(void *arg)
{
	struct partner *partner = arg;

	while (!partner->stop) {
		partner->turns++;
		sched_yield();
	}
	return NULL;
}

void measure_yield_switch(struct result *result, size_t n)
{
	struct partner partner = { 0 };
	pthread_t thread;
	int error = pthread_create(&thread, NULL, partner_main, &partner);

	if (error) {
		snprintf(result->note, sizeof(result->note), "no second thread: error %d", error);
		return;
	}
	while (!partner.turns)
		sched_yield();

	/* A turn here is there and back again: two switches. */
	SAMPLE_EACH(n, sched_yield());
	SAMPLE_EACH(n, sched_yield());
	measure_samples(result, n);
	result->min /= 2;
	result->median /= 2;
	result->mean /= 2;

	/* How often the second thread ran is counted, since a scheduler may not switch each time. */
	double batches[BATCHES], turns_of_all = 0;

	for (size_t b = 0; b < BATCHES; b++) {
		uint64_t turns = partner.turns;
		double cycles = SAMPLE_BATCH(batch_turns(n), sched_yield()) * (double)batch_turns(n);

		turns = partner.turns - turns;
		turns_of_all += (double)turns;
		batches[b] = turns ? cycles / (2.0 * (double)turns) : cycles;
	}
	result->batch = measure_median(batches, BATCHES);
	turns_of_all /= BATCHES * (double)batch_turns(n);
	snprintf(result->note, sizeof(result->note),
	         "half of a round trip; the second thread ran %.3f times per yield%s", turns_of_all,
	         turns_of_all < 0.98 || turns_of_all > 1.02
	             ? ": min, median and mean include calls that did not switch"
	             : "");
	partner.stop = 1;
	pthread_join(thread, NULL);
}
