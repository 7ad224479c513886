/* sources: fs/cpio.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Archives as cpio writes them, and what can be wrong with them. */
#include "tests/unit/host_stubs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cpio.h"

/* What cpio_next() reads ends where the sanitizer knows it. */
static char *archive;
static size_t length;

static void append(const void *data, size_t n)
{
	archive = realloc(archive, length + n);
	memcpy(archive + length, data, n);
	length += n;
}

static void align(void)
{
	append("\0\0\0", -length % 4);
}

/* name_size: with the NULs behind. */
static void add_padded(const char *name, size_t name_size, unsigned mode, const char *data,
                       size_t size)
{
	char header[111];
	char *padded = calloc(1, name_size);

	memcpy(padded, name, strnlen(name, name_size));
	sprintf(header, "070701%08X%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", 0xABCD, mode, 1,
	        2, 1, 3, size, 4, 5, 6, 7, name_size, 0);
	append(header, 110);
	append(padded, name_size);
	align();
	append(data, size);
	align();
	free(padded);
}

static void add(const char *name, unsigned mode, const char *data)
{
	add_padded(name, strlen(name) + 1, mode, data, strlen(data));
}

static int setup(void **state)
{
	(void)state;
	archive = malloc(1);
	length = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(archive);
	return 0;
}

static struct cpio opened(void)
{
	struct cpio cpio;

	cpio_open(&cpio, archive, length);
	return cpio;
}

static void check_entry(struct cpio *cpio, const char *name, const char *data)
{
	const struct cpio_entry *e = &cpio->entry;
	const char *slash = strrchr(name, '/');

	assert_int_equal(cpio_next(cpio), 1);
	assert_int_equal(e->name_len, strlen(name));
	assert_memory_equal(e->name, name, e->name_len);
	assert_int_equal(e->dir_len, slash ? slash - name : 0);
	assert_int_equal(e->size, strlen(data));
	assert_memory_equal(e->data, data, e->size);
}

static void check_end(struct cpio *cpio)
{
	assert_int_equal(cpio_next(cpio), 0);
}

static void check_refused(const char *problem)
{
	struct cpio cpio = opened();
	int result;

	while ((result = cpio_next(&cpio)) > 0)
		;
	assert_int_equal(result, -EINVAL);
	assert_non_null(strstr(cpio.problem, problem));
}

static void test_entries(void **state)
{
	const struct cpio_entry *e;
	struct cpio cpio;

	(void)state;
	add("dir", 0040755, "");
	add("dir/file", 0100644, "content");
	add("link", 0120777, "dir/file");
	add("TRAILER!!!", 0, "");
	cpio = opened();
	check_entry(&cpio, "dir", "");
	e = &cpio.entry;
	assert_int_equal(cpio_next(&cpio), 1);
	assert_memory_equal(e->data, "content", 7);
	assert_int_equal(e->ino, 0xabcd);
	assert_int_equal(e->mode, 0100644);
	assert_int_equal(e->uid, 1);
	assert_int_equal(e->gid, 2);
	assert_int_equal(e->nlink, 1);
	assert_int_equal(e->mtime, 3);
	assert_int_equal(cpio_device(e->dev_major, e->dev_minor), 0x405);
	assert_int_equal(cpio_device(e->rdev_major, e->rdev_minor), 0x607);
	check_entry(&cpio, "link", "dir/file");
	check_end(&cpio);
	check_end(&cpio);
}

static void test_names_are_relative(void **state)
{
	static const char *const names[][2] = {
		{ "/a", "a" },      { "./a", "a" },   { ".//./a", "a" },
		{ "a/", "a" },      { ".", "" },      { "/", "" },
		{ "./", "" },       { "..a", "..a" }, { "a/..b/c", "a/..b/c" },
		{ "a/b.", "a/b." }, { "a/.", "a" },   { "a/b/./", "a/b" },
	};
	struct cpio cpio;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add(names[i][0], 0100644, "");
	cpio = opened();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_entry(&cpio, names[i][1], "");
	check_end(&cpio);
}

/* What is read faster because the entry before is in the same directory. */
static void test_same_directory(void **state)
{
	static const struct {
		const char *name, *read;
		bool same;
	} names[] = {
		{ "a", "a", true },
		{ "./lib/first", "lib/first", false },
		{ "./lib/x", "lib/x", true },
		{ "./lib/..x", "lib/..x", false },
		{ "./lib/x/y", "lib/x/y", false },
		{ "./lib/x/yz", "lib/x/yz", true },
		{ "./lib/xx", "lib/xx", false },
		{ "lib/xy", "lib/xy", false },
		{ "lib/a-name-of-some-length", "lib/a-name-of-some-length", true },
		{ "b", "b", false },
		{ "c", "c", true },
	};
	struct cpio cpio;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		add(names[i].name, 0100644, "");
		if (i == 1)
			add("TRAILER!!!", 0, "");
	}
	cpio = opened();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		check_entry(&cpio, names[i].read, "");
		assert_int_equal(cpio.entry.same_dir, names[i].same);
	}
	check_end(&cpio);
	add("c/", 0100644, "");
	add("c/..", 0100644, "");
	check_refused("leads out");
}

static void test_padded_names(void **state)
{
	struct cpio cpio;

	(void)state;
	add_padded("a", 4096 - 110, 0100644, "on a page", 9);
	cpio = opened();
	check_entry(&cpio, "a", "on a page");
	assert_memory_equal(archive + 4096, "on a page", 9);
	check_end(&cpio);
}

static void test_several_archives(void **state)
{
	char zeros[512] = { 0 };
	struct cpio cpio;

	(void)state;
	add("a", 0100644, "1");
	add("TRAILER!!!", 0, "");
	append(zeros, 512 - length % 512);
	add("b", 0100644, "2");
	add("TRAILER!!!", 0, "");
	append(zeros, 3);
	cpio = opened();
	check_entry(&cpio, "a", "1");
	check_entry(&cpio, "b", "2");
	check_end(&cpio);
}

static void test_torn(void **state)
{
	(void)state;
	add("a", 0100644, "0123456789");
	for (size_t cut = 1; cut < length; cut++) {
		char *part = malloc(cut);
		struct cpio cpio;

		cpio_open(&cpio, part, cut);
		memcpy(part, archive, cut);
		/* Only the padding behind the data may be missing. */
		assert_int_equal(cpio_next(&cpio), cut < length - 2 ? -EINVAL : 1);
		free(part);
	}
}

static void test_lies(void **state)
{
	static const struct {
		size_t at;
		const char *bytes, *problem;
	} lies[] = {
		{ 0, "070707", "no header" },         { 6, "xyz", "hexadecimal" },
		{ 54, "ffffffff", "cut off" },    /* the file's size */
		{ 94, "00000000", "impossible" }, /* the name's */
		{ 94, "ffffffff", "impossible" },     { 94, "0000fff0", "cut off" },
		{ 94, "00000001", "without an end" },
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		teardown(state);
		setup(state);
		add("a", 0100644, "0123456789");
		memcpy(archive + lies[i].at, lies[i].bytes, strlen(lies[i].bytes));
		check_refused(lies[i].problem);
	}
}

static void test_ways_out(void **state)
{
	static const char *const names[] = { "..", "../a", "a/../b", "a/..", "/../a" };
	char longest[300];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		teardown(state);
		setup(state);
		add(names[i], 0100644, "");
		check_refused("leads out");
	}
	memset(longest, 'x', sizeof(longest));
	longest[256] = '\0';
	add(longest, 0100644, "");
	check_refused("too long");
}

/* Every character in every place of a field: digits have their value, all else is refused. */
static void test_digits(void **state)
{
	const size_t fields = 6, size_field = 6;

	(void)state;
	add("name", 0100644, "");
	for (int c = 0; c < 256; c++) {
		const char *digits = "0123456789abcdefABCDEF", *found = c ? strchr(digits, c) : NULL;
		int value = found ? (int)(found - digits) - (found - digits > 15 ? 6 : 0) : -1;

		for (size_t place = 0; place < 8; place++) {
			/* The time, which may be anything. */
			char *at = archive + fields + (size_field - 1) * 8 + place, before = *at;
			struct cpio cpio = opened();

			*at = (char)c;
			if (value < 0) {
				assert_int_equal(cpio_next(&cpio), -EINVAL);
			} else {
				assert_int_equal(cpio_next(&cpio), 1);
				assert_int_equal(cpio.entry.mtime >> (28 - 4 * place) & 15, value);
			}
			*at = before;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_are_relative, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_padded_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_several_archives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_torn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ways_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_digits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
