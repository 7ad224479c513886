/* sources: xen/console_ring.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The PV console's ring: bytes in order across every wrap, and another side that writes nonsense
 * into the shared page. */
#include "tests/unit/host_stubs.h"

#include <string.h>

#include "xen/console_ring.h"

#define IN_SIZE 1024
#define OUT_SIZE 2048

/* The shared page with a guard on either side: a write outside shows. */
static struct {
	uint8_t before[64];
	struct xencons_interface page;
	uint8_t after[64];
} mem;

static struct console_ring ring;

static void start_at(uint32_t out, uint32_t in)
{
	memset(&mem, 0xaa, sizeof(mem));
	mem.page.out_cons = mem.page.out_prod = out;
	mem.page.in_cons = mem.page.in_prod = in;
	console_ring_attach(&ring, &mem.page);
}

static void check_guards(void)
{
	for (unsigned i = 0; i < sizeof(mem.before); i++) {
		assert_int_equal(mem.before[i], 0xaa);
		assert_int_equal(mem.after[i], 0xaa);
	}
}

/* What the console daemon does: takes up to max bytes. */
static size_t daemon_take(char *data, size_t max)
{
	size_t n = 0;

	while (n < max && mem.page.out_cons != mem.page.out_prod)
		data[n++] = mem.page.out[mem.page.out_cons++ % OUT_SIZE];
	return n;
}

static size_t daemon_give(const char *data, size_t len)
{
	size_t n = 0;

	while (n < len && mem.page.in_prod - mem.page.in_cons < IN_SIZE)
		mem.page.in[mem.page.in_prod++ % IN_SIZE] = data[n++];
	return n;
}

static void test_output_in_order_over_every_wrap(void **state)
{
	static char sent[200000], got[200000];
	size_t put = 0, taken = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)host_random();
	start_at(UINT32_MAX - 5000, 0);
	while (taken < sizeof(sent)) {
		size_t n = host_random_below(3000);

		put += console_ring_put(&ring, sent + put, MIN(n, sizeof(sent) - put));
		assert_true(put - taken <= OUT_SIZE);
		assert_int_equal(console_ring_room(&ring), OUT_SIZE - (put - taken));
		assert_int_equal(console_ring_drained(&ring), put == taken);
		taken += daemon_take(got + taken, host_random_below(3000));
	}
	assert_int_equal(put, sizeof(sent));
	assert_memory_equal(sent, got, sizeof(sent));
	check_guards();
}

static void test_input_in_order_over_every_wrap(void **state)
{
	static char sent[100000], got[100000];
	size_t given = 0, taken = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)host_random();
	start_at(0, UINT32_MAX - 3000);
	while (taken < sizeof(sent)) {
		given += daemon_give(sent + given, MIN(host_random_below(1500), sizeof(sent) - given));
		assert_int_equal(console_ring_readable(&ring), given != taken);
		taken +=
			console_ring_get(&ring, got + taken, MIN(host_random_below(1500), sizeof(got) - taken));
	}
	assert_memory_equal(sent, got, sizeof(sent));
	check_guards();
}

static void test_full_ring_takes_nothing(void **state)
{
	char data[OUT_SIZE + 10] = { 0 };

	(void)state;
	start_at(7, 0);
	assert_int_equal(console_ring_put(&ring, data, sizeof(data)), OUT_SIZE);
	assert_int_equal(console_ring_put(&ring, data, 1), 0);
	assert_int_equal(console_ring_room(&ring), 0);
	assert_int_equal(mem.page.out_prod, 7 + OUT_SIZE);
}

static void test_other_side_ahead_of_us(void **state)
{
	(void)state;
	start_at(100, 0);
	mem.page.out_cons = 101; /* took a byte that never was */
	assert_int_equal(console_ring_room(&ring), 0);
	assert_int_equal(console_ring_put(&ring, "x", 1), 0);
	assert_false(console_ring_drained(&ring));
	mem.page.out_cons = 100; /* came to its senses */
	assert_int_equal(console_ring_put(&ring, "x", 1), 1);
}

static void test_our_position_is_our_own(void **state)
{
	(void)state;
	start_at(0, 0);
	console_ring_put(&ring, "abc", 3);
	mem.page.out_prod = 0x80000000; /* the other side scribbles over ours */
	console_ring_put(&ring, "def", 3);
	assert_int_equal(mem.page.out_prod, 6);
	assert_memory_equal(mem.page.out, "abcdef", 6);
}

static void test_nonsense_input_is_skipped(void **state)
{
	char data[IN_SIZE];

	(void)state;
	start_at(0, 50);
	mem.page.in_prod = 50 + IN_SIZE + 1;
	assert_int_equal(console_ring_get(&ring, data, sizeof(data)), 0);
	assert_int_equal(mem.page.in_cons, 50 + IN_SIZE + 1);
	assert_false(console_ring_readable(&ring));
	daemon_give("ok", 2);
	assert_int_equal(console_ring_get(&ring, data, sizeof(data)), 2);
	assert_memory_equal(data, "ok", 2);
	check_guards();
}

static void test_random_nonsense_stays_inside(void **state)
{
	char data[3000] = { 0 };

	(void)state;
	start_at(0, 0);
	for (unsigned i = 0; i < 20000; i++) {
		mem.page.out_cons = (uint32_t)host_random();
		mem.page.out_prod = (uint32_t)host_random();
		mem.page.in_prod = (uint32_t)host_random() >> host_random_below(32);
		mem.page.in_cons = (uint32_t)host_random();
		assert_true(console_ring_put(&ring, data, host_random_below(sizeof(data))) <= OUT_SIZE);
		assert_true(console_ring_get(&ring, data, host_random_below(sizeof(data))) <= IN_SIZE);
	}
	check_guards();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_in_order_over_every_wrap),
		cmocka_unit_test(test_input_in_order_over_every_wrap),
		cmocka_unit_test(test_full_ring_takes_nothing),
		cmocka_unit_test(test_other_side_ahead_of_us),
		cmocka_unit_test(test_our_position_is_our_own),
		cmocka_unit_test(test_nonsense_input_is_skipped),
		cmocka_unit_test(test_random_nonsense_stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
