/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine for the scheduler under test: kernel threads are host threads that pass a baton, so
 * exactly one runs at a time; time stands still unless the test or an idle CPU moves it. Assertions
 * of cmocka belong into the first thread only. */
#ifndef PAGURUS_HOST_SCHED_H
#define PAGURUS_HOST_SCHED_H

#include "tests/unit/host_stubs.h"

/* sched_init() on a fresh machine at time 0, and the end of it: every other thread must be gone. */
void host_sched_start(void);
void host_sched_end(void);

extern uint64_t host_now;           /* clock_ns() */
extern uint64_t host_timer;         /* what the hardware timer is set to; UINT64_MAX: off */
extern unsigned host_timer_sets;    /* how often it has been set */
extern unsigned host_halts;         /* how often the CPU has halted */
extern unsigned host_memory_blocks; /* heap blocks and stacks in use */
extern unsigned host_memory_fails;  /* the next so many allocations fail, after */
extern unsigned host_memory_after;  /* so many that succeed */

/* Lets time pass to now + ns with interrupts on: the timer interrupts the caller, which may lose
 * the CPU to another thread. */
void host_run_for(uint64_t ns);

/* Program memory that faults: accesses to [start, start + size) answer -EFAULT. */
extern const char *host_bad_start;
extern size_t host_bad_size;

#endif
