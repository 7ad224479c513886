/* sources: kvm/rtc_time.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Registers of the real-time clock against the C library's calendar. */
#define _GNU_SOURCE
#include "tests/unit/host_stubs.h"

#include <string.h>
#include <time.h>

#include "kvm/rtc.h"

#define BINARY 4
#define H24 2

static uint8_t bcd(int v)
{
	return (uint8_t)(v / 10 << 4 | v % 10);
}

static struct rtc_registers registers_of(const struct tm *tm, uint8_t status_b)
{
	int hour = tm->tm_hour, pm = 0, year = tm->tm_year + 1900;
	struct rtc_registers r = { .status_b = status_b };

	if (!(status_b & H24)) {
		pm = hour >= 12 ? 0x80 : 0;
		hour = hour % 12 ? hour % 12 : 12;
	}
#define CODE(v) (status_b & BINARY ? (uint8_t)(v) : bcd(v))
	r.sec = CODE(tm->tm_sec);
	r.min = CODE(tm->tm_min);
	r.hour = (uint8_t)(CODE(hour) | pm);
	r.day = CODE(tm->tm_mday);
	r.month = CODE(tm->tm_mon + 1);
	r.year = CODE(year % 100);
	r.century = CODE(year / 100);
	return r;
}

static void test_against_the_c_library(void **state)
{
	static const uint8_t modes[] = { 0, H24, BINARY, BINARY | H24 };

	(void)state;
	/* From 2000 to 2999, in steps that hit every hour and every day. */
	for (int64_t t = 946684800; t < 32503680000; t += 86400 * 3 + 3600 * 7 + 61) {
		time_t time = t;
		struct tm tm;

		gmtime_r(&time, &tm);
		for (unsigned i = 0; i < sizeof(modes); i++) {
			struct rtc_registers r = registers_of(&tm, modes[i]);

			assert_int_equal(rtc_seconds(&r), t);
		}
	}
}

static void test_leap_days(void **state)
{
	struct rtc_registers r = { .hour = 0x23,
		                       .min = 0x59,
		                       .sec = 0x59,
		                       .day = 0x29,
		                       .month = 2,
		                       .year = 0x24,
		                       .century = 0x20,
		                       .status_b = H24 };

	(void)state;
	assert_int_equal(rtc_seconds(&r), 1709251199);
	r.century = 0; /* no such register: this century */
	assert_int_equal(rtc_seconds(&r), 1709251199);
	r.century = 0xff;
	assert_int_equal(rtc_seconds(&r), 1709251199);
}

static void test_no_clock(void **state)
{
	struct rtc_registers r;

	(void)state;
	memset(&r, 0xff, sizeof(r)); /* ports without a device */
	assert_int_equal(rtc_seconds(&r), -1);
	memset(&r, 0, sizeof(r));
	assert_int_equal(rtc_seconds(&r), -1);
	r = (struct rtc_registers){ .day = 1, .month = 0x13, .status_b = H24 };
	assert_int_equal(rtc_seconds(&r), -1);
	r = (struct rtc_registers){ .day = 1, .month = 1, .hour = 0x24, .status_b = H24 };
	assert_int_equal(rtc_seconds(&r), -1);
	r = (struct rtc_registers){ .day = 1, .month = 1, .hour = 0, .status_b = 0 };
	assert_int_equal(rtc_seconds(&r), -1); /* 12-hour clocks have no hour 0 */
	r = (struct rtc_registers){ .day = 1, .month = 1, .min = 0x5a, .status_b = H24 };
	assert_int_equal(rtc_seconds(&r), -1);
}

static void test_any_registers(void **state)
{
	(void)state;
	for (int i = 0; i < 1000000; i++) {
		uint64_t bits = host_random();
		struct rtc_registers r;
		int64_t seconds;

		memcpy(&r, &bits, sizeof(r));
		seconds = rtc_seconds(&r);
		assert_true(seconds == -1 || (seconds >= 946684800 && seconds < 32506358400));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_the_c_library),
		cmocka_unit_test(test_leap_days),
		cmocka_unit_test(test_no_clock),
		cmocka_unit_test(test_any_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
