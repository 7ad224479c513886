/* SPDX-License-Identifier: BSD-2-Clause */
/* console: the standard streams. Without arguments it checks itself; "lines COUNT" prints numbered
 * lines for the other side to check; "echo" prints back the lines that it reads; "prompt" asks
 * without a newline and reads one word. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../tap.h"

TAP_STATE;

static void test_writev(void)
{
	struct iovec pieces[] = {
		{ "# one ", 6 }, { "", 0 }, { NULL, 0 }, { "two ", 4 }, { "three\n", 6 }
	};

	fflush(stdout);
	is(writev(1, pieces, 5), 16, "writev writes all of its pieces");
	is(writev(2, pieces, 0), 0, "writev of no piece is 0");
	errno = 0;
	ok(writev(1, pieces, -1) == -1 && errno == EINVAL, "writev of -1 pieces is EINVAL");
	errno = 0;
	ok(writev(77, pieces, 5) == -1 && errno == EBADF, "writev to no file is EBADF");
}

static void test_write(void)
{
	static const char line[] = "# to standard error\n";

	fflush(stdout);
	is(write(2, line, sizeof(line) - 1), sizeof(line) - 1, "write to standard error");
	is(write(1, line, 0), 0, "write of nothing is 0");
	errno = 0;
	ok(write(-1, line, 1) == -1 && errno == EBADF, "write to -1 is EBADF");
	errno = 0;
	ok(write(1, (char *)16, 4) == -1 && errno == EFAULT, "write from nowhere is EFAULT");
}

static void test_kind(void)
{
	struct stat st;

	is(fstat(1, &st), 0, "fstat of standard output");
	ok(S_ISCHR(st.st_mode) || !isatty(1), "a terminal is a character device");
#ifdef __pagurus__
	struct winsize size = { 0 };

	ok(isatty(0) && isatty(1) && isatty(2), "all three streams are a terminal");
	is(ioctl(1, TIOCGWINSZ, &size), 0, "its size can be asked for");
	errno = 0;
	ok(lseek(1, 0, SEEK_SET) == -1 && errno == ESPIPE, "a terminal has no position");
#endif
	errno = 0;
	ok(ioctl(77, TIOCGWINSZ, NULL) == -1 && errno == EBADF, "ioctl on no file is EBADF");
	errno = 0;
	ok(close(77) == -1 && errno == EBADF, "close of no file is EBADF");
}

/* Lines whose content follows from their number: a lost, doubled or torn one is seen. */
static int print_lines(int count)
{
	uint32_t seed = 1;

	for (int i = 0; i < count; i++) {
		seed = seed * 1664525 + 1013904223;
		printf("line %06d %08x %.*s\n", i, (unsigned)seed, (int)(seed >> 26),
		       "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+");
	}
	printf("end %d\n", count);
	return 0;
}

static int echo(void)
{
	char line[300];
	int count = 0;

	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		printf("got %d <%s>\n", ++count, line);
		fflush(stdout);
		if (strcmp(line, "quit") == 0)
			return 7;
	}
	printf("end of input after %d lines\n", count);
	return ferror(stdin) ? 1 : 0;
}

static int prompt(void)
{
	char word[40];

	printf("your name? ");
	fflush(stdout);
	if (scanf("%39s", word) != 1)
		return 1;
	printf("hello, %s\n", word);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "lines") == 0)
		return print_lines(atoi(argv[2]));
	if (argc > 1 && strcmp(argv[1], "echo") == 0)
		return echo();
	if (argc > 1 && strcmp(argv[1], "prompt") == 0)
		return prompt();
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	test_writev();
	test_write();
	test_kind();
	return tap_done();
}
