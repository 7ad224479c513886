/* SPDX-License-Identifier: BSD-2-Clause */
/* The real-time clock of a PC (Motorola MC146818A) as a wall clock. */
#ifndef PAGURUS_KVM_RTC_H
#define PAGURUS_KVM_RTC_H

#include "include/types.h"

/* The registers as they were read. */
struct rtc_registers {
	uint8_t sec, min, hour, day, month, year, century; /* BCD or binary, as status_b says */
	uint8_t status_b;
};

/* Seconds since 1970-01-01 UTC, taking the clock to show UTC; -1 where the registers hold no time.
 * Pure. */
int64_t rtc_seconds(const struct rtc_registers *r);

/* Wall clock now, ns since 1970; 0 where there is no such clock. Waits for the end of an update, a
 * few ms at most. */
uint64_t rtc_wall_ns(void);

#endif
