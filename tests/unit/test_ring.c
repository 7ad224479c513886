/* sources: lib/ring.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The byte ring against a plain array as a model, positions wrapping at 2^32 included. */
#include "tests/unit/host_stubs.h"

#include <string.h>

#include "lib/ring.h"

#define SIZE 16

static void test_put_and_get(void **state)
{
	char memory[SIZE], out[SIZE + 1] = "";
	struct ring r = RING_INIT(memory, SIZE);

	(void)state;
	assert_int_equal(ring_used(&r), 0);
	assert_int_equal(ring_free(&r), SIZE);
	assert_int_equal(ring_get(&r, out, sizeof(out)), 0);
	assert_int_equal(ring_put(&r, "hello", 5), 5);
	assert_int_equal(ring_used(&r), 5);
	assert_int_equal(ring_get(&r, out, 3), 3);
	assert_memory_equal(out, "hel", 3);
	assert_int_equal(ring_put(&r, "0123456789abcdef", 16), 14);
	assert_int_equal(ring_free(&r), 0);
	assert_int_equal(ring_put(&r, "x", 1), 0);
	assert_int_equal(ring_get(&r, out, sizeof(out)), SIZE);
	assert_memory_equal(out, "lo0123456789abcd", SIZE);
}

static void test_put_over_pushes_out_the_oldest(void **state)
{
	char memory[SIZE], out[SIZE];
	struct ring r = RING_INIT(memory, SIZE);

	(void)state;
	ring_put_over(&r, "0123456789abcdef", SIZE);
	ring_put_over(&r, "xyz", 3);
	assert_int_equal(ring_peek(&r, 0, out, SIZE), SIZE);
	assert_memory_equal(out, "3456789abcdefxyz", SIZE);
	ring_put_over(&r, "abcdefghijklmnopqrstuvwxyz", 26);
	assert_int_equal(ring_get(&r, out, SIZE), SIZE);
	assert_memory_equal(out, "klmnopqrstuvwxyz", SIZE);
}

static void test_peek(void **state)
{
	char memory[SIZE], out[SIZE];
	struct ring r = RING_INIT(memory, SIZE);

	(void)state;
	ring_put(&r, "0123456789", 10);
	assert_int_equal(ring_peek(&r, 4, out, 3), 3);
	assert_memory_equal(out, "456", 3);
	assert_int_equal(ring_peek(&r, 8, out, SIZE), 2);
	assert_memory_equal(out, "89", 2);
	assert_int_equal(ring_peek(&r, 10, out, SIZE), 0);
	assert_int_equal(ring_peek(&r, UINT32_MAX, out, SIZE), 0);
	assert_int_equal(ring_used(&r), 10);
}

/* Random operations; the positions start just below 2^32. */
static void test_against_model(void **state)
{
	char memory[SIZE], model[SIZE], data[2 * SIZE], out[2 * SIZE];
	struct ring r = RING_INIT(memory, SIZE);
	size_t used = 0, n, done;

	(void)state;
	r.head = r.tail = UINT32_MAX - 1000;
	for (unsigned i = 0; i < 200000; i++) {
		n = host_random_below(sizeof(data) + 1);
		for (size_t j = 0; j < n; j++)
			data[j] = (char)host_random();
		switch (host_random_below(3)) {
		case 0:
			done = ring_put(&r, data, n);
			assert_int_equal(done, n < SIZE - used ? n : SIZE - used);
			memcpy(model + used, data, done);
			used += done;
			break;
		case 1:
			ring_put_over(&r, data, n);
			if (n >= SIZE) {
				memcpy(model, data + n - SIZE, SIZE);
				used = SIZE;
			} else {
				size_t lost = used + n > SIZE ? used + n - SIZE : 0;

				memmove(model, model + lost, used - lost);
				used -= lost;
				memcpy(model + used, data, n);
				used += n;
			}
			break;
		default:
			done = ring_get(&r, out, n);
			assert_int_equal(done, n < used ? n : used);
			assert_memory_equal(out, model, done);
			memmove(model, model + done, used - done);
			used -= done;
		}
		assert_int_equal(ring_used(&r), used);
		assert_int_equal(ring_peek(&r, 0, out, SIZE), used);
		assert_memory_equal(out, model, used);
	}
	assert_true(r.head < UINT32_MAX - 1000); /* it did wrap */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_and_get),
		cmocka_unit_test(test_put_over_pushes_out_the_oldest),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_against_model),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
