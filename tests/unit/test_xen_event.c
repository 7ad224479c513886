/* sources: xen/event_scan.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The two-level event scan against a plain loop over all 4096 ports. */
#include "tests/unit/host_stubs.h"

#include <string.h>

#include "xen/event.h"

static uint64_t pending[64], mask[64];
static unsigned delivered[EVENT_PORTS], order[EVENT_PORTS], count;

/* Set by a test: this port becomes pending again while it is handled. */
static unsigned again = EVENT_PORTS;

static void deliver(unsigned port)
{
	assert_in_range(port, 0, EVENT_PORTS - 1);
	/* Cleared before the handler runs. */
	assert_false(pending[port / 64] & 1ULL << port % 64);
	if (port == again)
		pending[port / 64] |= 1ULL << port % 64;
	delivered[port]++;
	order[count++] = port;
}

static void reset(void)
{
	memset(pending, 0, sizeof(pending));
	memset(mask, 0, sizeof(mask));
	memset(delivered, 0, sizeof(delivered));
	count = 0;
	again = EVENT_PORTS;
}

static void set(uint64_t *words, unsigned port)
{
	words[port / 64] |= 1ULL << port % 64;
}

static void test_nothing_pending(void **state)
{
	(void)state;
	reset();
	assert_int_equal(event_scan(0, pending, mask, deliver), 0);
	assert_int_equal(event_scan(UINT64_MAX, pending, mask, deliver), 0);
	assert_int_equal(count, 0);
}

static void test_first_and_last_port(void **state)
{
	(void)state;
	reset();
	set(pending, 0);
	set(pending, 63);
	set(pending, 64);
	set(pending, 4095);
	assert_int_equal(event_scan(1ULL << 63 | 3, pending, mask, deliver), 4);
	assert_int_equal(order[0], 0);
	assert_int_equal(order[1], 63);
	assert_int_equal(order[2], 64);
	assert_int_equal(order[3], 4095);
}

static void test_masked_stays_pending(void **state)
{
	(void)state;
	reset();
	set(pending, 5);
	set(pending, 6);
	set(mask, 5);
	assert_int_equal(event_scan(1, pending, mask, deliver), 1);
	assert_int_equal(delivered[6], 1);
	assert_int_equal(pending[0], 1 << 5);
}

static void test_word_without_selector_is_left(void **state)
{
	(void)state;
	reset();
	set(pending, 130);
	assert_int_equal(event_scan(1, pending, mask, deliver), 0);
	assert_int_equal(pending[2], 1 << 2);
}

static void test_storm_is_one_pass(void **state)
{
	(void)state;
	reset();
	again = 70;
	set(pending, 70);
	set(pending, 71);
	assert_int_equal(event_scan(UINT64_MAX, pending, mask, deliver), 2);
	assert_int_equal(delivered[70], 1);
	assert_int_equal(pending[1], 1 << 6); /* for the next upcall */
}

static void test_random(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		static uint64_t before[64];
		uint64_t selector = host_random() | host_random();
		unsigned expected = 0;

		reset();
		for (unsigned i = 0; i < 64; i++) {
			pending[i] = before[i] = host_random() & host_random();
			mask[i] = host_random() & host_random();
		}
		event_scan(selector, pending, mask, deliver);
		for (unsigned port = 0; port < EVENT_PORTS; port++) {
			bool want = (selector >> port / 64 & 1) && (before[port / 64] >> port % 64 & 1) &&
			            !(mask[port / 64] >> port % 64 & 1);

			assert_int_equal(delivered[port], want);
			expected += want;
			assert_int_equal(pending[port / 64] >> port % 64 & 1,
			                 (before[port / 64] >> port % 64 & 1) && !want);
		}
		assert_int_equal(count, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_pending),
		cmocka_unit_test(test_first_and_last_port),
		cmocka_unit_test(test_masked_stays_pending),
		cmocka_unit_test(test_word_without_selector_is_left),
		cmocka_unit_test(test_storm_is_one_pass),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
