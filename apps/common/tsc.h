/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the time-stamp counter in programs. Each reading is one fixed run of instructions, so
 * that under an emulator that counts instructions its cost is the same everywhere. RDTSCP is not
 * used: some emulated machines lack it. */
#ifndef APPS_COMMON_TSC_H
#define APPS_COMMON_TSC_H

#include <stdint.h>

/* Unordered: may float among its neighbours. For loops that do nothing else. */
static inline uint64_t tsc_read(void)
{
	uint64_t value;

	__asm__ volatile("rdtsc; shl $32, %%rdx; or %%rdx, %%rax" : "=a"(value) : : "rdx", "cc");
	return value;
}

/* Before the thing measured: everything earlier has finished, nothing later has begun. */
static inline uint64_t tsc_start(void)
{
	uint64_t value;

	__asm__ volatile("lfence; rdtsc; shl $32, %%rdx; or %%rdx, %%rax; lfence"
	                 : "=a"(value)
	                 :
	                 : "rdx", "cc", "memory");
	return value;
}

/* After the thing measured: it has finished. */
static inline uint64_t tsc_end(void)
{
	uint64_t value;

	__asm__ volatile("lfence; rdtsc; shl $32, %%rdx; or %%rdx, %%rax"
	                 : "=a"(value)
	                 :
	                 : "rdx", "cc", "memory");
	return value;
}

#endif
