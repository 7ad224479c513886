// SPDX-License-Identifier: BSD-2-Clause
/* Calls of execve that come back, with the program as it was. */
#define _GNU_SOURCE
#include "exec.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BAD ((char **)hidden)
#define ONE_STRING (128 * 1024) /* the longest */

static char *volatile hidden = (char *)16; /* the compiler would warn */
static char *no_strings[] = { NULL };

static void make(const char *path, const void *data, size_t size, mode_t mode)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	ok(fd >= 0 && write(fd, data, size) == (ssize_t)size && fchmod(fd, mode) == 0 && close(fd) == 0,
	   "made %s", path);
}

static int at(int dir, const char *path, int flags)
{
	return (int)syscall(SYS_execveat, dir, path, no_strings, no_strings, flags);
}

static void test_files(void)
{
	make("plain", "text", 4, 0644);
	make("text", "text", 4, 0755);
	make("empty", "", 0, 0755);
	make("lost", "#!/none/at/all\n", 15, 0755);
	make("nobody", "#!\n", 3, 0755);
	make("round", "#!./round\n", 10, 0755);
	ok(symlink("ring", "ring") == 0 && symlink("text", "link") == 0, "links");
	fails(execve("none", no_strings, no_strings), ENOENT, "no such file");
	fails(execve("", no_strings, no_strings), ENOENT, "no name");
	fails(execve("plain/x", no_strings, no_strings), ENOTDIR, "a file is no directory");
	fails(execve("/tmp", no_strings, no_strings), EACCES, "a directory");
	fails(execve("ring", no_strings, no_strings), ELOOP, "a link to itself");
	fails(execve("text", no_strings, no_strings), ENOEXEC, "text");
	fails(execve("empty", no_strings, no_strings), ENOEXEC, "nothing");
	fails(execve("nobody", no_strings, no_strings), ENOEXEC, "a script without interpreter");
	fails(execve("lost", no_strings, no_strings), ENOENT,
	      "a script whose interpreter is not there");
	fails(execve("round", no_strings, no_strings), ELOOP, "a script that interprets itself");
	if (chmod("plain", 0644) == 0)
		fails(execve("plain", no_strings, no_strings), EACCES, "not executable");
	fails(at(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW), ELOOP, "not through a link");
	fails(at(AT_FDCWD, "text", 0x8000), EINVAL, "unknown flags");
	fails(at(77, "text", 0), EBADF, "no such descriptor");
}

/* The file that runs, with a byte changed: what is wrong must be seen before the program ends. */
static void test_broken(void)
{
	static char data[1 << 20];
	int fd = open(SELF, O_RDONLY);
	ssize_t n = read(fd, data, sizeof(data));

	close(fd);
	data[18] ^= 1; /* e_machine */
	make("broken", data, (size_t)n, 0755);
	fails(execve("broken", no_strings, no_strings), ENOEXEC, "for another machine");
	unlink("broken");
}

/* A file that may be written to does not run, and one that runs is not written to. */
static void test_written_to(void)
{
	static char data[4];
	int fd, other;

	make("script", "#!" SELF "\n", sizeof("#!" SELF "\n") - 1, 0755);
	fd = open("script", O_WRONLY);
	fails(execve("script", no_strings, no_strings), ETXTBSY, "open for writing");
	other = dup(fd);
	close(fd);
	fails(execve("script", no_strings, no_strings), ETXTBSY, "as long as one descriptor is left");
	close(other);
	fails(open(SELF, O_WRONLY), ETXTBSY, "the file that runs is not opened for writing");
	fails(open(SELF, O_RDWR | O_TRUNC), ETXTBSY, "nor emptied");
	fails(truncate(SELF, 0), ETXTBSY, "nor cut off");
	fd = open(SELF, O_RDONLY);
	ok(read(fd, data, 4) == 4 && data[1] == 'E', "but read");
	close(fd);
	ok((fd = open("script", O_WRONLY)) >= 0 && close(fd) == 0, "the other one may be written to");
	unlink("script");
}

static void test_strings(void)
{
	char *text = malloc(ONE_STRING + 2), *argv[] = { "a", text, NULL };
	size_t many = 100000;
	char **list = calloc(many + 1, sizeof(*list));

	memset(text, 'x', ONE_STRING + 1);
	text[ONE_STRING + 1] = '\0';
	fails(execve(SELF, argv, no_strings), E2BIG, "a string that is too long");
	fails(execve(SELF, no_strings, argv), E2BIG, "the same in the environment");
	text[ONE_STRING / 2] = '\0';
	for (size_t i = 0; i < many; i++)
		list[i] = text;
	fails(execve(SELF, list, no_strings), E2BIG, "too many strings");
	fails(execve(SELF, BAD, no_strings), EFAULT, "arguments that are nowhere");
	fails(execve(SELF, no_strings, BAD), EFAULT, "an environment that is nowhere");
	argv[1] = (char *)BAD;
	fails(execve(SELF, argv, no_strings), EFAULT, "an argument that is nowhere");
	fails(syscall(SYS_execve, BAD, no_strings, no_strings), EFAULT, "a path that is nowhere");
	free(text);
	free(list);
}

void test_refused(void)
{
	static const char *const names[] = { "plain",  "text",  "empty", "lost",
		                                 "nobody", "round", "ring",  "link" };
	char dir[] = "/tmp/exec-XXXXXX";

	ok(mkdtemp(dir) && chdir(dir) == 0, "a directory of its own");
	test_files();
	test_broken();
	test_written_to();
	test_strings();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(names[i]);
	ok(chdir("/tmp") == 0 && rmdir(dir) == 0, "everything was removed again");
}
