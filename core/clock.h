/* SPDX-License-Identifier: BSD-2-Clause */
/* The POSIX clocks above the TSC clock (arch/x86/tsc.h): wall time is read from the platform once,
 * on first use, and then follows the monotonic clock. */
#ifndef PAGURUS_CORE_CLOCK_H
#define PAGURUS_CORE_CLOCK_H

#include "include/types.h"

struct timespec64 {
	int64_t sec;
	int64_t nsec;
};

struct wall_clock {
	uint64_t offset; /* wall clock at clock_ns() == 0 */
	bool known;      /* offset has been read from the platform, or set */
};

/* CONFIG_VDSO: where the wall clock is kept. */
const struct wall_clock *clock_wall(void);

/* Nanoseconds since 1970-01-01 UTC. */
uint64_t clock_wall_ns(void);

/* Sets the wall clock (clock_settime). Returns by how many ns it went forward. */
int64_t clock_set_wall_ns(uint64_t ns);

/* The wall clock is read from the platform again when it is next asked for: time has passed that
 * the monotonic clock did not count. */
void clock_wall_reread(void);

/* Is it the CPU time of the whole program, by whatever name? */
bool clock_is_cpu_time(int id);

/* Time of a POSIX clock id. Returns 0 or -EINVAL. */
int clock_get(int id, struct timespec64 *ts);

/* Nanoseconds of ts; UINT64_MAX (forever) where that is more than fits. Returns 0, or -EINVAL where
 * ts is negative or its nanoseconds are out of range. */
int timespec_to_ns(const struct timespec64 *ts, uint64_t *ns);
struct timespec64 timespec_from_ns(uint64_t ns);

/* clock_ns() ns from now, and when the wall clock will show ns as it goes now; saturating. */
uint64_t deadline_in(uint64_t ns);
uint64_t deadline_at_wall(uint64_t ns);

#endif
