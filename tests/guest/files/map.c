// SPDX-License-Identifier: BSD-2-Clause
/* Files in memory: private and shared mappings. */
#define _GNU_SOURCE
#include "files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096L
#define RW (PROT_READ | PROT_WRITE)

static char text[3 * PAGE];

static void test_shared(int fd)
{
	char *p = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0), c;
	char *q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);

	ok(p != MAP_FAILED && q != MAP_FAILED, "two shared mappings");
	is(memcmp(p, text, sizeof(text)), 0, "show the file");
	p[PAGE] = 'S';
	is(q[0], 'S', "and each other's writes");
	is(pread(fd, &c, 1, PAGE), 1, "read");
	is(c, 'S', "gets what was written to memory");
	is(pwrite(fd, "W", 1, PAGE + 1), 1, "write");
	is(q[1], 'W', "is seen in memory");
	is(msync(p, 3 * PAGE, MS_SYNC), 0, "msync");
	is(munmap(p + PAGE, PAGE), 0, "a hole in the mapping");
	p[2 * PAGE] = '2';
	is(pread(fd, &c, 1, 2 * PAGE), 1, "read");
	is(c, '2', "behind it the file is still right");
	is(ftruncate(fd, PAGE), 0, "ftruncate");
	is(ftruncate(fd, 3 * PAGE), 0, "and longer again");
	is(q[0], 0, "what was cut off is gone from memory too");
	q = mremap(q, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	ok(q != MAP_FAILED, "mremap");
	is(pwrite(fd, "3", 1, 2 * PAGE), 1, "write");
	is(q[PAGE], '3', "shows more of the file");
	munmap(p, PAGE);
	munmap(p + 2 * PAGE, PAGE);
	munmap(q, 2 * PAGE);
}

static void test_private(int fd)
{
	char *p, c;

	is(pwrite(fd, text, sizeof(text), 0), (long)sizeof(text), "the text again");
	p = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);
	ok(p != MAP_FAILED, "a private mapping");
	is(memcmp(p, text, sizeof(text)), 0, "shows the file");
	p[5] = 'P';
	is(p[6], text[6], "a write copies the page");
	is(pread(fd, &c, 1, 5), 1, "read");
	is(c, text[5], "the file stays");
	is(madvise(p, PAGE, MADV_DONTNEED), 0, "MADV_DONTNEED");
	is(p[5], text[5], "shows the file again");
	is(mprotect(p + PAGE, PAGE, PROT_READ), 0, "mprotect: read only");
	is(p[PAGE], text[PAGE], "readable");
	is(mprotect(p + PAGE, PAGE, RW), 0, "mprotect: writable");
	p[PAGE] = 'Q';
	is(pread(fd, &c, 1, PAGE), 1, "read");
	is(c, text[PAGE], "the file stays");
	munmap(p, 3 * PAGE);
	ok(mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, -2L * PAGE) == MAP_FAILED && errno == EOVERFLOW,
	   "an offset that no file can have");
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	is(mprotect(p, PAGE, RW), 0, "a page that was read only and touched");
	is(p[0], text[0], "is touched");
	p[0]++;
	is(pread(fd, &c, 1, 0), 1, "read");
	is(c, text[0], "and not written through");
	munmap(p, PAGE);
	is(ftruncate(fd, 10), 0, "a short file");
	p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	is(p[10] | p[PAGE - 1], 0, "zeros behind its end");
	munmap(p, PAGE);
}

static sigjmp_buf back;
static siginfo_t fault;

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	fault = *info;
	siglongjmp(back, 1);
}

/* Which signal does a write to p bring? */
static int signal_at(volatile char *p)
{
	memset(&fault, 0, sizeof(fault));
	if (!sigsetjmp(back, 1))
		*p = 1;
	return fault.si_signo;
}

static void test_end(int fd)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	char *p = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);

	is(ftruncate(fd, 2 * PAGE), 0, "two pages");
	sigaction(SIGBUS, &action, NULL);
	is(signal_at(p + 2 * PAGE - 1), 0, "the last byte");
	is(signal_at(p + 2 * PAGE), SIGBUS, "the page behind it");
	ok(fault.si_code == BUS_ADRERR && fault.si_addr == p + 2 * PAGE, "is told");
	is(ftruncate(fd, 10), 0, "shorter");
	is(signal_at(p + 10), 0, "the rest of the page is there");
	is(signal_at(p + PAGE), SIGBUS, "but not the next one");
	fails(pread(fd, p + PAGE, 1, 0), EFAULT, "for the kernel neither");
	is(ftruncate(fd, 2 * PAGE), 0, "longer again");
	is(p[PAGE], 0, "zeros");
	is(p[10], 0, "here too");
	signal(SIGBUS, SIG_DFL);
	munmap(p, 3 * PAGE);
}

/* Does the file still hold the text, after fresh memory was wanted? */
static int text_kept(int fd)
{
	char *fresh = mmap(NULL, 64 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), got[PAGE];
	int same = 1;

	memset(fresh, '!', 64 * PAGE);
	for (long i = 0; i < 3; i++)
		same &= pread(fd, got, PAGE, i * PAGE) == PAGE && !memcmp(got, text + i * PAGE, PAGE);
	munmap(fresh, 64 * PAGE);
	return same;
}

/* One call that goes over memory, a file and memory again. */
static void test_mixed(int fd, int type)
{
	char *p = mmap(NULL, 9 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *file = p + 3 * PAGE;

	is(pwrite(fd, text, sizeof(text), 0), (long)sizeof(text), "the text");
	memset(p, 'm', 9 * PAGE);
	ok(mmap(file, 3 * PAGE, PROT_READ, type | MAP_FIXED, fd, 0) == file, "a file amid memory");
	is(memcmp(file, text, sizeof(text)), 0, "shows itself");
	is(madvise(p + 2 * PAGE, 5 * PAGE, MADV_DONTNEED), 0, "MADV_DONTNEED over all three");
	ok(text_kept(fd), "keeps the file");
	ok(p[PAGE] == 'm' && !p[2 * PAGE] && !p[6 * PAGE] && p[7 * PAGE] == 'm', "and what is beside");
	is(memcmp(file, text, sizeof(text)), 0, "it is shown again");
	is(mprotect(p + PAGE, 7 * PAGE, RW), 0, "mprotect over all three");
	p[2 * PAGE] = file[PAGE] = p[6 * PAGE] = 'w';
	is(pread(fd, p, 1, PAGE), 1, "read");
	is(p[0], type == MAP_SHARED ? 'w' : text[PAGE], "the file has what it shall");
	is(pwrite(fd, text, sizeof(text), 0), (long)sizeof(text), "the text again");
	is(munmap(p + PAGE, 7 * PAGE), 0, "munmap of all three");
	ok(text_kept(fd), "keeps the file");
	ok(p[1] == 'm' && p[8 * PAGE] == 'm', "and what is beside");
	for (int i = 1; i < 8; i += 3)
		is(signal_at(p + i * PAGE), SIGSEGV, "the rest is gone");
	munmap(p, 9 * PAGE);
}

static void test_refused(void)
{
	int ro, wo, pipes[2];

	is(write_file("r", "x"), 0, "a file");
	ro = open("r", O_RDONLY);
	wo = open("r", O_WRONLY);
	ok(mmap(NULL, PAGE, RW, MAP_SHARED, ro, 0) == MAP_FAILED && errno == EACCES,
	   "shared and writable, but open for reading");
	ok(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, wo, 0) == MAP_FAILED && errno == EACCES,
	   "open for writing only");
	ok(mmap(NULL, 0, PROT_READ, MAP_PRIVATE, ro, 0) == MAP_FAILED && errno == EINVAL, "no length");
	ok(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, ro, 100) == MAP_FAILED && errno == EINVAL,
	   "an offset within a page");
	is(pipe(pipes), 0, "pipe");
	ok(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, pipes[0], 0) == MAP_FAILED && errno == ENODEV,
	   "a pipe");
	close(pipes[0]);
	close(pipes[1]);
	close(ro);
	close(wo);
	is(unlink("r"), 0, "clean");
}

void test_map(void)
{
	int fd = open("map", O_RDWR | O_CREAT, 0600);
	char *p;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * 7 % 26);
	is(write(fd, text, sizeof(text)), (long)sizeof(text), "a file");
	test_shared(fd);
	test_private(fd);
	test_end(fd);
	sigaction(SIGSEGV, &(struct sigaction){ .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO }, NULL);
	test_mixed(fd, MAP_SHARED);
	test_mixed(fd, MAP_PRIVATE);
	signal(SIGSEGV, SIG_DFL);
	is(ftruncate(fd, PAGE), 0, "a file");
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	close(fd);
	is(unlink("map"), 0, "gone");
	strcpy(p, "still here");
	is_string(p, "still here", "a mapping keeps its file");
	munmap(p, PAGE);
	test_refused();
}
