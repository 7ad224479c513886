/* sources: core/log.c core/console.c lib/ring.c lib/fmt.c lib/number.c */
/* flags: -DCONFIG_LOG_LEVEL=4 -DCONFIG_LOG_RING_KIB=1 -UCONFIG_LOG_MAX -DCONFIG_LOG_MAX=7 */
// SPDX-License-Identifier: BSD-2-Clause
/* The log and the console's output, on a console that is a buffer. */
#include "tests/unit/host_stubs.h"

#include <string.h>

#include "arch/x86/cpu.h"
#include "core/console.h"
#include "core/log.h"
#include "include/platform.h"
#include "lib/ring.h"

extern struct ring log_ring;

const struct platform *platform;

static char seen[65536];
static size_t seen_len, longest;
static uint64_t now_ns;
static bool clock_works;

static void take(const char *buf, size_t len)
{
	assert_true(seen_len + len < sizeof(seen));
	memcpy(seen + seen_len, buf, len);
	seen_len += len;
	seen[seen_len] = '\0';
	longest = len > longest ? len : longest;
}

static const struct platform test_platform = { .console_write = take };

uint64_t tsc_hz(void)
{
	return clock_works ? 1000000000 : 0;
}

uint64_t clock_ns(void)
{
	assert_true(clock_works);
	return now_ns;
}

static int setup(void **state)
{
	(void)state;
	platform = &test_platform;
	log_flush();
	log_ring.head = log_ring.tail = 0;
	log_set_level("4");
	seen_len = 0;
	seen[0] = '\0';
	clock_works = false;
	return 0;
}

static void test_early_messages_appear_with_the_first_console(void **state)
{
	(void)state;
	platform = NULL;
	log_print(LOG_WARN, "early %d", 1);
	log_print(LOG_INFO, "not for the console");
	assert_string_equal(seen, "");
	platform = &test_platform;
	clock_works = true;
	now_ns = 12345678901;
	log_print(LOG_ERROR, "late\n");
	assert_string_equal(seen, "[   0.000000] early 1\r\n[  12.345678] late\r\n");
	log_flush();
	assert_string_equal(seen, "[   0.000000] early 1\r\n[  12.345678] late\r\n");
}

static void test_level(void **state)
{
	(void)state;
	log_print(LOG_INFO, "hidden");
	assert_string_equal(seen, "");
	log_set_level("7");
	log_print(LOG_DEBUG, "shown");
	assert_string_equal(seen, "[   0.000000] shown\r\n");
	log_set_level("8");
	assert_non_null(strstr(seen, "pagurus.loglevel=8: not a number from 0 to 7"));
	log_set_level("many");
	assert_non_null(strstr(seen, "pagurus.loglevel=many"));
	log_set_level(NULL);
	log_print(LOG_DEBUG, "still 7");
	assert_non_null(strstr(seen, "still 7"));
}

static void test_long_and_dirty_messages(void **state)
{
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_print(LOG_WARN, "%s", text);
	assert_string_equal(seen + seen_len - 6, "x...\r\n");
	assert_true(seen_len < 300);
	seen_len = 0;
	log_print(LOG_WARN, "a\nb\033[2Jc");
	assert_string_equal(seen, "[   0.000000] a b [2Jc\r\n");
	seen_len = 0;
	log_print(LOG_WARN, "%s", "");
	assert_string_equal(seen, "[   0.000000] \r\n");
}

static void test_tail_after_wrapping(void **state)
{
	(void)state;
	log_print_tail("tail\n", 10);
	assert_string_equal(seen, ""); /* nothing to show */
	log_set_level("0");
	for (int i = 0; i < 500; i++)
		log_print(LOG_INFO, "message %d", i);
	assert_string_equal(seen, "");
	log_print_tail("tail\n", 2);
	assert_string_equal(seen, "tail\r\n[   0.000000] message 498\r\n[   0.000000] message 499\r\n");
	seen_len = 0;
	log_print_tail("", 1000000);
	assert_memory_equal(seen, "[   0.000000] message 4", 23); /* whole lines only */
	assert_non_null(strstr(seen, "message 499\r\n"));
}

static void test_console_translates_and_splits(void **state)
{
	char text[600];

	(void)state;
	memset(text, '\n', sizeof(text));
	longest = 0;
	console_write(text, sizeof(text));
	assert_int_equal(seen_len, 2 * sizeof(text));
	assert_true(longest <= 128);
	for (size_t i = 0; i < seen_len; i++)
		assert_int_equal(seen[i], i % 2 ? '\n' : '\r');
	seen_len = 0;
	console_write_raw("a\nb", 3);
	assert_string_equal(seen, "a\nb");
	console_fresh_line();
	console_fresh_line();
	console_write("", 0);
	assert_string_equal(seen, "a\nb\r\n");
}

static void nested(const char *buf, size_t len)
{
	static bool inside;

	take(buf, len);
	if (!inside) {
		inside = true;
		log_print(LOG_ERROR, "from inside");
		inside = false;
	}
}

static const struct platform nested_platform = { .console_write = nested };

static void test_message_within_a_message(void **state)
{
	(void)state;
	platform = &nested_platform;
	log_print(LOG_ERROR, "outside");
	assert_string_equal(seen, "[   0.000000] outside\r\n[   0.000000] from inside\r\n");
	assert_true(host_interrupts);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_early_messages_appear_with_the_first_console),
		TEST(test_level),
		TEST(test_long_and_dirty_messages),
		TEST(test_tail_after_wrapping),
		TEST(test_console_translates_and_splits),
		TEST(test_message_within_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
