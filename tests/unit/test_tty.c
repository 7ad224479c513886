/* sources: core/tty.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The line discipline: what is read, and what the user sees while typing. */
#include "tests/unit/host_stubs.h"

#include <string.h>

#include "core/tty.h"
#include "include/errno.h"

static struct tty tty;
static char shown[8192];
static size_t shown_len;

static void show(void *ctx, const char *text, size_t len)
{
	assert_ptr_equal(ctx, &tty);
	assert_true(shown_len + len < sizeof(shown));
	memcpy(shown + shown_len, text, len);
	shown_len += len;
	shown[shown_len] = '\0';
}

static int setup(void **state)
{
	(void)state;
	shown_len = 0;
	shown[0] = '\0';
	tty_init(&tty, show, &tty);
	return 0;
}

/* Types text; no signal is expected. */
static void type(const char *text)
{
	while (*text)
		assert_int_equal(tty_input(&tty, *text++), 0);
}

/* The next read gives exactly this. */
static void expect_read(const char *text)
{
	char buf[TTY_BUFFER];
	long n = tty_read(&tty, buf, sizeof(buf));

	assert_int_equal(n, strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

static void expect_nothing(void)
{
	char c;

	assert_false(tty_readable(&tty));
	assert_int_equal(tty_read(&tty, &c, 1), -EAGAIN);
}

static void change_flags(tcflag_t clear, tcflag_t set)
{
	struct termios t = tty.termios;

	t.c_lflag = (t.c_lflag & ~clear) | set;
	tty_set(&tty, &t);
}

static void test_line_is_read_when_it_ends(void **state)
{
	(void)state;
	type("hello");
	expect_nothing();
	type("\r");
	assert_int_equal(tty_count(&tty), 6);
	expect_read("hello\n");
	expect_nothing();
	assert_string_equal(shown, "hello\n");
}

static void test_one_read_one_line(void **state)
{
	char c[3];

	(void)state;
	type("ab\ncd\n");
	assert_int_equal(tty_read(&tty, c, 2), 2);
	assert_memory_equal(c, "ab", 2);
	expect_read("\n");
	expect_read("cd\n");
	expect_nothing();
}

static void test_erase(void **state)
{
	(void)state;
	type("abx\177c\b\bd\n");
	expect_read("ad\n");
	assert_string_equal(shown, "abx\b \bc\b \b\b \bd\n");
}

static void test_erase_stops_at_the_line(void **state)
{
	(void)state;
	type("one\n\177\177x\n");
	expect_read("one\n");
	expect_read("x\n");
	assert_string_equal(shown, "one\nx\n");
}

static void test_erase_takes_a_whole_utf8_character(void **state)
{
	(void)state;
	type("a\xc3\xa4\xe2\x82\xac\177\177b\n");
	expect_read("ab\n");
	assert_string_equal(shown, "a\xc3\xa4\xe2\x82\xac\b \b\b \bb\n");
}

static void test_erase_of_a_control_character_takes_two_columns(void **state)
{
	(void)state;
	type("\001\177\n");
	expect_read("\n");
	assert_string_equal(shown, "^A\b \b\b \b\n");
}

static void test_word_erase_and_kill(void **state)
{
	(void)state;
	type("two words  \027x\n");
	expect_read("two x\n");
	type("gone\025kept\n");
	expect_read("kept\n");
}

static void test_kill_without_visual_erase(void **state)
{
	(void)state;
	change_flags(ECHOKE, 0);
	type("gone\025kept\n");
	expect_read("kept\n");
	assert_string_equal(shown, "gone^U\nkept\n");
}

static void test_end_of_file(void **state)
{
	(void)state;
	type("\004");
	assert_true(tty_readable(&tty));
	assert_int_equal(tty_count(&tty), 0);
	expect_read("");
	expect_nothing();
	type("part\004");
	expect_read("part");
	expect_nothing();
	type("line\n\004");
	expect_read("line\n");
	expect_read("");
	expect_nothing();
}

static void test_end_of_file_behind_a_full_read(void **state)
{
	char buf[4];

	(void)state;
	type("part\004");
	assert_int_equal(tty_read(&tty, buf, 4), 4);
	expect_nothing(); /* the ^D ended the line, and is not an end of file of its own */
}

static void test_signals(void **state)
{
	(void)state;
	type("old\nnew");
	assert_int_equal(tty_input(&tty, 3), 2);
	expect_nothing();
	type("\n");
	expect_read("\n");
	assert_int_equal(tty_input(&tty, 034), 3);
	change_flags(ISIG, 0);
	type("\003\n");
	expect_read("\003\n");
	change_flags(0, ISIG | NOFLSH);
	type("kept");
	assert_int_equal(tty_input(&tty, 3), 2);
	type("\n");
	expect_read("kept\n");
}

static void test_raw_mode(void **state)
{
	(void)state;
	type("typed");
	change_flags(ICANON | ECHO | ISIG, 0);
	expect_read("typed");
	shown_len = 0;
	shown[0] = '\0';
	type("\177\003\004");
	expect_read("\177\003\004");
	assert_string_equal(shown, "");
}

static void test_end_of_file_means_nothing_in_raw_mode(void **state)
{
	(void)state;
	type("\004x\n");
	change_flags(ICANON, 0);
	expect_read("x\n");
	type("y");
	expect_read("y");
}

static void test_carriage_return(void **state)
{
	struct termios t = tty.termios;

	(void)state;
	t.c_iflag = IGNCR | INLCR;
	tty_set(&tty, &t);
	change_flags(ICANON, 0);
	type("a\rb\n");
	expect_read("ab\r");
	t = tty.termios;
	t.c_iflag = 0;
	tty_set(&tty, &t);
	type("\r\n");
	expect_read("\r\n");
	t.c_iflag = ISTRIP;
	tty_set(&tty, &t);
	type("\xe1");
	expect_read("a");
}

static void test_echo_off(void **state)
{
	(void)state;
	change_flags(ECHO, 0);
	type("secret\177\n");
	expect_read("secre\n");
	assert_string_equal(shown, "");
	change_flags(0, ECHONL);
	type("x\n");
	assert_string_equal(shown, "\n");
}

static void test_overlong_line_is_cut_but_ends(void **state)
{
	char buf[TTY_BUFFER];

	(void)state;
	for (int i = 0; i < 3 * TTY_BUFFER; i++) {
		assert_true(tty_room(&tty) > 0);
		tty_input(&tty, 'x');
	}
	expect_nothing();
	tty_input(&tty, '\n');
	assert_int_equal(tty_read(&tty, buf, sizeof(buf)), TTY_BUFFER);
	assert_int_equal(buf[TTY_BUFFER - 1], '\n');
	assert_int_equal(buf[TTY_BUFFER - 2], 'x');
	expect_nothing();
}

static void test_full_buffer_takes_nothing_more(void **state)
{
	(void)state;
	change_flags(ICANON, 0);
	for (int i = 0; i < TTY_BUFFER; i++)
		tty_input(&tty, 'x');
	assert_int_equal(tty_room(&tty), 0);
	tty_input(&tty, 'y');
	assert_int_equal(tty_count(&tty), TTY_BUFFER);
	tty_flush(&tty);
	assert_int_equal(tty_room(&tty), TTY_BUFFER);
	expect_nothing();
}

static void test_pipe_takes_every_byte(void **state)
{
	char all[256], buf[TTY_BUFFER];

	(void)state;
	tty_be_pipe(&tty);
	for (int c = 0; c < 256; c++) {
		all[c] = (char)c;
		assert_int_equal(tty_input(&tty, (char)c), 0);
		if (c == TTY_PIPE_ESCAPE)
			assert_int_equal(tty_input(&tty, (char)c), 0);
	}
	assert_int_equal(tty_read(&tty, buf, sizeof(buf)), 256);
	assert_memory_equal(buf, all, 256);
	expect_nothing();
	assert_int_equal(shown_len, 0);
}

static void test_pipe_ends_once_and_for_all(void **state)
{
	char c;

	(void)state;
	tty_be_pipe(&tty);
	type("a\020");
	expect_read("a");
	expect_nothing(); /* half of an escape is no byte */
	type("\004");
	assert_true(tty_readable(&tty));
	assert_int_equal(tty_count(&tty), 0);
	assert_int_equal(tty_read(&tty, &c, 1), 0);
	assert_int_equal(tty_read(&tty, &c, 1), 0);
	assert_true(tty_readable(&tty));
}

static void test_random_input_keeps_count(void **state)
{
	static const char keys[] = "ab \n\r\b\177\004\025\027\xc3\xa4";
	char buf[64];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t count = tty_count(&tty);
		long n;

		shown_len = 0;
		if (host_random_below(3)) {
			tty_input(&tty, keys[host_random_below(sizeof(keys) - 1)]);
			continue;
		}
		if (host_random_below(100) == 0)
			change_flags(ICANON, host_random_below(2) ? ICANON : 0);
		count = tty_count(&tty);
		n = tty_read(&tty, buf, 1 + host_random_below(sizeof(buf)));
		assert_int_equal(tty_count(&tty), count - (n > 0 ? (size_t)n : 0));
		assert_true(tty_room(&tty) <= TTY_BUFFER);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_line_is_read_when_it_ends),
		TEST(test_one_read_one_line),
		TEST(test_erase),
		TEST(test_erase_stops_at_the_line),
		TEST(test_erase_takes_a_whole_utf8_character),
		TEST(test_erase_of_a_control_character_takes_two_columns),
		TEST(test_word_erase_and_kill),
		TEST(test_kill_without_visual_erase),
		TEST(test_end_of_file),
		TEST(test_end_of_file_behind_a_full_read),
		TEST(test_signals),
		TEST(test_raw_mode),
		TEST(test_end_of_file_means_nothing_in_raw_mode),
		TEST(test_carriage_return),
		TEST(test_echo_off),
		TEST(test_overlong_line_is_cut_but_ends),
		TEST(test_full_buffer_takes_nothing_more),
		TEST(test_pipe_takes_every_byte),
		TEST(test_pipe_ends_once_and_for_all),
		TEST(test_random_input_keeps_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
