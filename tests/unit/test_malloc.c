/* sources: core/malloc/malloc.c core/malloc/run.c core/malloc/slab.c core/malloc/small.c arch/x86/percpu_list.S */
/* flags: -DCONFIG_MALLOC_PAGURUS=1 -no-pie */
/* SPDX-License-Identifier: BSD-2-Clause */
/* malloc and its kin against a model that knows what each block holds. */
#include "tests/unit/malloc_machine.h"

#define BLOCKS 3000

static struct block {
	uint8_t *p;
	size_t size;
	uint8_t seed;
} blocks[BLOCKS];

static uint8_t byte_of(const struct block *b, size_t i)
{
	return b->seed + i * 7 + (i >> 8) * 13;
}

/* All of a small block, samples of a large one. */
static size_t step(size_t size)
{
	return size <= 4096 ? 1 : size / 1000 + 1;
}

static void fill(struct block *b)
{
	b->seed = host_random();
	for (size_t i = 0; i < b->size; i += step(b->size))
		b->p[i] = byte_of(b, i);
	if (b->size)
		b->p[b->size - 1] = byte_of(b, b->size - 1);
}

/* The first n bytes are as they were filled. */
static void verify(const struct block *b, size_t n)
{
	for (size_t i = 0; i < n; i += step(b->size))
		assert_int_equal(b->p[i], byte_of(b, i));
	if (n && n == b->size)
		assert_int_equal(b->p[n - 1], byte_of(b, n - 1));
}

static size_t random_size(void)
{
	switch (host_random_below(8)) {
	case 0:
		return host_random_below(KIB(300));
	case 1:
		return host_random_below(MIB(2));
	case 2:
		return 16UL << host_random_below(15);
	default:
		return host_random_below(600);
	}
}

static bool all_zero(const uint8_t *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static void random_operation(void)
{
	struct block *b = &blocks[host_random_below(BLOCKS)];
	size_t size = random_size(), align = 16, before = b->size;

	switch (host_random_below(10)) {
	case 0:
		if (!b->p)
			return;
		b->p = k_realloc(b->p, size);
		assert_non_null(b->p);
		verify(&(struct block){ b->p, before, b->seed }, MIN(before, size));
		b->size = size;
		fill(b);
		return;
	case 1:
		k_free(b->p);
		b->p = k_calloc(1 + host_random_below(5), size);
		b->size = size;
		assert_non_null(b->p);
		assert_true(all_zero(b->p, size));
		break;
	case 2:
		k_free(b->p);
		align = 1UL << host_random_below(20);
		b->p = k_aligned_alloc(align, size);
		b->size = size;
		break;
	case 3:
	case 4:
	case 5:
		if (b->p)
			verify(b, b->size);
		k_free(b->p);
		b->p = NULL;
		return;
	default:
		if (b->p)
			verify(b, b->size);
		k_free(b->p);
		b->p = k_malloc(size);
		b->size = size;
		break;
	}
	assert_non_null(b->p);
	assert_true(IS_ALIGNED((virt_t)b->p, align));
	assert_true(IS_ALIGNED((virt_t)b->p, 16));
	assert_true(k_malloc_usable_size(b->p) >= size);
	fill(b);
}

static void test_random(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 60000; i++) {
		random_operation();
		if (i % 5000 == 0) {
			if (i % 10000)
				k_malloc_trim(0);
			else
				trim(drop);
			for (unsigned k = 0; k < BLOCKS; k++)
				if (blocks[k].p)
					verify(&blocks[k], blocks[k].size);
		}
	}
	for (unsigned k = 0; k < BLOCKS; k++) {
		k_free(blocks[k].p);
		blocks[k].p = NULL;
	}
	assert_true(host_interrupts);
}

/* Every size from 0 on gets a class that fits it, and none that is wasteful. */
static void test_classes(void **state)
{
	unsigned last = 1;

	(void)state;
	for (size_t size = 0; size <= CLASS_LARGEST; size++) {
		unsigned class = class_of(size);

		assert_true(class == last || class == last + 1);
		assert_true(class_size(class) >= size);
		assert_true(class == 1 || class_size(class - 1) < size);
		assert_true(size <= 128 || class_size(class) * 4 <= size * 5 + 3);
		last = class;
	}
	assert_int_equal(last, CLASSES - 1);
	assert_int_equal(class_size(last), CLASS_LARGEST);
	for (unsigned class = 1; class < CLASSES; class ++)
		assert_true(class_units(class) * UNIT_SIZE / class_size(class) >= 4);
}

static void test_errors(void **state)
{
	void *p = NULL;

	(void)state;
	errno = 0;
	assert_null(k_malloc(RAM + 1));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(k_malloc(SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	assert_null(k_calloc(SIZE_MAX / 2, 3));
	assert_null(k_calloc(1UL << 32, 1UL << 32));
	assert_null(k_aligned_alloc(1UL << 40, 10));
	errno = 0;
	assert_null(k_aligned_alloc(48, 10));
	assert_int_equal(errno, EINVAL);
	assert_null(k_aligned_alloc(0, 10));
	errno = 0;
	assert_int_equal(k_posix_memalign(&p, 4, 10), EINVAL);
	assert_int_equal(k_posix_memalign(&p, 24, 10), EINVAL);
	assert_int_equal(k_posix_memalign(&p, 64, RAM * 2), ENOMEM);
	assert_null(p);
	assert_int_equal(errno, 0);
	assert_int_equal(k_posix_memalign(&p, KIB(128), 10), 0);
	assert_true(p && IS_ALIGNED((virt_t)p, KIB(128)));
	assert_null(k_realloc(p, RAM + 1)); /* and p is what it was */
	k_free(p);
	k_free(NULL);
	assert_int_equal(k_malloc_usable_size(NULL), 0);
	p = k_malloc(0);
	assert_non_null(p);
	p = k_realloc(p, 0);
	assert_non_null(p);
	k_free(p);
}

/* Large blocks of exactly the run's size, found again when they were freed, in one piece. */
static void test_runs(void **state)
{
	char *p[16], *all;

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		p[i] = k_malloc(MIB(1));
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(k_malloc_usable_size(p[i]), MIB(1));
	for (unsigned i = 0; i < 16; i += 2)
		k_free(p[i]);
	for (unsigned i = 1; i < 16; i += 2)
		k_free(p[i]);
	all = k_malloc(MIB(16));
	assert_true(all <= p[0] || all <= p[15]); /* not above: the pieces are united */
	/* In place: smaller, and larger again. */
	assert_ptr_equal(k_realloc(all, MIB(4)), all);
	assert_ptr_equal(k_realloc(all, MIB(12)), all);
	p[0] = k_malloc(MIB(1));
	k_free(all);
	k_free(p[0]);
}

/* What was given back is zero and is not cleared again; what was not is. */
static void test_zero(void **state)
{
	uint8_t *p = k_malloc(MIB(3));

	(void)state;
	memset(p, 0xaa, MIB(3));
	k_free(p);
	p = k_calloc(3, MIB(1));
	assert_true(all_zero(p, MIB(3)));
	memset(p, 0xaa, MIB(3));
	k_free(p);
	assert_true(trim(drop));
	assert_false(trim(drop)); /* no more than once */
	p = k_calloc(3, MIB(1));
	assert_true(all_zero(p, MIB(3)));
	k_free(p);
	for (unsigned i = 0; i < 300; i++) {
		p = k_calloc(1, 5000 + i * 100);
		assert_true(all_zero(p, 5000 + i * 100));
		memset(p, 0xbb, 5000 + i * 100);
		k_free(p);
	}
}

static unsigned slabs_of(unsigned class)
{
	unsigned n = 0;

	for (uint32_t i = 1; i < malloc_heap.frontier; i++)
		n += malloc_heap.kinds[i] == class;
	return n;
}

/* Objects freed in whatever order find their slabs, and those go back to the runs. */
static void test_slabs_go_back(void **state)
{
	static void *objects[20000];

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < ARRAY_SIZE(objects); i++)
			objects[i] = k_malloc(1000);
		assert_true(slabs_of(class_of(1000)) >= ARRAY_SIZE(objects) / 64);
		for (unsigned i = ARRAY_SIZE(objects); i-- > 0;)
			k_free(objects[i * 7919UL % ARRAY_SIZE(objects)]);
		/* But for what is in lists, and where those objects lie. */
		assert_in_range(slabs_of(class_of(1000)), 1, ARRAY_SIZE(objects) / 64 - 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_runs),    cmocka_unit_test(test_zero),
		cmocka_unit_test(test_random),  cmocka_unit_test(test_slabs_go_back),
	};

	if (machine_init() != 0)
		return 1;

	return cmocka_run_group_tests(tests, NULL, NULL);
}
