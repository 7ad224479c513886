/* SPDX-License-Identifier: BSD-2-Clause */
/* malloc: the allocator under threads that take the CPU from each other, what alignment, calloc and
 * realloc promise, and memory that goes back when it is needed elsewhere. With a word as its argument
 * it does something that ends, or might end, the program. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../tap.h"
#include "modes.h"

#ifdef __pagurus__
#include <pagurus.h>

#ifndef MADV_POPULATE_WRITE /* musl 1.2.3 does not know it yet */
#define MADV_POPULATE_WRITE 23
#endif
#endif

TAP_STATE;

#define MIB (1UL << 20)
#define THREADS 6
#define SLOTS 512
#define OPERATIONS 30000 /* of each thread; the last argument says otherwise */

/* A block says in its first words how large it is and what its bytes are. */
struct head {
	size_t size;
	uint64_t pattern;
};

static _Atomic(struct head *) slots[SLOTS];
static atomic_int bad;
static int operations = OPERATIONS;
#ifdef __pagurus__
static size_t free_at_start;
#endif

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static size_t words_of(const struct head *block)
{
	return (block->size - sizeof(*block)) / sizeof(uint64_t);
}

static void fill(struct head *block, size_t size, uint64_t pattern)
{
	uint64_t *words = (uint64_t *)(block + 1);

	block->size = size;
	block->pattern = pattern;
	for (size_t i = 0; i < words_of(block); i += 1 + i / 16)
		words[i] = pattern + i;
}

static int verify(const struct head *block)
{
	const uint64_t *words = (const uint64_t *)(block + 1);

	for (size_t i = 0; i < words_of(block); i += 1 + i / 16)
		if (words[i] != block->pattern + i)
			return 0;
	return 1;
}

static size_t random_size(uint64_t *seed)
{
	uint64_t r = next_random(seed);
	size_t size = sizeof(struct head);

	if (r % 64 == 0)
		return size + r / 64 % (400 * 1024);
	return size + r / 64 % (r % 8 ? 200 : 5000);
}

/* Takes blocks, and frees those that this or another thread has taken. */
static void *worker(void *arg)
{
	uint64_t seed = 0x9e3779b97f4a7c15 * (1 + (uintptr_t)arg);

	for (int i = 0; i < operations; i++) {
		size_t size = random_size(&seed);
		struct head *block = malloc(size), *old;

		if (!block) {
			atomic_fetch_add(&bad, 1000);
			continue;
		}
		fill(block, size, next_random(&seed));
		old = atomic_exchange(&slots[next_random(&seed) % SLOTS], block);
		if (old && !verify(old))
			atomic_fetch_add(&bad, 1);
		free(old);
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[THREADS];
	int started = 0;

	for (uintptr_t i = 0; i < THREADS; i++)
		started += pthread_create(&threads[i], NULL, worker, (void *)i) == 0;
	is(started, THREADS, "%d threads that take and free", THREADS);
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	is(atomic_load(&bad), 0, "no block was given out twice or lost its content");
	for (int i = 0; i < SLOTS; i++)
		free(slots[i]);
}

static int zero(const char *p, size_t n)
{
	return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static void test_promises(void)
{
	volatile size_t many = SIZE_MAX / 2;
	int good = 1;
	char *p, *q;

	for (size_t align = 16; align <= MIB; align *= 2) {
		for (size_t size = 1; size < 3 * MIB; size *= 7) {
			void *r = NULL;

			good &= posix_memalign(&r, align, size) == 0 && r && (uintptr_t)r % align == 0;
			if (r)
				memset(r, 0xcc, size);
			good &= malloc_usable_size(r) >= size;
			free(r);
		}
	}
	ok(good, "posix_memalign, 16 to 1 MiB");
	for (size_t size = 1; size < 5 * MIB; size += size / 2 + 1) {
		p = malloc(size);
		memset(p, 0xdd, size);
		free(p);
		p = calloc(1, size);
		good &= p && zero(p, size);
		memset(p, 0xee, size);
		free(p);
	}
	ok(good, "calloc gives zeros, of memory that was used too");
	p = NULL;
	for (size_t size = 1, old = 0; size < 5 * MIB; old = size, size += size / 2 + 1) {
		q = realloc(p, size);
		good &= q && (!old || (q[0] == 1 && q[old - 1] == (old == 1 ? 1 : 2)));
		q[size - 1] = 2;
		q[0] = 1;
		p = q;
	}
	ok(good, "realloc keeps the content as it grows");
	q = realloc(p, 10);
	ok(q && q[0] == 1, "and as it shrinks");
	free(q);
	errno = 0;
	ok(!malloc(many) && errno == ENOMEM, "more than there can be is ENOMEM");
	ok(!calloc(many, 4) && errno == ENOMEM, "a product that overflows too");
	p = malloc(0);
	q = malloc(0);
	ok(p && q && p != q, "malloc(0) gives blocks of their own");
	free(p);
	free(q);
	free(NULL);
}

/* Calls malloc with less and less of a stack whose pages nothing has touched. */
static int __attribute__((noinline)) deeper(int depth)
{
	volatile char pad[700];
	char *p = calloc(1, MIB / 4);
	int good = p && zero(p, MIB / 4);

	pad[0] = 1;
	if (p)
		memset(p, pad[0], MIB / 4);
	free(p);
	return depth ? deeper(depth - 1) & good & pad[0] : good;
}

static void *run_deeper(void *arg)
{
	*(int *)arg = deeper(150);
	return NULL;
}

/* The first touch of a page of the stack may come wherever malloc is. */
static void test_stack(void)
{
	pthread_t thread;
	int good = 0;

	if (pthread_create(&thread, NULL, run_deeper, &good) == 0)
		pthread_join(thread, NULL);
	ok(good, "calloc at every depth of a new stack");
}

/* What malloc holds free goes to whoever needs it. */
static void test_pressure(void)
{
#ifdef __pagurus__
	struct pagurus_info info;
	unsigned n = 0;
	size_t share;
	char *p, **blocks;

	pagurus_info(&info);
	share = info.memory_free / 4 * 3;
	blocks = malloc(share / MIB * sizeof(*blocks));
	for (; n < share / MIB; n++) {
		blocks[n] = malloc(MIB);
		if (!blocks[n])
			break;
		memset(blocks[n], 0x55, MIB);
	}
	is(n, share / MIB, "%u MiB taken in blocks of 1 MiB", n);
	while (n)
		free(blocks[--n]);
	free(blocks);
	for (int round = 0; round < 2; round++) {
		p = mmap(NULL, share, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ok(p != MAP_FAILED, "freed; as much by mmap, round %d", round);
		if (round)
			for (size_t i = 0; i < share; i += 4096)
				p[i] = 1;
		else
			is(madvise(p, share, MADV_POPULATE_WRITE), 0, "all of it gets memory");
		munmap(p, share);
		p = malloc(share);
		ok(p != NULL, "and by malloc");
		memset(p, 0x66, share);
		free(p);
	}
#else
	skip("pressure: how much memory there is only Pagurus tells");
#endif
}

#ifdef __pagurus__
/* Takes all memory in blocks of this size and writes to it, until there is no more. */
static size_t fill_memory(size_t size)
{
	struct block {
		struct block *next;
	} *blocks = NULL, *block;
	size_t n = 0;

	errno = 0;
	while ((block = malloc(size)) != NULL) {
		memset(block, (int)n | 1, size); /* pages of zeros would be reclaimed */
		block->next = blocks;
		blocks = block;
		n++;
	}
	while (blocks) {
		block = blocks->next;
		free(blocks);
		blocks = block;
	}
	return n * size;
}
#endif

/* Memory that is used up is ENOMEM, not the end. */
static void test_exhaustion(void)
{
#ifdef __pagurus__
	static const size_t sizes[] = { MIB, 100000, 4096, 1000, 64, 5 * MIB };
	struct pagurus_info info;

	pagurus_info(&info);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t bytes = fill_memory(sizes[i]);

		/* Other CPUs keep what they have at hand. */
		ok(errno == ENOMEM && bytes + sizes[i] + (info.cpus - 1) * 4 * MIB > free_at_start / 4 * 3,
		   "all memory in blocks of %zu bytes (%zu of %zu KiB), then ENOMEM", sizes[i], bytes >> 10,
		   free_at_start >> 10);
	}
#else
	skip("exhaustion: this system kills instead of failing");
#endif
}

static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {
#ifdef __pagurus__
	{ "sparse", sparse },
	{ "no_memory", no_memory },
#endif
	{ "threads", test_threads },
	{ "free_twice", free_twice },
	{ "write_after_free", write_after_free },
	{ "free_inside", free_inside },
};

int main(int argc, char **argv)
{
#ifdef __pagurus__
	struct pagurus_info info;

	pagurus_info(&info);
	free_at_start = info.memory_free;
#endif
	if (argc > 1 && atoi(argv[argc - 1]) > 0)
		operations = atoi(argv[argc - 1]);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[1], modes[i].name) == 0) {
			modes[i].run();
			return tap_done();
		}
	}
	test_promises();
	test_threads();
	test_stack();
	test_pressure();
	test_exhaustion();
	return tap_done();
}
