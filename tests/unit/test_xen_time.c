/* sources: xen/vcpu_time.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Xen's time structures: scaling, and readings that Xen changes meanwhile (a thread plays Xen). */
#include "tests/unit/host_stubs.h"

#include <pthread.h>
#include <string.h>

#include "xen/clock.h"

static void test_scale(void **state)
{
	/* 2.5 GHz: 0.4 ns a tick = 0.8 * 2^-1. */
	struct vcpu_time_info t = {
		.tsc_timestamp = 1000,
		.system_time = 5000,
		.tsc_to_system_mul = 0xcccccccd, /* 0.8 */
		.tsc_shift = -1,
	};

	(void)state;
	assert_int_equal(xen_time_at(&t, 1000), 5000);
	assert_int_equal(xen_time_at(&t, 1000 + 2500000000), 5000 + NS_PER_SEC);
	assert_int_equal(xen_time_at(&t, 999), 5000); /* never backwards */
	t.tsc_shift = 1;                              /* 625 MHz: 1.6 ns a tick */
	assert_int_equal(xen_time_at(&t, 1000 + 625000000), 5000 + NS_PER_SEC);
}

static void test_scale_of_a_long_time(void **state)
{
	struct vcpu_time_info t = { .tsc_to_system_mul = 0x80000000, .tsc_shift = 1 }; /* 1 GHz */
	uint64_t year = 365ULL * 24 * 3600 * NS_PER_SEC;

	(void)state;
	assert_int_equal(xen_time_at(&t, year * 100), year * 100);
}

static void test_nonsense_shift_is_defined(void **state)
{
	struct vcpu_time_info t = { .system_time = 3, .tsc_to_system_mul = 1 };

	(void)state;
	for (int shift = -128; shift < 128; shift++) {
		t.tsc_shift = (int8_t)shift;
		assert_true(xen_time_at(&t, 1) >= 3); /* and no undefined behaviour */
	}
}

static void test_wall_base(void **state)
{
	struct shared_info shared;

	(void)state;
	memset(&shared, 0, sizeof(shared));
	assert_int_equal(xen_wall_base(&shared), 0);
	shared.wc_sec = 1;
	shared.wc_sec_hi = 1; /* past 2106 */
	shared.wc_nsec = 7;
	assert_int_equal(xen_wall_base(&shared), 4294967297ULL * NS_PER_SEC + 7);
}

static struct vcpu_time_info shared_time;
static bool writer_stop;

/* Keeps timestamp and time equal, but only outside an update. */
static void *writer(void *arg)
{
	volatile struct vcpu_time_info *t = &shared_time;

	for (uint64_t i = 1; !__atomic_load_n(&writer_stop, __ATOMIC_RELAXED); i++) {
		t->version++;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		t->tsc_timestamp = i;
		t->system_time = i;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		t->version++;
		for (volatile unsigned wait = 0; wait < 50; wait++)
			;
	}
	return arg;
}

static void test_reading_is_consistent(void **state)
{
	struct vcpu_time_info t;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, writer, NULL), 0);
	for (unsigned i = 0; i < 200000; i++) {
		xen_time_read(&shared_time, &t);
		assert_int_equal(t.version & 1, 0);
		assert_int_equal(t.tsc_timestamp, t.system_time);
	}
	__atomic_store_n(&writer_stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_scale_of_a_long_time),
		cmocka_unit_test(test_nonsense_shift_is_defined),
		cmocka_unit_test(test_wall_base),
		cmocka_unit_test(test_reading_is_consistent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
