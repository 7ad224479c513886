/* sources: mm/heap_guard.c mm/heap.c mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c arch/x86/paging.c arch/x86/paging_edit.c arch/x86/paging_unmap.c */
/* flags: -DCONFIG_HEAP_GUARD=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* The guarded kernel heap: everything that is written where nothing may be is found. */
#include "mm/heap.h"

#include <stdlib.h>
#include <string.h>

#include "mm/frame.h"
#include "tests/unit/host_stubs.h"

uint64_t host_cr3;

void host_tlb_flush(uint64_t va)
{
	(void)va;
}

static int start(void **state)
{
	struct mem_range ram = { 0x100000, 64 << 20 };

	(void)state;
	host_memory_init(0, 0x100000 + (64 << 20));
	return frame_init(&ram, 1);
}

static void test_promises(void **state)
{
	(void)state;
	for (int round = 0; round < 3000; round++) {
		size_t size = round % 3 ? 1 + host_random_below(9000) : 1UL << host_random_below(14);
		char *p = host_random_below(2) ? heap_alloc(size) : heap_zalloc(size);

		assert_non_null(p);
		assert_int_equal((uint64_t)p % 16, 0);
		if (size >= 64)
			assert_int_equal((uint64_t)p % 64, 0);
		if (size <= 4096 && (size & (size - 1)) == 0)
			assert_int_equal((uint64_t)p % size, 0);
		memset(p, round, size);
		heap_free(p);
	}
	heap_free(NULL);
	assert_null(heap_alloc(0));
	assert_null(heap_alloc(1UL << 40));
}

static void expect(const char *what)
{
	assert_non_null(strstr(host_panic_text, what));
}

static void test_overflow(void **state)
{
	static const size_t sizes[] = { 1, 24, 64, 100, 512, 2048, 2696, 4096, 5000 };

	(void)state;
	for (volatile size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *p = heap_alloc(sizes[i]);

		p[sizes[i]] = 1;
		expect_assert_failure(heap_free(p));
		expect("written beyond the end");
		p = heap_alloc(sizes[i]);
		p[sizes[i] + 15] = 1;
		expect_assert_failure(heap_free(p));
		expect("written beyond the end");
	}
}

static void test_underflow(void **state)
{
	char *p = heap_alloc(128);

	(void)state;
	p[-40] = 1;
	expect_assert_failure(heap_free(p));
	expect("byte -40 of the 128");
	p = heap_alloc(40);
	p[-32] = 1; /* the guard itself */
	expect_assert_failure(heap_free(p));
	expect("before its beginning");
}

static void test_double_free(void **state)
{
	char *p = heap_alloc(100);

	(void)state;
	heap_free(p);
	expect_assert_failure(heap_free(p));
	expect("freed twice: 100 bytes");
	expect_assert_failure(heap_free((char *)heap_alloc(200) + 64));
	expect("not allocated");
}

static void free_many(void)
{
	for (int i = 0; i < 64; i++)
		heap_free(heap_alloc(16));
}

static void test_use_after_free(void **state)
{
	volatile char *p = heap_alloc(300);

	(void)state;
	heap_free((void *)p);
	p[299] = 0;
	expect_assert_failure(free_many());
	expect("written after it was freed: byte 299 of the 300");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_promises),       cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_underflow),      cmocka_unit_test(test_double_free),
		cmocka_unit_test(test_use_after_free),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
