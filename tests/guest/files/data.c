// SPDX-License-Identifier: BSD-2-Clause
/* Data: reading, writing, positions, holes, truncation, locks, copies inside the kernel. */
#define _GNU_SOURCE
#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define BIG (3L << 30)

static struct stat st;
static char block[65536], back[65536];

static void fill(char *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		p[i] = (char)(seed >> 24);
	}
}

static void test_positions(int fd)
{
	struct iovec v[3] = { { back, 10 }, { back + 10, 0 }, { back + 10, 20 } };

	fill(block, sizeof(block), 1);
	is(write(fd, block, 30000), 30000, "write");
	is(write(fd, block + 30000, sizeof(block) - 30000), (long)sizeof(block) - 30000,
	   "and the rest");
	is(lseek(fd, 0, SEEK_CUR), (long)sizeof(block), "position");
	is(read(fd, back, 10), 0, "end of file");
	is(lseek(fd, 12345, SEEK_SET), 12345, "lseek");
	is(readv(fd, v, 3), 30, "readv");
	is(memcmp(back, block + 12345, 30), 0, "across pages it is what was written");
	is(pread(fd, back, sizeof(back), 1), (long)sizeof(block) - 1, "pread to the end");
	is(memcmp(back, block + 1, sizeof(block) - 1), 0, "all of it");
	is(lseek(fd, 0, SEEK_CUR), 12375, "pread leaves the position");
	is(pwrite(fd, "xyz", 3, 4094), 3, "pwrite across a page");
	is(pread(fd, back, 5, 4093), 5, "read back");
	is(memcmp(back + 1, "xyz", 3), 0, "is there");
	fails(lseek(fd, -1, SEEK_SET), EINVAL, "a negative position");
	fails(pread(fd, back, 1, -1), EINVAL, "pread at one");
	fails(read(fd, (char *)8, 10), EFAULT, "read to a bad address");
	fails(write(fd, (char *)8, 10), EFAULT, "write from a bad address");
	is(read(fd, NULL, 0), 0, "read of nothing");
}

static void test_size(int fd)
{
	is(ftruncate(fd, 5000), 0, "ftruncate");
	is(ftruncate(fd, 10000), 0, "and longer again");
	memset(back, 1, sizeof(back));
	is(pread(fd, back, sizeof(back), 0), 10000, "read");
	int zeros = 1;
	for (int i = 5000; i < 10000; i++)
		zeros &= back[i] == 0;
	ok(zeros, "what was cut off does not come back");
	is(lseek(fd, BIG, SEEK_SET), BIG, "far behind the end");
	is(write(fd, "end", 3), 3, "a sparse file");
	is(fstat(fd, &st), 0, "fstat");
	ok(st.st_size == BIG + 3 && st.st_blocks < 1000, "of 3 GiB takes %ld blocks",
	   (long)st.st_blocks);
	is(lseek(fd, 20000, SEEK_DATA), BIG, "SEEK_DATA");
	ok(lseek(fd, 0, SEEK_HOLE) <= 12288, "SEEK_HOLE");
	fails(lseek(fd, BIG + 3, SEEK_DATA), ENXIO, "no data behind the end");
	is(pread(fd, back, 10, BIG / 2), 10, "a hole");
	is(memcmp(back, "\0\0\0\0\0\0\0\0\0", 10), 0, "reads as zeros");
	is(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 8192), 0, "punch a hole");
	is(pread(fd, back, 1, 4095), 1, "read in it");
	is(back[0], 0, "is zero");
	is(fallocate(fd, 0, 0, BIG + 100), 0, "fallocate");
	is(fstat(fd, &st), 0, "fstat");
	is(st.st_size, BIG + 100, "makes it longer");
	fails(fallocate(fd, 0, 0, 0), EINVAL, "of nothing");
	is(ftruncate(fd, 0), 0, "empty");
	is(fstat(fd, &st), 0, "fstat");
	is(st.st_blocks, 0, "gives all blocks back");
}

static void test_modes(void)
{
	int fd = open("m", O_WRONLY | O_CREAT | O_APPEND, 0600), two;
	char name[32];

	is(write(fd, "one", 3), 3, "O_APPEND");
	lseek(fd, 0, SEEK_SET);
	is(write(fd, "two", 3), 3, "writes");
	is_string(read_file("m"), "onetwo", "at the end");
	fails(read(fd, back, 1), EBADF, "no reading where only writing was asked for");
	is(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_WRONLY | O_APPEND, "F_GETFL");
	is(fcntl(fd, F_SETFL, 0), 0, "F_SETFL");
	two = dup(fd);
	lseek(two, 1, SEEK_SET);
	is(lseek(fd, 0, SEEK_CUR), 1, "dup shares the position");
	close(two);
	two = open("m", O_RDONLY | O_CLOEXEC);
	is(fcntl(two, F_GETFD), FD_CLOEXEC, "O_CLOEXEC");
	is(lseek(two, 0, SEEK_CUR), 0, "open does not");
	fails(write(two, "x", 1), EBADF, "no writing");
	fails(ftruncate(two, 0), EINVAL, "no truncating either");
	is(flock(fd, LOCK_EX), 0, "flock");
	fails(flock(two, LOCK_SH | LOCK_NB), EAGAIN, "is in the way of others");
	is(flock(fd, LOCK_UN), 0, "unlock");
	is(flock(two, LOCK_SH | LOCK_NB), 0, "then not");
	is(fcntl(two, F_SETLK, &(struct flock){ .l_type = F_RDLCK }), 0, "a record lock");
	close(two);
	close(fd);
	fd = open("m", O_RDWR | O_TRUNC);
	is(fstat(fd, &st), 0, "O_TRUNC");
	is(st.st_size, 0, "empties");
	close(fd);
	fd = open(".", O_TMPFILE | O_RDWR, 0600);
	ok(fd >= 0, "O_TMPFILE");
	is(write(fd, "t", 1), 1, "can be written");
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	is(linkat(AT_FDCWD, name, AT_FDCWD, "t", AT_SYMLINK_FOLLOW), 0, "and named");
	is(unlink("t"), 0, "unlink");
	fails(linkat(AT_FDCWD, name, AT_FDCWD, "t", AT_SYMLINK_FOLLOW), ENOENT, "but once");
	close(fd);
	fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	fails(linkat(AT_FDCWD, name, AT_FDCWD, "t", AT_SYMLINK_FOLLOW), ENOENT,
	      "one never to be named");
	close(fd);
	fd = open("m", O_PATH);
	fails(read(fd, back, 1), EBADF, "O_PATH cannot be read");
	is(fstat(fd, &st), 0, "but asked");
	close(fd);
	is(unlink("m"), 0, "clean");
}

/* Between files and pipes. */
static void test_splice(int in, int out)
{
	struct iovec part = { "part", 4 };
	off_t at = 2;
	char buf[16];
	int p[2];

	is(pipe(p), 0, "pipe");
	fails(splice(p[0], NULL, out, NULL, 5, SPLICE_F_NONBLOCK), EAGAIN, "an empty pipe");
	is(splice(in, &at, p[1], NULL, 5, 0), 5, "splice from a file");
	is(at, 7, "has moved the offset");
	at = 0;
	is(splice(p[0], NULL, out, &at, 100, 0), 5, "splice to a file");
	fails(splice(in, NULL, out, NULL, 5, 0), EINVAL, "one must be a pipe");
	fails(splice(p[0], &at, out, NULL, 5, 0), ESPIPE, "which has no offset");
	fails(splice(in, BAD, p[1], NULL, 5, 0), EFAULT, "no offset");
	is(vmsplice(p[1], &part, 1, 0), 4, "vmsplice");
	is(read(p[0], buf, sizeof(buf)), 4, "read");
	is(memcmp(buf, "part", 4), 0, "what it was");
	fails(vmsplice(p[1], BAD, 1, 0), EFAULT, "no vector");
	fails(vmsplice(out, &part, 1, 0), EBADF, "not a pipe");
	at = 1;
	fails(copy_file_range(in, &(off_t){ 0 }, in, &at, 10, 0), EINVAL, "copies do not overlap");
	close(p[0]);
	close(p[1]);
}

static void test_copies(void)
{
	int in = open("in", O_RDWR | O_CREAT, 0600), out = open("out", O_RDWR | O_CREAT, 0600);
	off_t at = 100;

	fill(block, sizeof(block), 2);
	is(write(in, block, sizeof(block)), (long)sizeof(block), "a file");
	is(sendfile(out, in, &at, 20000), 20000, "sendfile");
	is(at, 20100, "moves the offset");
	is(lseek(in, 0, SEEK_CUR), (long)sizeof(block), "and not the position");
	is(pread(out, back, sizeof(back), 0), 20000, "the copy");
	is(memcmp(back, block + 100, 20000), 0, "is right");
	at = 0;
	is(copy_file_range(in, &at, out, NULL, 10, 0), 10, "copy_file_range");
	is(pread(out, back, 10, 20000), 10, "behind it");
	is(memcmp(back, block, 10), 0, "is right");
	test_splice(in, out);
	close(in);
	close(out);
	is(unlink("in") | unlink("out"), 0, "clean");
}

static void test_memfd(void)
{
	int fd = memfd_create("name", MFD_ALLOW_SEALING);

	ok(fd >= 0, "memfd_create");
	is(write(fd, "abc", 3), 3, "write");
	is(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0, "seals");
	fails(ftruncate(fd, 1), EPERM, "against shrinking");
	fails(write(fd, "d", 1), EPERM, "against growing");
	is(pwrite(fd, "d", 1, 0), 1, "other writes go on");
	is(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW, "F_GET_SEALS");
	close(fd);
}

void test_data(void)
{
	int fd = open("data", O_RDWR | O_CREAT, 0600);

	ok(fd >= 0, "open");
	test_positions(fd);
	test_size(fd);
	close(fd);
	is(unlink("data"), 0, "clean");
	test_modes();
	test_copies();
	test_memfd();
}
