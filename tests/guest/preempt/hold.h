/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that put a pattern into registers, let time pass, and look for changes. */
#ifndef TESTS_GUEST_HOLD_H
#define TESTS_GUEST_HOLD_H

#include <stdint.h>

struct pattern {
	uint8_t vectors[16][32]; /* ymm0..15; xmm are their lower halves */
	uint64_t general[16];    /* as pushed; see hold.c */
};

/* Fills in a pattern in which no two registers, and no two seeds, are alike. */
void make_pattern(struct pattern *pattern, uint8_t seed);

/* Each waits for turns turns of a loop, spinning or calling sched_yield by the syscall
 * instruction. Returns 1 where all registers are as they were. */
int hold_general(const struct pattern *pattern, long turns);
int hold_xmm(const struct pattern *pattern, long turns);
int hold_ymm(const struct pattern *pattern, long turns);
int hold_xmm_syscall(const struct pattern *pattern, long turns);
int hold_ymm_syscall(const struct pattern *pattern, long turns);
int hold_x87(const struct pattern *pattern, long turns);
/* What a call preserves, across plain calls of sched_yield: rounding modes too. */
int hold_call(const struct pattern *pattern, long turns);

#endif
