/* sources: mm/heap.c mm/stack.c mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c arch/x86/paging.c arch/x86/paging_edit.c arch/x86/paging_unmap.c */
/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel heap and the kernel stacks, above the real frame allocator and page tables. */
#include "mm/heap.h"

#include <stdlib.h>
#include <string.h>

#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "mm/frame.h"
#include "tests/unit/host_stubs.h"

#define STACK_BYTES KIB(CONFIG_KERNEL_STACK_KIB)

uint64_t host_cr3;

void host_tlb_flush(uint64_t va)
{
	(void)va;
}

static uint64_t free_frames(void)
{
	struct frame_stats s;

	frame_stats(&s);
	return s.free;
}

/* Once: slabs and stacks outlive a test, as they do in the kernel. */
static int setup(void **state)
{
	static const struct mem_range ram[] = { { MIB(1), MIB(64) } };

	(void)state;
	host_memory_init(0, MIB(64));
	memset(phys_to_virt(0), 0x5a, MIB(64));
	assert_int_equal(frame_init(ram, 1), 0);
	host_cr3 = frame_alloc_zeroed(0);
	return 0;
}

static size_t alignment_for(size_t size)
{
	if (size >= 4096)
		return 4096;
	if ((size & (size - 1)) == 0 && size >= 16)
		return size;
	return size >= 64 ? 64 : 16;
}

static void test_every_size(void **state)
{
	(void)state;
	for (size_t size = 1; size < 20000; size += size < 5000 ? 1 : 997) {
		char *a = heap_alloc(size), *b = heap_alloc(size);

		assert_non_null(a);
		assert_non_null(b);
		assert_int_equal(virt_to_phys(a) % alignment_for(size), 0);
		assert_int_equal(virt_to_phys(b) % alignment_for(size), 0);
		assert_true(a + size <= b || b + size <= a);
		memset(a, 1, size);
		memset(b, 2, size);
		assert_int_equal(a[size - 1], 1);
		heap_free(a);
		heap_free(b);
	}
	assert_null(heap_alloc(0));
	assert_null(heap_alloc(GIB(1)));
	assert_null(heap_alloc(SIZE_MAX));
	heap_free(NULL);
}

static void test_zalloc(void **state)
{
	static const char zeros[9000];

	(void)state;
	for (size_t size = 1; size <= sizeof(zeros); size += 61) {
		char *p = heap_alloc(size);

		memset(p, 0xff, size);
		heap_free(p);
		p = heap_zalloc(size);
		assert_memory_equal(p, zeros, size);
		heap_free(p);
	}
}

struct allocation {
	unsigned char *p;
	size_t size;
	unsigned char fill;
};

static void check_fill(const struct allocation *a)
{
	for (size_t i = 0; i < a->size; i++)
		assert_int_equal(a->p[i], a->fill);
}

static void test_random(void **state)
{
	static struct allocation live[3000];
	uint64_t before = free_frames();

	(void)state;
	for (unsigned i = 0; i < 60000; i++) {
		struct allocation *a = &live[host_random_below(ARRAY_SIZE(live))];

		if (a->p) {
			check_fill(a);
			heap_free(a->p);
			a->p = NULL;
		} else {
			a->size = 1 + host_random_below(host_random_below(20) ? 300 : 9000);
			a->fill = host_random();
			a->p = heap_alloc(a->size);
			assert_non_null(a->p);
			memset(a->p, a->fill, a->size);
		}
	}
	for (unsigned i = 0; i < ARRAY_SIZE(live); i++) {
		if (live[i].p)
			check_fill(&live[i]);
		heap_free(live[i].p);
		live[i].p = NULL;
	}
	/* One slab of each of 13 classes may remain. */
	assert_true(free_frames() + 13 * 4 >= before);
}

/* Until nothing is left; all of it can be used and given back, in a fragmented memory too. */
static void test_exhaustion(void **state)
{
	static const size_t sizes[] = { 16, 2048, 1536, 768, 64, 5000 };
	uint64_t before = free_frames();
	void **first = NULL;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		void **p;

		first = NULL;
		while ((p = heap_alloc(sizes[i]))) {
			memset(p, 0xcc, sizes[i]);
			*p = first;
			first = p;
		}
		if (sizes[i] > FRAME_SIZE)
			assert_true(frame_largest() <= 0);
		else
			assert_int_equal(free_frames(), 0);
		while (first) {
			p = *first;
			heap_free(first);
			first = p;
		}
		assert_true(free_frames() + 13 * 4 >= before);
	}
}

/* With single frames only, classes that want larger slabs make do. */
static void test_fragmented(void **state)
{
	static phys_t frames[20000];
	unsigned n = 0;
	void *a, *b;

	(void)state;
	while (n < ARRAY_SIZE(frames) && (frames[n] = frame_alloc(0)) != FRAME_NONE)
		n++;
	assert_true(n < ARRAY_SIZE(frames));
	for (unsigned i = 0; i < n; i++) {
		if (frames[i] >> FRAME_SHIFT & 1) {
			frame_free(frames[i], 0);
			frames[i] = 0;
		}
	}
	assert_int_equal(frame_alloc(1), FRAME_NONE);
	for (unsigned i = 0; i < 100; i++) {
		a = heap_alloc(1024);
		b = heap_alloc(2048);
		assert_non_null(a);
		assert_non_null(b);
		memset(a, 1, 1024);
		memset(b, 2, 2048);
	}
	heap_free(a);
	heap_free(b);
	assert_null(heap_alloc(4097));
	for (unsigned i = 0; i < n; i++)
		if (frames[i])
			frame_free(frames[i], 0);
	assert_non_null(heap_alloc(4097));
}

static void test_bad_free(void **state)
{
	char *small = heap_alloc(40), *other = heap_alloc(40), *large = heap_alloc(10000);

	(void)state;
	memset(small, 1, 40);
	expect_assert_failure(heap_free(small + 8));
	expect_assert_failure(heap_free(large + 16));
	heap_free(small);
	expect_assert_failure(heap_free(small)); /* CONFIG_DEBUG_CHECKS */
	heap_free(large);
	expect_assert_failure(heap_free(large));
	heap_free(other);
}

static void check_stack(const char *top)
{
	virt_t high = (virt_t)top;
	unsigned order;
	pte_t flags;
	phys_t pa;

	assert_int_equal(high % 16, 0);
	for (virt_t va = high - STACK_BYTES; va < high; va += FRAME_SIZE) {
		assert_true(paging_query(host_cr3, va, &pa, &order, &flags));
		assert_int_equal(flags & (PTE_P | PTE_W | PTE_NX), PTE_P | PTE_W | PTE_NX);
		assert_false(kernel_stack_guard(va));
	}
	assert_false(paging_query(host_cr3, high - STACK_BYTES - 1, &pa, &order, &flags));
	assert_true(kernel_stack_guard(high - STACK_BYTES - 1));
	assert_true(kernel_stack_guard(high - STACK_BYTES - FRAME_SIZE));
}

static void test_stacks(void **state)
{
	static void *tops[500];
	uint64_t before;

	(void)state;
	kernel_stack_free(kernel_stack_alloc());
	before = free_frames();
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < ARRAY_SIZE(tops); i++) {
			tops[i] = kernel_stack_alloc();
			assert_non_null(tops[i]);
			check_stack(tops[i]);
			for (unsigned k = 0; k < i; k++)
				assert_ptr_not_equal(tops[i], tops[k]);
		}
		for (unsigned i = 0; i < ARRAY_SIZE(tops); i++)
			kernel_stack_free(tops[i]);
		/* A few stay mapped; page tables and the list of slots stay. */
		assert_true(free_frames() + 16 * STACK_BYTES / FRAME_SIZE + 16 >= before);
	}
	assert_false(kernel_stack_guard(KERNEL_STACKS_BASE - 1));
	assert_false(kernel_stack_guard(KERNEL_MAP_END - 1));
	assert_false(kernel_stack_guard(0));
	expect_assert_failure(kernel_stack_free((char *)tops[0] - 16));
	expect_assert_failure(kernel_stack_free((void *)(KERNEL_STACKS_BASE - FRAME_SIZE)));
}

static void test_no_memory_for_stacks(void **state)
{
	static void *tops[8000];
	static phys_t frames[20000];
	unsigned n = 0, m = 0;

	(void)state;
	while (m < ARRAY_SIZE(tops) && (tops[m] = kernel_stack_alloc()))
		m++;
	assert_true(m > 100 && m < ARRAY_SIZE(tops));
	while ((frames[n] = frame_alloc(0)) != FRAME_NONE)
		n++;
	assert_null(kernel_stack_alloc());
	kernel_stack_free(tops[--m]);
	tops[m] = kernel_stack_alloc();
	assert_non_null(tops[m]);
	check_stack(tops[m]);
	assert_null(kernel_stack_alloc());
	while (n)
		frame_free(frames[--n], 0);
	for (unsigned i = 0; i <= m; i++)
		kernel_stack_free(tops[i]);
	check_stack(kernel_stack_alloc());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_zalloc),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_exhaustion),
		cmocka_unit_test(test_bad_free),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_no_memory_for_stacks),
		cmocka_unit_test(test_fragmented),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
