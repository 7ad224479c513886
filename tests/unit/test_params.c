/* sources: core/params.c lib/string.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Splitting the command line. */
#include "tests/unit/host_stubs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/params.h"

static struct params params;
static char *line;

/* Parses a copy that is exactly as long as it must be. */
static int parse(const char *text)
{
	free(line);
	line = strdup(text);
	return params_parse(&params, line);
}

static int teardown(void **state)
{
	(void)state;
	free(line);
	line = NULL;
	return 0;
}

/* Writes a list as "[a][b]". */
static const char *joined(char **list, unsigned count)
{
	static char text[8192];
	char *p = text;

	assert_null(list[count]);
	for (unsigned i = 0; i < count; i++)
		p += sprintf(p, "[%s]", list[i]);
	*p = '\0';
	return text;
}

static void check(const char *text, const char *argv, const char *envp, const char *opts)
{
	assert_int_equal(parse(text), 0);
	assert_string_equal(joined(params.argv, params.argc), argv);
	assert_string_equal(joined(params.envp, params.envc), envp);
	assert_string_equal(joined(params.opts, params.optc), opts);
}

static void test_kinds(void **state)
{
	(void)state;
	check("", "", "", "");
	check("   \t \n ", "", "", "");
	check("one two", "[one][two]", "", "");
	check("  one\ttwo\r\n", "[one][two]", "", "");
	check("PATH=/bin one pagurus.loglevel=7 pagurus.trace", "[one]", "[PATH=/bin]",
	      "[loglevel=7][trace]");
	check("A= _x1=2 1a=3 a-b=4 =5 a", "[1a=3][a-b=4][=5][a]", "[A=][_x1=2]", "");
	check("a A=1 -- B=2 pagurus.x -- c", "[a][B=2][pagurus.x][--][c]", "[A=1]", "");
	check("-- ", "", "", "");
	check("--x -", "[--x][-]", "", "");
	check("pagurus", "[pagurus]", "", "");
	check("pagurus.", "", "", "[]");
}

static void test_quotes(void **state)
{
	(void)state;
	check("'a b' \"c d\"", "[a b][c d]", "", "");
	check("a' 'b\" \"c", "[a b c]", "", "");
	check("'' \"\" x", "[][][x]", "", "");
	check("'it\"s' \"it's\"", "[it\"s][it's]", "", "");
	check("a\\ b \\'c \\\"d \\\\e", "[a b]['c][\"d][\\e]", "", "");
	check("'a\\ b\\' x", "[a\\ b\\][x]", "", "");
	check("\"a\\\"b\\\\c\\d\"", "[a\"b\\cd]", "", "");
	check("end\\", "[end\\]", "", "");
	check("X='a b' pagurus.y=\"c d\"", "", "[X=a b]", "[y=c d]");
	check("'X=a b'", "", "[X=a b]", "");
}

static void test_quote_without_end(void **state)
{
	(void)state;
	assert_int_equal(parse("a X=1 'b c"), -EINVAL);
	assert_string_equal(joined(params.argv, params.argc), "[a]");
	assert_string_equal(joined(params.envp, params.envc), "[X=1]");
	assert_int_equal(parse("\"a\\\""), -EINVAL);
	assert_int_equal(params.argc, 0);
	assert_int_equal(parse("'"), -EINVAL);
}

/* n words "a" (or what prefix makes of them). */
static int parse_many(const char *word, unsigned n)
{
	char text[8192], *p = text;

	for (unsigned i = 0; i < n; i++)
		p += sprintf(p, "%s ", word);
	return parse(text);
}

static void test_too_many_words(void **state)
{
	(void)state;
	assert_int_equal(parse_many("a", PARAMS_MAX), 0);
	assert_int_equal(params.argc, PARAMS_MAX);
	assert_int_equal(parse_many("a", PARAMS_MAX + 1), -E2BIG);
	assert_int_equal(params.argc, PARAMS_MAX);
	assert_null(params.argv[PARAMS_MAX]);
	assert_int_equal(parse_many("a=1", PARAMS_MAX + 1), -E2BIG);
	assert_null(params.envp[PARAMS_MAX]);
	assert_int_equal(parse_many("pagurus.a", PARAMS_MAX + 1), -E2BIG);
	assert_null(params.opts[PARAMS_MAX]);
}

static void test_option(void **state)
{
	(void)state;
	parse("pagurus.level=3 pagurus.trace pagurus.level=7 pagurus.levels=9 level=1 pagurus.empty= "
	      "pagurus.b=1 pagurus.b -- pagurus.late=1");
	assert_string_equal(params_option(&params, "level"), "7");
	assert_string_equal(params_option(&params, "trace"), "");
	assert_string_equal(params_option(&params, "empty"), "");
	assert_string_equal(params_option(&params, "b"), "");
	assert_null(params_option(&params, "lev"));
	assert_null(params_option(&params, "late"));
	assert_null(params_option(&params, "tracer"));
}

/* Words of random characters, quoted as a shell would want them, come back as they were. */
static void test_round_trip(void **state)
{
	(void)state;
	for (unsigned run = 0; run < 20000; run++) {
		static const char letters[] = "ab =-'\"\\\t$1_";
		char words[6][12], text[512], *p = text;
		unsigned n = host_random_below(6);

		p += sprintf(p, "-- ");
		for (unsigned i = 0; i < n; i++) {
			unsigned len = host_random_below(11), how = host_random_below(3);

			for (unsigned j = 0; j < len; j++)
				words[i][j] = letters[host_random_below(sizeof(letters) - 1)];
			words[i][len] = '\0';
			if (how == 0 && strchr(words[i], '\''))
				how = 1;
			if (how == 2 && !len)
				how = 0;
			*p = "'\"\0"[how];
			p += how < 2;
			for (const char *w = words[i]; *w; w++) {
				if ((how == 1 && strchr("\"\\", *w)) || (how == 2 && strchr(" \t'\"\\", *w)))
					*p++ = '\\';
				*p++ = *w;
			}
			*p = "'\"\0"[how];
			p += how < 2;
			*p++ = ' ';
		}
		*p = '\0';
		assert_int_equal(parse(text), 0);
		assert_int_equal(params.argc, n);
		for (unsigned i = 0; i < n; i++)
			assert_string_equal(params.argv[i], words[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_kinds, teardown),
		cmocka_unit_test_teardown(test_quotes, teardown),
		cmocka_unit_test_teardown(test_quote_without_end, teardown),
		cmocka_unit_test_teardown(test_too_many_words, teardown),
		cmocka_unit_test_teardown(test_option, teardown),
		cmocka_unit_test_teardown(test_round_trip, teardown),
	};

	return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
