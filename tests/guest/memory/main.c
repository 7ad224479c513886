/* SPDX-License-Identifier: BSD-2-Clause */
/* memory: mmap and its kin, brk, first touch, and what happens when there is no more. Whether an
 * access is refused is asked through a system call (EFAULT), which does not end the program. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "ahead.h"
#include "areas.h"

#ifdef __pagurus__
#include <pagurus.h>

#ifndef MADV_POPULATE_WRITE /* musl 1.2.3 does not know it yet */
#define MADV_POPULATE_WRITE 23
#endif
#endif

TAP_STATE;

#define PAGE 4096UL
#define MIB (1UL << 20)
#define GIB (1UL << 30)
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static char *map(size_t size, int prot, int flags)
{
	return mmap(NULL, size, prot, flags, -1, 0);
}

/* Can the kernel write to p for us? (clock_gettime as a system call, not musl's function.) */
static int writable(void *p)
{
	return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, p) == 0;
}

/* Can it read from p? (A sleep of the length that stands there: zero, or no valid length.) */
static int readable(void *p)
{
	return syscall(SYS_nanosleep, p, NULL) == 0 || errno != EFAULT;
}

static int zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return 0;
	return 1;
}

static void test_first_touch(void)
{
	const size_t size = 8 * MIB;

	for (int round = 0; round < 2; round++) {
		char *p = map(size, RW, ANON);

		if (!ok(p != MAP_FAILED, "mmap of 8 MiB, round %d", round))
			return;
		ok(((uintptr_t)p & (PAGE - 1)) == 0 && (uintptr_t)p >= 65536,
		   "at a page boundary above 64 KiB");
		ok(zero(p, size), "all of it is zero on first touch, round %d", round);
		memset(p, 0xa5, size);
		is(munmap(p, size), 0, "munmap");
		ok(!writable(p) && !writable(p + size / 2), "what was unmapped is gone");
	}
}

static void test_protection(void)
{
	char *p = map(4 * PAGE, PROT_NONE, ANON);

	if (!ok(p != MAP_FAILED, "mmap PROT_NONE"))
		return;
	ok(!writable(p) && !readable(p), "PROT_NONE: neither read nor write");
	is(mprotect(p + PAGE, 2 * PAGE, RW), 0, "mprotect the middle to read and write");
	ok(writable(p + PAGE) && writable(p + 2 * PAGE), "the middle can be written");
	ok(!writable(p) && !writable(p + 3 * PAGE), "the ends still cannot");
	memset(p + PAGE, 0, 2 * PAGE);
	p[PAGE + 100] = 7;
	is(mprotect(p + PAGE, PAGE, PROT_READ), 0, "mprotect to read only");
	ok(p[PAGE + 100] == 7, "the content stays");
	ok(readable(p + PAGE) && !writable(p + PAGE), "read works, write does not");
	is(mprotect(p + PAGE, PAGE, RW), 0, "and back");
	p[PAGE + 100] = 8;
	ok(p[PAGE + 100] == 8, "writing works again");
	is(munmap(p, 4 * PAGE), 0, "munmap across three protections");
	errno = 0;
	ok(mprotect(p, PAGE, RW) == -1 && errno == ENOMEM, "mprotect of nothing is ENOMEM");
	/* Past the C library, which rounds. */
	ok(syscall(SYS_mprotect, p + 1, PAGE, RW) == -1 && errno == EINVAL,
	   "mprotect of no page boundary is EINVAL");
}

static void test_holes(void)
{
	char *p = map(16 * PAGE, RW, ANON);

	if (!ok(p != MAP_FAILED, "mmap of 16 pages"))
		return;
	for (int i = 0; i < 16; i++)
		p[i * PAGE] = (char)(i + 1);
	is(munmap(p + 4 * PAGE, 2 * PAGE), 0, "a hole in the middle");
	ok(!writable(p + 4 * PAGE) && !writable(p + 5 * PAGE), "the hole is gone");
	ok(p[3 * PAGE] == 4 && p[6 * PAGE] == 7, "its neighbours stay");
	is(munmap(p + 4 * PAGE, 2 * PAGE), 0, "munmap of a hole is no error");
	char *q = mmap(p + 4 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0);

	ok(q == p + 4 * PAGE, "MAP_FIXED fills the hole");
	ok(zero(q, 2 * PAGE), "with zeros");
	q = mmap(p, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	ok(q == p && p[0] == 0, "MAP_FIXED over a used page replaces it");
	errno = 0;
	q = mmap(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
	ok(q == MAP_FAILED && errno == EEXIST, "MAP_FIXED_NOREPLACE refuses");
	munmap(p, 16 * PAGE);
}

static void test_many(void)
{
	enum {
		N = 2000
	};
	static char *areas[N];
	int good = 1;

	for (int i = 0; i < N; i++) {
		/* Protections alternate, so that neighbours cannot be merged. */
		areas[i] = map(PAGE * (1 + i % 3), i % 2 ? RW : PROT_READ, ANON);
		good &= areas[i] != MAP_FAILED;
		if (i % 2)
			*(int *)areas[i] = i;
	}
	ok(good, "%d areas", N);
	for (int i = 0; i < N; i++)
		good &= *(int *)areas[i] == (i % 2 ? i : 0);
	ok(good, "each keeps its content");
	for (int i = 0; i < N; i++) {
		int k = (i * 7919) % N;

		good &= munmap(areas[k], PAGE * (1 + k % 3)) == 0;
	}
	ok(good, "unmapped in a scattered order");
}

static void test_remap(void)
{
	char *p = map(4 * PAGE, RW, ANON), *q;

	if (!ok(p != MAP_FAILED, "mmap for mremap"))
		return;
	for (int i = 0; i < 4; i++)
		p[i * PAGE] = (char)(10 + i);
	q = mremap(p, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	if (ok(q != MAP_FAILED, "mremap to a larger size")) {
		ok(q[0] == 10 && q[3 * PAGE] == 13, "the content comes along");
		ok(zero(q + 4 * PAGE, 60 * PAGE), "the new part is zero");
		ok(mremap(q, 64 * PAGE, 2 * PAGE, 0) == q, "mremap to a smaller size stays");
		ok(!writable(q + 2 * PAGE), "the rest is gone");
		ok(q[PAGE] == 11, "what stays keeps its content");
		munmap(q, 2 * PAGE);
	}
	errno = 0;
	ok(mremap(p + 1, PAGE, PAGE, 0) == MAP_FAILED && errno == EINVAL,
	   "mremap of no page boundary is EINVAL");
}

static void test_advice(void)
{
	char *p = map(4 * PAGE, RW, ANON);

	if (!ok(p != MAP_FAILED, "mmap for madvise"))
		return;
	memset(p, 1, 4 * PAGE);
	is(madvise(p + PAGE, PAGE, MADV_DONTNEED), 0, "madvise(MADV_DONTNEED)");
	ok(zero(p + PAGE, PAGE) && p[0] == 1 && p[2 * PAGE] == 1,
	   "gives that page back zeroed, no other");
	is(madvise(p, 4 * PAGE, MADV_WILLNEED), 0, "a hint is taken");
	munmap(p, 4 * PAGE);
	errno = 0;
	ok(madvise(p, PAGE, MADV_DONTNEED) == -1 && errno == ENOMEM, "madvise of nothing is ENOMEM");
}

#define SCATTERED 2048UL /* pages: four tables of small ones */

static uint64_t *scattered_word(char *p, size_t i)
{
	return (uint64_t *)(p + i * PAGE + i % 512 * 8);
}

/* In pages [from, to) stands what was written, but zeros from gone to end. */
static int scattered_good(char *p, size_t from, size_t to, size_t gone, size_t end)
{
	int good = 1;

	for (size_t i = from; i < to; i++)
		good &= *scattered_word(p, i) == (i >= gone && i < end ? 0 : i + 1);
	return good;
}

/* Small pages touched in no order; then some are dropped, moved, taken away and touched again. */
static void test_scattered(void)
{
	char *p = map(SCATTERED * PAGE, RW, ANON), *moved;
	int good = 1;

	if (!ok(p != MAP_FAILED, "mmap for small pages"))
		return;
	is(madvise(p, SCATTERED * PAGE, MADV_NOHUGEPAGE), 0, "small pages only");
	for (size_t i = 0; i < SCATTERED; i++) {
		size_t page = i * 61 % SCATTERED;

		good &= *scattered_word(p, page) == 0;
		*scattered_word(p, page) = page + 1;
	}
	ok(good, "each is zero when it is touched first");
	ok(scattered_good(p, 0, SCATTERED, 0, 0), "and keeps what was written");
	is(madvise(p + 300 * PAGE, 500 * PAGE, MADV_DONTNEED), 0, "500 of them dropped");
	ok(scattered_good(p, 0, SCATTERED, 300, 800), "are zero again, the others as before");
	moved = mremap(p + 1000 * PAGE, 700 * PAGE, 900 * PAGE, MREMAP_MAYMOVE);
	ok(moved != MAP_FAILED && scattered_good(moved - 1000 * PAGE, 1000, 1700, 0, 0) &&
	       zero(moved + 700 * PAGE, 200 * PAGE),
	   "700 of them moved");
	ok(map(SCATTERED * PAGE, RW, ANON) != MAP_FAILED &&
	       mmap(p + 1000 * PAGE, 700 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + 1000 * PAGE &&
	       zero(p + 1000 * PAGE, 700 * PAGE),
	   "new ones in their place are zero");
	ok(scattered_good(p, 0, 1000, 300, 800) && scattered_good(p, 1700, SCATTERED, 0, 0),
	   "beside the old ones");
	is(munmap(p + 100 * PAGE, 1500 * PAGE), 0, "munmap of the middle");
	ok(scattered_good(p, 0, 100, 0, 0) && scattered_good(p, 1700, SCATTERED, 0, 0),
	   "leaves both ends");
	munmap(moved, 900 * PAGE);
	munmap(p, SCATTERED * PAGE);
}

static void test_brk(void)
{
	char *start = (char *)syscall(SYS_brk, 0);
	char *end = start + 5 * PAGE;

	ok(start != NULL, "brk(0) tells the end of the heap");
	ok((char *)syscall(SYS_brk, end) == end, "brk moves it up");
	ok(zero(start, 5 * PAGE), "the new heap is zero");
	memset(start, 1, 5 * PAGE);
	ok((char *)syscall(SYS_brk, start) == start, "and down again");
	ok((char *)syscall(SYS_brk, (void *)0x7fffffffffff0000) == start,
	   "brk to where it cannot be changes nothing");
}

/* One byte of machine code: ret. */
static void test_execute(void)
{
	unsigned char *p = (unsigned char *)map(PAGE, RW, ANON);

	if (!ok(p != (unsigned char *)MAP_FAILED, "mmap for code"))
		return;
	p[0] = 0xc3;
	is(mprotect(p, PAGE, PROT_READ | PROT_EXEC), 0, "mprotect to read and execute");
	((void (*)(void))(uintptr_t)p)();
	ok(1, "the code ran");
	ok(!writable(p), "what can be executed cannot be written");
	munmap(p, PAGE);
}

static void test_large(void)
{
	char *p = map(64 * GIB, RW, ANON | MAP_NORESERVE);

	if (ok(p != MAP_FAILED, "mmap of 64 GiB without a reservation")) {
		p[0] = 1;
		p[32 * GIB] = 2;
		p[64 * GIB - 1] = 3;
		ok(p[0] == 1 && p[32 * GIB] == 2 && p[64 * GIB - 1] == 3, "written to at three places");
		is(munmap(p, 64 * GIB), 0, "munmap of it");
	}
	errno = 0;
	ok(map(1UL << 47, RW, ANON | MAP_NORESERVE) == MAP_FAILED && errno == ENOMEM,
	   "more than the address space is ENOMEM");
	errno = 0;
	ok(map(0, RW, ANON) == MAP_FAILED && errno == EINVAL, "mmap of nothing is EINVAL");
	errno = 0;
	ok(munmap((void *)PAGE, 0) == -1 && errno == EINVAL, "munmap of nothing is EINVAL");
}

/* Takes all memory there is, is told ENOMEM, and goes on. Linux would kill somebody instead. */
static void test_exhaustion(void)
{
#ifdef __pagurus__
	struct pagurus_info before, during, after;
	char *p;

	pagurus_info(&before);
	for (int round = 0; round < 2; round++) {
		p = map(before.memory * 2, RW, ANON | MAP_NORESERVE);
		if (!ok(p != MAP_FAILED, "an area of twice the memory"))
			return;
		errno = 0;
		ok(madvise(p, before.memory * 2, MADV_POPULATE_WRITE) == -1 && errno == ENOMEM,
		   "it cannot be filled: ENOMEM, round %d", round);
		pagurus_info(&during);
		ok(during.memory_free < before.memory_free / 8, "(most of the memory was taken)");
		is(munmap(p, before.memory * 2), 0, "munmap");
		pagurus_info(&after);
		ok(after.memory_free + 2 * MIB >= before.memory_free,
		   "all of it came back (%lld KiB missing)",
		   ((long long)before.memory_free - (long long)after.memory_free) / 1024);
	}
	p = map(MIB, RW, ANON);
	ok(p != MAP_FAILED && zero(p, MIB), "and the program goes on");
	munmap(p, MIB);
#else
	skip("exhaustion: this system kills instead of failing");
#endif
}

#ifdef __pagurus__
/* With memory known to be zero, an area of some GiB gets pages of 1 GiB, and they may be parted. */
static void test_huge(void)
{
	struct pagurus_info before, after;
	const size_t step = 4 * MIB + PAGE;
	int good = 1;
	char *p;

	pagurus_info(&before);
	p = map(2 * GIB, RW, ANON);
	if (!ok(p != MAP_FAILED && (uintptr_t)p % GIB == 0, "2 GiB at a multiple of 1 GiB"))
		return;
	for (size_t at = 0; at < 2 * GIB; at += step)
		*(size_t *)(p + at) = at;
	pagurus_info(&after);
	is(after.faults - before.faults, 2, "two faults for all of it");
	ok(strstr(after.pages, "1 GiB") != NULL, "pages: %s", after.pages);
	is(munmap(p + 100 * step, step), 0, "munmap of a piece");
	is(mprotect(p + GIB + 10 * step, PAGE, PROT_READ), 0, "mprotect of a page");
	ok(!writable(p + 100 * step) && !writable(p + GIB + 10 * step), "both have happened");
	for (size_t at = 0; at < 2 * GIB; at += step)
		good &= at == 100 * step || *(size_t *)(p + at) == at;
	ok(good, "everything else stays");
	is(munmap(p, 2 * GIB), 0, "munmap");
	pagurus_info(&after);
	ok(after.memory_free + 2 * MIB >= before.memory_free, "all of it came back");
}
#endif

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (argc > 1 && strcmp(argv[1], "ahead") == 0)
		return ahead(argc - 2, argv + 2);
	if (argc > 1 && strcmp(argv[1], "areas") == 0)
		return areas();
#ifdef __pagurus__
	if (argc > 1 && strcmp(argv[1], "huge") == 0) {
		test_huge();
		return tap_done();
	}
#endif
	test_first_touch();
	test_protection();
	test_holes();
	test_many();
	test_remap();
	test_advice();
	test_scattered();
	test_brk();
	test_execute();
	test_large();
	test_exhaustion();
	return tap_done();
}
