/* sources: core/malloc/malloc.c core/malloc/run.c core/malloc/slab.c core/malloc/small.c arch/x86/percpu_list.S */
/* flags: -DCONFIG_MALLOC_PAGURUS=1 -no-pie */
/* SPDX-License-Identifier: BSD-2-Clause */
/* malloc where there is no memory, and in programs that free or write what is not theirs. */
#include "tests/unit/malloc_machine.h"

/* Does call(p) end the program? */
static bool aborts(void (*call)(void *p), void *p)
{
	if (setjmp(aborted))
		return true;
	call(p);
	return false;
}

static void malloc_100(void *p)
{
	(void)p;
	(void)k_malloc(100);
}

static void realloc_10(void *p)
{
	(void)k_realloc(p, 10);
}

static void usable_size(void *p)
{
	(void)k_malloc_usable_size(p);
}

/* A slow machine's last memory: what cannot be written to is not handed out. */
static void test_honest(void **state)
{
	void *p, *q;

	(void)state;
	p = k_malloc(MIB(8)); /* behind it there is nothing */
	free_frames = MIB(4) / FRAME_SIZE;
	errno = 0;
	assert_null(k_malloc(MIB(40)));
	assert_int_equal(errno, ENOMEM);
	assert_in_range(wanted, MIB(36), MIB(37)); /* asked for, in vain */
	makes_room = true;
	q = k_malloc(MIB(40));
	assert_non_null(q);
	makes_room = false;
	k_free(q);
	assert_null(k_malloc(MIB(40))); /* though there is a free run that large */
	assert_null(k_calloc(10, MIB(4)));
	assert_null(k_realloc(p, MIB(40)));
	assert_int_equal(k_malloc_usable_size(p), MIB(8));
	/* Nor are objects handed out, once those of the slabs are gone. */
	free_frames = 0;
	for (unsigned i = 0; i < 10000 && (q = k_malloc(CLASS_LARGEST)); i++)
		;
	assert_null(q);
	free_frames = RAM / FRAME_SIZE;
	k_free(p);
}

/* Sets free lists of this size up: this many objects are free. */
static void refill(size_t size, unsigned n)
{
	static void *some[2000];

	for (unsigned i = 0; i < n; i++)
		some[i] = k_malloc(size);
	for (unsigned i = 0; i < n; i++)
		k_free(some[i]);
}

static void test_misuse(void **state)
{
	uint64_t *p, *q, *r;

	(void)state;
	for (size_t size = 16; size <= 1024; size *= 4) {
		refill(size, 1500);
		p = k_malloc(size);
		k_free(p);
		assert_true(aborts(k_free, p));
		/* Not only at once: the lists have changed hands. */
		p = k_malloc(size);
		k_free(p);
		refill(size, 700);
		assert_true(aborts(k_free, p));
	}
	/* What looks freed is not taken for it. */
	p = k_malloc(100);
	p[1] = CHAIN_MARK;
	assert_false(aborts(k_free, p));
	/* Writing to what was freed. */
	q = k_malloc(100);
	r = k_malloc(100);
	k_free(r);
	k_free(q);
	memset(q, 0x41, 100);
	assert_true(aborts(malloc_100, NULL));
	((chain_t *)q)[0] = 0; /* both are lost; the list is in order */
	q[1] = CHAIN_MARK;
	/* What is no block. */
	p = k_malloc(MIB(1));
	assert_true(aborts(k_free, p + 8192));
	assert_true(aborts(k_free, p + 8));
	assert_true(aborts(realloc_10, &p));
	assert_true(aborts(usable_size, p + 8192));
	k_free(p);
	assert_true(aborts(k_free, p));
	p = k_malloc(200);
	assert_true(aborts(k_free, p + 1));
	k_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_honest),
		cmocka_unit_test(test_misuse),
	};

	if (machine_init() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
