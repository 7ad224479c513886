/* SPDX-License-Identifier: BSD-2-Clause */
/* The heap: alignment, contents through realloc, many sizes in a random order, failure. */
#include "libc.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../tap.h"

enum {
	SLOTS = 512,
	STEPS = 40000
};

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 8;
}

static int filled_with(const unsigned char *p, size_t n, unsigned char value)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != value)
			return 0;
	return 1;
}

/* Blocks of all sizes come and go and grow; each must keep its own pattern. */
static int churn(void)
{
	static unsigned char *blocks[SLOTS];
	static size_t sizes[SLOTS];
	unsigned seed = 99;

	for (int step = 0; step < STEPS; step++) {
		unsigned slot = next_random(&seed) % SLOTS;
		size_t size = next_random(&seed) % (next_random(&seed) % 64 ? 700 : 300000);
		unsigned char value = (unsigned char)slot;

		if (!filled_with(blocks[slot], sizes[slot], value))
			return 0;
		if (next_random(&seed) % 3 == 0) {
			free(blocks[slot]);
			blocks[slot] = malloc(size);
		} else {
			size_t kept = size < sizes[slot] ? size : sizes[slot];

			blocks[slot] = realloc(blocks[slot], size + 1);
			if (!blocks[slot] || !filled_with(blocks[slot], kept, value))
				return 0;
		}
		if (!blocks[slot] && size)
			return 0;
		sizes[slot] = size;
		memset(blocks[slot], value, size);
	}
	for (int i = 0; i < SLOTS; i++) {
		if (!filled_with(blocks[i], sizes[i], (unsigned char)i))
			return 0;
		free(blocks[i]);
	}
	return 1;
}

static void test_alignment(void)
{
	int aligned = 1, room = 1;
	void *p = NULL;

	for (size_t n = 1; n < 5000; n += 61) {
		void *block = malloc(n);

		aligned &= block && ((uintptr_t)block & 15) == 0;
		room &= malloc_usable_size(block) >= n;
		free(block);
	}
	ok(aligned, "malloc aligns to 16 bytes");
	ok(room, "malloc_usable_size is at least what was asked for");
	for (size_t align = 32; align <= 65536; align *= 2) {
		aligned &= posix_memalign(&p, align, 100) == 0 && ((uintptr_t)p & (align - 1)) == 0;
		free(p);
	}
	ok(aligned, "posix_memalign up to 64 KiB");
	p = aligned_alloc(4096, 8192);
	ok(p && ((uintptr_t)p & 4095) == 0, "aligned_alloc");
	free(p);
}

static void test_failure(void)
{
	/* volatile: or the compiler sees that these can only fail, and that nobody uses them. */
	volatile size_t huge = SIZE_MAX / 2 - 4096, many = SIZE_MAX / 4;
	void *volatile p;

	errno = 0;
	p = malloc(huge);
	ok(!p && errno == ENOMEM, "malloc of half the address space fails with ENOMEM");
	p = malloc(1000);
	ok(p, "and the next malloc works");
	void *bigger = realloc(p, huge);

	ok(!bigger, "realloc to half the address space fails");
	free(p);
	errno = 0;
	p = calloc(many, 8);
	ok(!p && errno == ENOMEM, "calloc notices that its product overflows");
}

static void test_zeroed(void)
{
	int zero = 1;

	for (size_t n = 16; n <= 1 << 20; n *= 4) {
		unsigned char *p = malloc(n);

		if (p)
			memset(p, 0xcc, n);
		free(p);
		p = calloc(1, n);
		zero &= p && filled_with(p, n, 0);
		free(p);
	}
	ok(zero, "calloc clears, even what was used before");
}

void test_heap(void)
{
	test_alignment();
	test_zeroed();
	ok(churn(), "%d random steps of malloc, realloc and free keep every block's content", STEPS);
	test_failure();
}
