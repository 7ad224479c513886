/* SPDX-License-Identifier: BSD-2-Clause */
/* From the real-time clock's registers to seconds since 1970. */
#include "kvm/rtc.h"

#define STATUS_B_24H BIT(1)
#define STATUS_B_BINARY BIT(2)
#define HOUR_PM 0x80

static int decode(uint8_t value, uint8_t status_b)
{
	if (status_b & STATUS_B_BINARY)
		return value;
	if ((value & 0xf) > 9 || value >> 4 > 9)
		return -1;
	return (value >> 4) * 10 + (value & 0xf);
}

/* 0..23; -1: none. */
static int decode_hour(uint8_t value, uint8_t status_b)
{
	int hour;

	if (status_b & STATUS_B_24H)
		return decode(value, status_b);
	hour = decode(value & ~HOUR_PM, status_b);
	if (hour < 1 || hour > 12)
		return -1;
	return hour % 12 + (value & HOUR_PM ? 12 : 0);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. A year is taken to begin in March, so
 * that the leap day is its last. */
static int64_t days_since_1970(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t from_march = (month + 9) % 12;

	return y * 365 + y / 4 - y / 100 + y / 400 + (from_march * 153 + 2) / 5 + day - 1 - 719468;
}

int64_t rtc_seconds(const struct rtc_registers *r)
{
	int sec = decode(r->sec, r->status_b), min = decode(r->min, r->status_b);
	int hour = decode_hour(r->hour, r->status_b);
	int day = decode(r->day, r->status_b), month = decode(r->month, r->status_b);
	int year = decode(r->year, r->status_b), century = decode(r->century, r->status_b);

	if (sec < 0 || sec > 60 || min < 0 || min > 59 || hour < 0 || hour > 23 || day < 1 ||
	    day > 31 || month < 1 || month > 12 || year < 0 || year > 99)
		return -1;
	/* Not every machine has the register for the century. */
	year += (century >= 20 && century <= 29 ? century : 20) * 100;
	return ((days_since_1970(year, month, day) * 24 + hour) * 60 + min) * 60 + sec;
}
