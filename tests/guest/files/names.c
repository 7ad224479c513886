// SPDX-License-Identifier: BSD-2-Clause
/* Names: paths, links, directories, renaming, attributes. */
#define _GNU_SOURCE
#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MANY 50
#define ROUNDS 3000

static struct stat st;

static void test_paths(void)
{
	char longest[300], path[PATH_MAX];

	is(mkdir("d", 0755), 0, "mkdir");
	fails(mkdir("d", 0755), EEXIST, "mkdir of what is there");
	is(mkdir("d/e/", 0755), 0, "mkdir with a slash behind");
	is(write_file("d/e/f", "text"), 0, "a file");
	is_string(read_file("./d//e/../e/./f"), "text", "dots and slashes");
	fails(stat("d/x/../e", &st), ENOENT, ".. of what is not there");
	fails(stat("d/e/f/", &st), ENOTDIR, "a slash behind a file");
	fails(stat("d/e/f/..", &st), ENOTDIR, ".. of a file");
	fails(stat("", &st), ENOENT, "the empty path");
	is(stat("/../..", &st), 0, "above the root is the root");
	fails(open("d/e/g/", O_CREAT | O_WRONLY, 0644), EISDIR, "a new file with a slash behind");
	fails(open("d/e", O_WRONLY), EISDIR, "a directory for writing");
	fails(open("d/e/f", O_RDONLY | O_DIRECTORY), ENOTDIR, "O_DIRECTORY of a file");
	fails(open("d/e/f", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST, "O_EXCL");
	memset(longest, 'n', sizeof(longest));
	longest[255] = '\0';
	is(write_file(longest, "x"), 0, "a name of 255 bytes");
	is(unlink(longest), 0, "which goes away");
	longest[255] = 'n';
	longest[256] = '\0';
	fails(open(longest, O_CREAT | O_RDWR, 0644), ENAMETOOLONG, "a name of 256 bytes");
	memset(path, '/', sizeof(path));
	path[PATH_MAX - 1] = '\0';
	is(stat(path, &st), 0, "a path of PATH_MAX");
	fails(syscall(SYS_access, (char *)8, 0), EFAULT, "a bad pointer");
	fails(chdir("d/e/f"), ENOTDIR, "chdir to a file");
	is(chdir("d/e"), 0, "chdir");
	ok(getcwd(path, sizeof(path)) && strcmp(path + strlen(path) - 4, "/d/e") == 0, "getcwd: %s",
	   path);
	fails(syscall(SYS_getcwd, path, 3L), ERANGE, "getcwd without room");
	is(chdir("../.."), 0, "and back");
}

static void test_links(void)
{
	char text[16] = "";

	is(symlink("d/e", "s"), 0, "symlink");
	is_string(read_file("s/f"), "text", "through it");
	is(readlink("s", text, sizeof(text)), 3, "readlink");
	is(memcmp(text, "d/e", 3), 0, "gives its text");
	is(readlink("s", text, 2), 2, "and no more than there is room for");
	fails(readlink("d", text, sizeof(text)), EINVAL, "readlink of a directory");
	is(lstat("s", &st), 0, "lstat");
	ok(S_ISLNK(st.st_mode) && st.st_size == 3, "is about the link");
	is(lstat("s/", &st), 0, "lstat with a slash behind");
	ok(S_ISDIR(st.st_mode), "is about what it leads to");
	fails(open("s", O_RDONLY | O_NOFOLLOW), ELOOP, "O_NOFOLLOW");
	is(symlink("loop2", "loop1") | symlink("loop1", "loop2"), 0, "links in a circle");
	fails(stat("loop1", &st), ELOOP, "are noticed");
	is(symlink("new", "dangling"), 0, "a link to nothing");
	fails(open("dangling", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST, "O_EXCL does not follow it");
	is(write_file("dangling", "made"), 0, "creating through it");
	is_string(read_file("new"), "made", "makes what it names");
	is(link("new", "hard"), 0, "link");
	is(stat("hard", &st), 0, "stat of the second name");
	is(st.st_nlink, 2, "counts two");
	fails(link("d", "hard-directory"), EPERM, "no hard links to directories");
	fails(link("new", "hard"), EEXIST, "link onto what is there");
	is(unlink("new"), 0, "unlink of the first name");
	is_string(read_file("hard"), "made", "leaves the file");
	is(linkat(AT_FDCWD, "dangling", AT_FDCWD, "link-of-link", 0), 0, "link of a link");
	is(lstat("link-of-link", &st), 0, "lstat of it");
	ok(S_ISLNK(st.st_mode), "is a link too");
	is(unlink("hard") | unlink("dangling") | unlink("s") | unlink("loop1") | unlink("loop2") |
	       unlink("link-of-link"),
	   0, "all go away");
}

static long exchange(const char *a, const char *b)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2L);
}

/* Called with a directory y/in and the files b and c. */
static void test_exchange(void)
{
	nlink_t links = (stat(".", &st), st.st_nlink);
	char name[8];

	is(mkdir("p", 0755) | mkdir("p/q", 0755) | write_file("p/q/f", "F"), 0, "a directory in one");
	is(exchange("p/q", "y"), 0, "RENAME_EXCHANGE of two directories");
	is_string(read_file("y/f"), "F", "what is in them goes with them");
	is(stat("p/q/in", &st), 0, "both ways");
	fails(stat("y/in", &st), ENOENT, "and is no more where it was");
	is(chdir("y") | chdir("..") | stat("p", &st), 0, ".. is where a directory is now");
	is((int)st.st_nlink, 3, "links of a directory");
	is(exchange("y", "p/q"), 0, "and back");
	is(exchange("p/q", "b"), 0, "a directory and a file, in two directories");
	is_string(read_file("p/q"), "C", "the file");
	is_string(read_file("b/f"), "F", "the directory");
	is(stat("p", &st) | (int)st.st_nlink, 2, "the links follow");
	is(stat(".", &st) | (int)(st.st_nlink - links), 2, "in the other one too");
	is(exchange("b", "p/q"), 0, "and back again");
	fails(exchange("p", "p/q"), EINVAL, "one with what is in it");
	fails(exchange("p/q", "p"), EINVAL, "the other way round");
	fails(exchange("p", "nothing"), ENOENT, "with nothing");
	is(exchange("p", "p"), 0, "with itself");
	is(unlink("p/q/f") | rmdir("p/q") | rmdir("p"), 0, "all of it goes away");
	is(write_file("e1", "1") | write_file("e2", "2") | exchange("e1", "e2") | unlink("e1"), 0,
	   "two files in exchange, and one of them goes");
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "g%d", i);
		write_file(name, "g");
	}
	is_string(read_file("e2"), "1", "the name of the other is no part of it");
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "g%d", i);
		unlink(name);
	}
	is(unlink("e2"), 0, "nor is it lost");
}

static void *rename_often(void *mine)
{
	long lost = 0;

	for (int i = 0; i < ROUNDS; i++)
		if (rename("job", mine) == 0)
			lost += rename(mine, "job") != 0;
	return (void *)lost;
}

/* Of two threads that rename a file at a time one finds it, and the other cannot take it away then. */
static void test_rename_race(void)
{
	pthread_t first, second;
	void *a, *b;

	is(write_file("job", "j"), 0, "a file");
	is(pthread_create(&first, NULL, rename_often, "job.1") |
	       pthread_create(&second, NULL, rename_often, "job.2"),
	   0, "two threads");
	pthread_join(first, &a);
	pthread_join(second, &b);
	is((long)a + (long)b, 0, "who has renamed it has it");
	is(unlink("job"), 0, "and it is there again");
}

static void test_rename(void)
{
	is(write_file("a", "A") | write_file("b", "B"), 0, "two files");
	is(rename("a", "b"), 0, "rename onto a file");
	is_string(read_file("b"), "A", "replaces it");
	fails(stat("a", &st), ENOENT, "the old name is gone");
	fails(rename("a", "c"), ENOENT, "rename of nothing");
	fails(renameat(AT_FDCWD, "a", 1000, "c"), EBADF, "rename of nothing to no descriptor");
	is(rename("b", "b"), 0, "rename onto itself");
	is(mkdir("x", 0755) | mkdir("y", 0755) | mkdir("x/in", 0755), 0, "directories");
	fails(rename("b", "x"), EISDIR, "a file onto a directory");
	fails(rename("x", "b"), ENOTDIR, "a directory onto a file");
	fails(rename("y", "x"), ENOTEMPTY, "onto one that is not empty");
	fails(rename("x", "x/in/x"), EINVAL, "into itself");
	is(rename("x", "y"), 0, "onto an empty one");
	is(stat("y/in", &st), 0, "with what is in it");
	fails(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "y", 1L), EEXIST, "RENAME_NOREPLACE");
	is(write_file("c", "C"), 0, "a third file");
	is(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", 2L), 0, "RENAME_EXCHANGE");
	is_string(read_file("b"), "C", "changes them over");
	test_exchange();
	fails(rmdir("y"), ENOTEMPTY, "rmdir of one that is not empty");
	fails(unlink("y"), EISDIR, "unlink of a directory");
	fails(rmdir("b"), ENOTDIR, "rmdir of a file");
	fails(rmdir("y/."), EINVAL, "rmdir of .");
	is(rmdir("y/in") | rmdir("y") | unlink("b") | unlink("c"), 0, "all go away");
}

static int count_entries(const char *path, long *bytes)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int n = 0;

	*bytes = 0;
	while (dir && (e = readdir(dir))) {
		n++;
		*bytes += (long)strlen(e->d_name);
	}
	if (dir)
		closedir(dir);
	return n;
}

static void test_listing(void)
{
	DIR *dir;
	struct dirent *e;
	char name[300];
	long bytes, at;
	int seen = 0;

	is(mkdir("many", 0755), 0, "a directory");
	for (int i = 0; i < 1000; i++) {
		sprintf(name, "many/%d", i);
		if (write_file(name, "") != 0)
			break;
	}
	is(count_entries("many", &bytes), 1002, "1000 names, . and ..");
	is(bytes, 10 + 90 * 2 + 900 * 3 + 1 + 2, "each once");
	dir = opendir("many");
	for (int i = 0; i < 500; i++)
		e = readdir(dir);
	at = telldir(dir);
	e = readdir(dir);
	strcpy(name, e->d_name);
	seekdir(dir, at);
	e = readdir(dir);
	is_string(e->d_name, name, "seekdir goes back");
	rewinddir(dir);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.') {
			sprintf(name, "many/%s", e->d_name);
			seen += unlink(name) == 0;
		}
	closedir(dir);
	is(seen, 1000, "removing while listing finds all");
	is(count_entries("many", &bytes), 2, "it is empty now");
	is(rmdir("many"), 0, "and can go");
}

static void test_attributes(void)
{
	struct timespec times[2] = { { 1000000000, 123456789 }, { .tv_nsec = UTIME_OMIT } };
	struct statfs fs;
	struct stat before;
	int fd, dir;

	is(write_file("a", "12345"), 0, "a file");
	is(stat("a", &before), 0, "stat");
	ok(S_ISREG(before.st_mode) && (before.st_mode & 07777) == 0644, "mode after umask: %o",
	   before.st_mode);
	ok(before.st_size == 5 && before.st_nlink == 1 && before.st_ino, "size, links, number");
	is(chmod("a", 04711), 0, "chmod");
	is(stat("a", &st), 0, "stat again");
	is(st.st_mode & 07777, 04711, "new mode");
	is(utimensat(AT_FDCWD, "a", times, 0), 0, "utimensat");
	is(stat("a", &st), 0, "stat again");
	ok(st.st_atim.tv_sec == 1000000000 && st.st_atim.tv_nsec == 123456789, "new access time");
	ok(st.st_mtim.tv_sec == before.st_mtim.tv_sec && st.st_mtim.tv_nsec == before.st_mtim.tv_nsec,
	   "modification time as before");
	is(access("a", R_OK | W_OK | X_OK), 0, "access");
	is(chmod("a", 0644), 0, "chmod back");
	if (geteuid() == 0)
		fails(access("a", X_OK), EACCES, "not executable, even for root");
	else
		skip("root only");
	fails(access("a", 8), EINVAL, "access with a strange mode");
	fd = open("a", O_RDONLY);
	dir = open(".", O_RDONLY | O_DIRECTORY);
	is(fstatat(dir, "a", &st, 0), 0, "fstatat");
	is(st.st_ino, before.st_ino, "is the same file");
	is(fstatat(fd, "", &st, AT_EMPTY_PATH), 0, "fstatat of the descriptor itself");
	is(st.st_ino, before.st_ino, "is the same too");
	fails(fstatat(fd, "a", &st, 0), ENOTDIR, "a name in a file");
	fails(fstatat(1000, "a", &st, 0), EBADF, "a name in no descriptor");
	fails(fstatat(fd, "", &st, 0), ENOENT, "the empty path in a file");
	is(fchmod(fd, 0600), 0, "fchmod");
	is(mkdirat(dir, "under", 0700) | unlinkat(dir, "under", AT_REMOVEDIR), 0, "mkdirat, unlinkat");
	is(fchdir(dir), 0, "fchdir");
	close(dir);
	is(unlink("a"), 0, "unlink while open");
	is(fstat(fd, &st), 0, "fstat still works");
	is(st.st_nlink, 0, "without a name");
	close(fd);
	is(statfs("/tmp", &fs), 0, "statfs");
	ok(fs.f_bsize > 0 && fs.f_namelen == 255, "block size and longest name");
}

/* Records of both calls for names of every length: sizes, ends, types, and nothing of the kernel's
 * stack behind the name. The old call has the type in the last byte, the new one before the name. */
static void test_records(long number, size_t name_at, const char *title)
{
	int fd = open("r", O_RDONLY | O_DIRECTORY), wrong = 0, names = 0;
	static char buf[4096];
	long got;

	memset(buf, 0xaa, sizeof(buf));
	got = syscall(number, fd, buf, sizeof(buf));
	for (long at = 0; at < got; names++) {
		char *record = buf + at, *name = record + name_at;
		size_t size = *(unsigned short *)(record + 16), len = strlen(name);
		size_t last = number == SYS_getdents ? size - 1 : size;

		wrong += size != ((name_at + len + 1 + (number == SYS_getdents) + 7) & ~7UL);
		wrong +=
			record[number == SYS_getdents ? size - 1 : 18] != (name[0] == '.' ? DT_DIR : DT_REG);
		for (size_t i = name_at + len + 1; i < last; i++) /* Linux leaves it as it was */
			wrong += record[i] != 0 && record[i] != (char)0xaa;
		at += (long)size;
	}
	is(wrong, 0, "%s: every record is right", title);
	is(names, 42, "%s: all of them", title);
	close(fd);
}

static void test_all_lengths(void)
{
	char name[64] = "r/";

	mkdir("r", 0755);
	for (int len = 1; len <= 40; len++) {
		memset(name + 2, 'n', (size_t)len);
		write_file(name, "");
	}
	test_records(SYS_getdents64, 19, "getdents64");
	test_records(SYS_getdents, 18, "getdents");
	for (int len = 40; len; len--) {
		name[2 + len] = '\0';
		unlink(name);
	}
	is(rmdir("r"), 0, "and gone");
}

void test_names(void)
{
	test_paths();
	test_links();
	test_rename();
	test_rename_race();
	test_listing();
	test_all_lengths();
	test_attributes();
	is(unlink("d/e/f") | rmdir("d/e") | rmdir("d"), 0, "clean");
}
