/* sources: lib/tree.c mm/area.c mm/area_advise.c mm/area_fault.c mm/area_protect.c mm/area_reclaim.c mm/area_remap.c mm/area_reserve.c mm/area_tree.c mm/heap.c mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c arch/x86/paging.c arch/x86/paging_edit.c arch/x86/paging_reserve.c arch/x86/paging_unmap.c */
/* flags: -DCONFIG_LARGE_PAGES=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls on areas one by one: errors as Linux has them, brk, hints. */
#include "tests/unit/area_model.h"

#define TOP (USER_MAX - AREA_STACK_SPACE)

static void start(void)
{
	leave(MACHINE_RAM);
	assert_int_equal(area_unmap(as, USER_MIN, USER_MAX - USER_MIN), 0);
	assert_int_equal(as->stats.areas, 0);
	assert_int_equal(as->stats.resident, 0);
	area_init();
}

static void test_map_errors(void **state)
{
	(void)state;
	start();
	assert_int_equal(area_map(as, 0, 0, RW, ANON), -EINVAL);
	assert_int_equal(area_map(as, 0, UINT64_MAX, RW, ANON), -ENOMEM);
	assert_int_equal(area_map(as, 0, USER_MAX + 1, PROT_NONE, ANON), -ENOMEM);
	assert_int_equal(area_map(as, 0, USER_MAX, PROT_NONE, ANON), -ENOMEM);
	assert_int_equal(area_map(as, 0, 4096, RW, MAP_ANONYMOUS), -EINVAL);
	assert_int_equal(area_map(as, 0, 4096, RW, MAP_ANONYMOUS | 3), -EINVAL);
	assert_int_equal(area_map(as, 0, 4096, RW, MAP_PRIVATE), -EINVAL);
	assert_int_equal(area_map(as, 4097, 4096, RW, ANON | MAP_FIXED), -EINVAL);
	assert_int_equal(area_map(as, 0, 4096, RW, ANON | MAP_FIXED), -EPERM);
	assert_int_equal(area_map(as, USER_MAX, 4096, RW, ANON | MAP_FIXED), -ENOMEM);
	assert_int_equal(area_map(as, USER_MAX - 4096, 8192, RW, ANON | MAP_FIXED), -ENOMEM);
	assert_int_equal(area_map(as, 0, 4096, RW, ANON | MAP_HUGETLB), -ENOMEM);
	assert_int_equal(area_map(as, USER_MAX - 4096, 4096, RW, ANON | MAP_FIXED), USER_MAX - 4096);
	assert_int_equal(area_map(as, USER_MAX - 8192, 8192, RW, ANON | MAP_FIXED_NOREPLACE), -EEXIST);
	/* Without CONFIG_WX_STRICT. */
	assert_true(area_map(as, 0, 4096, RW | PROT_EXEC, ANON) > 0);
}

static void test_overcommit(void **state)
{
	long at;

	(void)state;
	start();
	assert_int_equal(area_map(as, 0, MACHINE_RAM + 4096, RW, ANON), -ENOMEM);
	at = area_map(as, 0, GIB(1000), RW, ANON | MAP_NORESERVE);
	assert_true(at > 0);
	assert_true(area_map(as, 0, GIB(1000), PROT_NONE, ANON) > 0);
	assert_int_equal(area_remap(as, at, 4096, GIB(2000), MREMAP_MAYMOVE, 0), -ENOMEM);
	assert_int_equal(area_brk(as, area_brk(as, 0) + GIB(100)), area_brk(as, 0));
}

static void test_placement(void **state)
{
	long a, b, c;

	(void)state;
	start();
	a = area_map(as, 0, 4096, RW, ANON);
	assert_int_equal(a, TOP - 4096);
	b = area_map(as, 0, 8192, PROT_READ, ANON);
	assert_int_equal(b, TOP - 3 * 4096);
	/* Hints: free, taken, too low, out of range. */
	assert_int_equal(area_map(as, GIB(3) + 5, 4096, RW, ANON), GIB(3));
	assert_int_equal(area_map(as, GIB(3), 4096, RW, ANON), TOP - 4 * 4096);
	assert_int_equal(area_map(as, 4096, 4096, RW, ANON), USER_MIN);
	assert_int_equal(area_map(as, USER_MAX - 4096, 8192, RW, ANON), TOP - 6 * 4096);
	c = area_map(as, 0, 4096, RW, ANON | MAP_32BIT);
	assert_true(c >= (long)GIB(1) && c < (long)GIB(2));
	/* A hole is used again, and whole large pages are aligned. */
	assert_int_equal(area_unmap(as, b, 8192), 0);
	assert_int_equal(area_map(as, 0, 4096, PROT_READ, ANON), b + 4096);
	assert_int_equal(area_map(as, 0, MIB(4), RW, ANON) % MIB(2), 0);
	/* When all below is full, the stack's space is given out too. */
	assert_int_equal(area_map(as, USER_MIN, TOP - USER_MIN, PROT_NONE, ANON | MAP_FIXED), USER_MIN);
	assert_int_equal(area_map(as, 0, 4096, RW, ANON), USER_MAX - 4096);
}

static void test_unmap_errors(void **state)
{
	(void)state;
	start();
	assert_int_equal(area_unmap(as, 1, 4096), -EINVAL);
	assert_int_equal(area_unmap(as, GIB(1), 0), -EINVAL);
	assert_int_equal(area_unmap(as, GIB(1), UINT64_MAX), -EINVAL);
	assert_int_equal(area_unmap(as, USER_MAX, 4096), -EINVAL);
	assert_int_equal(area_unmap(as, GIB(1), 4096), 0); /* nothing there: no error */
}

static void test_protect_errors(void **state)
{
	uint64_t *word;

	(void)state;
	start();
	assert_int_equal(area_protect(as, 1, 4096, RW), -EINVAL);
	assert_int_equal(area_protect(as, GIB(1), 4096, 0x100), -EINVAL);
	assert_int_equal(area_protect(as, GIB(1), 0, RW), 0);
	assert_int_equal(area_protect(as, GIB(1), 4096, RW), -ENOMEM);
	assert_int_equal(area_protect(as, GIB(1), UINT64_MAX - 5, RW), -ENOMEM);
	/* Content survives PROT_NONE. */
	assert_int_equal(area_map(as, GIB(1), MIB(2), RW, ANON | MAP_FIXED), GIB(1));
	assert_int_equal(touch(GIB(1) + 8, true, &word), 0);
	*word = 4711;
	assert_int_equal(area_protect(as, GIB(1), 4096, PROT_NONE), 0);
	assert_int_equal(touch(GIB(1) + 8, false, &word), -EFAULT);
	assert_int_equal(area_protect(as, GIB(1), 4096, PROT_READ), 0);
	assert_int_equal(touch(GIB(1) + 8, true, &word), -EFAULT);
	assert_int_equal(touch(GIB(1) + 8, false, &word), 0);
	assert_int_equal(*word, 4711);
}

static void test_remap_errors(void **state)
{
	virt_t at = GIB(1);

	(void)state;
	start();
	assert_int_equal(area_map(as, at, MIB(1), RW, ANON | MAP_FIXED), at);
	assert_int_equal(area_remap(as, at + 1, 4096, 8192, 1, 0), -EINVAL);
	assert_int_equal(area_remap(as, at, 4096, 0, 1, 0), -EINVAL);
	assert_int_equal(area_remap(as, at, 0, 4096, 1, 0), -EINVAL);
	assert_int_equal(area_remap(as, at, 4096, 4096, 8, 0), -EINVAL);
	assert_int_equal(area_remap(as, at, 4096, 4096, MREMAP_FIXED, GIB(2)), -EINVAL);
	assert_int_equal(area_remap(as, at, 4096, 4096, 3, GIB(2) + 1), -EINVAL);
	assert_int_equal(area_remap(as, at, 8192, 8192, 3, at + 4096), -EINVAL);
	assert_int_equal(area_remap(as, at, 4096, 4096, 3, 0), -EPERM);
	assert_int_equal(area_remap(as, at, 4096, 4096, 3, USER_MAX), -EINVAL);
	assert_int_equal(area_remap(as, GIB(5), 4096, 8192, 1, 0), -EFAULT);
	assert_int_equal(area_remap(as, at, MIB(2), MIB(3), 1, 0), -EFAULT);
	assert_int_equal(area_remap(as, at, 4096, 8192, 0, 0), -ENOMEM);
	assert_int_equal(area_remap(as, at, MIB(1), MIB(1), 0, 0), at);
	assert_int_equal(area_remap(as, at, MIB(1), 4096, 0, 0), at);
	assert_int_equal(as->stats.reserved, 4096);
	assert_int_equal(area_remap(as, at, 4096, MIB(1), 0, 0), at);
	assert_int_equal(area_remap(as, at, MIB(1), UINT64_MAX - 4096, 1, 0), -ENOMEM);
}

static void test_advise(void **state)
{
	virt_t at = GIB(1);
	uint64_t *word;
	uint8_t vec[4];

	(void)state;
	start();
	assert_int_equal(area_map(as, at, 4 * 4096, RW, ANON | MAP_FIXED), at);
	assert_int_equal(area_advise(as, at + 1, 4096, MADV_NORMAL), -EINVAL);
	assert_int_equal(area_advise(as, at, 4096, 12345), -EINVAL);
	assert_int_equal(area_advise(as, at, 4096, MADV_HWPOISON), -EINVAL);
	assert_int_equal(area_advise(as, at, UINT64_MAX, MADV_NORMAL), -EINVAL);
	assert_int_equal(area_advise(as, at, 0, MADV_NORMAL), 0);
	assert_int_equal(area_advise(as, at, 4 * 4096, MADV_WILLNEED), 0);
	assert_int_equal(area_advise(as, at, 5 * 4096, MADV_WILLNEED), -ENOMEM);
	assert_int_equal(area_advise(as, at + 4096, 4096, MADV_POPULATE_WRITE), 0);
	assert_int_equal(area_resident(as, at, 4, vec), 0);
	assert_memory_equal(vec, ((uint8_t[]){ 0, 1, 0, 0 }), 4);
	assert_int_equal(area_advise(as, at, 5 * 4096, MADV_POPULATE_READ), -ENOMEM);
	assert_int_equal(area_protect(as, at, 4096, PROT_READ), 0);
	assert_int_equal(area_advise(as, at, 4096, MADV_POPULATE_WRITE), -EINVAL);
	assert_int_equal(area_advise(as, at, 4096, MADV_POPULATE_READ), 0);
	assert_int_equal(touch(at + 4096, true, &word), 0);
	*word = 1;
	assert_int_equal(area_advise(as, at, 4 * 4096, MADV_FREE), 0);
	assert_int_equal(as->stats.resident, 0);
	assert_int_equal(touch(at + 4096, false, &word), 0);
	assert_int_equal(*word, 0);
	assert_int_equal(area_resident(as, at, 5, NULL), -ENOMEM);
	assert_int_equal(area_resident(as, at, 0, NULL), 0);
}

static void test_brk(void **state)
{
	virt_t first, end;
	uint64_t *word;

	(void)state;
	start();
	first = area_brk(as, 0);
	assert_int_equal(area_brk(as, first - 1), first);
	assert_int_equal(area_brk(as, first + 5000), first + 5000);
	assert_int_equal(as->stats.reserved, 8192);
	assert_int_equal(touch(first + 8184, true, &word), 0);
	*word = 5;
	assert_int_equal(touch(first + 8192, true, &word), -EFAULT);
	assert_int_equal(area_brk(as, first + 8192), first + 8192);
	assert_int_equal(as->stats.reserved, 8192);
	assert_int_equal(area_brk(as, first + 4096), first + 4096);
	assert_int_equal(area_brk(as, first + 8192), first + 8192);
	assert_int_equal(touch(first + 8184, false, &word), 0);
	assert_int_equal(*word, 0); /* given back and new */
	assert_int_equal(as->stats.areas, 1);
	/* Something in the way; the end stays. */
	end = first + MIB(1);
	assert_int_equal(area_map(as, end, 4096, PROT_READ, ANON | MAP_FIXED), end);
	assert_int_equal(area_brk(as, end + 1), first + 8192);
	assert_int_equal(area_brk(as, end), end);
	assert_int_equal(area_brk(as, first), first);
	assert_int_equal(as->stats.areas, 1);
	area_set_brk(as, GIB(9) + 77);
	assert_int_equal(area_brk(as, 0), GIB(9) + 77);
	assert_int_equal(area_brk(as, GIB(9) + 5000), GIB(9) + 5000);
	assert_int_equal(touch(GIB(9) + 4096, true, &word), 0);
}

static void test_large_pages(void **state)
{
	virt_t at = GIB(1);
	struct area_stats s;
	uint64_t *word;

	(void)state;
	start();
	assert_string_equal(area_policy(), "4 KiB");
	assert_int_equal(area_map(as, at + MIB(1), MIB(4), RW, ANON | MAP_FIXED), at + MIB(1));
	assert_int_equal(touch(at + MIB(1), true, &word), 0); /* only half of its 2 MiB is there */
	area_stats(as, &s);
	assert_int_equal(s.resident, 4096);
	assert_int_equal(touch(at + MIB(3), true, &word), 0);
	area_stats(as, &s);
	assert_int_equal(s.resident, 4096 + MIB(2));
	assert_int_equal(s.large, 1);
	assert_int_equal(s.faults, 2);
	assert_string_equal(area_policy(), "4 KiB and 2 MiB");
	/* All zeros, though the memory was not. */
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(touch(at + MIB(2) + i * 4096UL, false, &word) || *word, 0);
	/* When memory gets short, single frames do. */
	leave(MIB(16));
	assert_int_equal(area_map(as, at + GIB(1), MIB(4), RW, ANON | MAP_FIXED), at + GIB(1));
	assert_int_equal(touch(at + GIB(1), true, &word), 0);
	area_stats(as, &s);
	assert_int_equal(s.resident, 4096 + MIB(2) + 4096);
	assert_int_equal(area_unmap(as, at + MIB(2), MIB(2)), 0);
	leave(0);
	for (unsigned i = 2; i < 2 + SPARE_MAX; i++) /* what large pages' tables are kept for */
		assert_int_equal(touch(at + GIB(1) + i * 4096UL, true, &word), 0);
	assert_int_equal(touch(at + GIB(1) + (2 + SPARE_MAX) * 4096UL, true, &word), -ENOMEM);
	assert_int_equal(touch(at + GIB(1), true, &word), 0);
	leave(MACHINE_RAM);
}

static uint64_t resident(void)
{
	struct area_stats s;

	area_stats(as, &s);
	return s.resident;
}

/* madvise chooses the pages of what is touched later. */
static void test_page_advice(void **state)
{
	virt_t at = GIB(1);
	uint64_t *word;

	(void)state;
	start();
	assert_int_equal(area_map(as, at, MIB(8), RW, ANON | MAP_FIXED), at);
	assert_int_equal(area_advise(as, at + MIB(2), MIB(2), MADV_NOHUGEPAGE), 0);
	assert_int_equal(as->stats.areas, 3);
	check_tree();
	assert_int_equal(touch(at, true, &word), 0);
	assert_int_equal(resident(), MIB(2));
	assert_int_equal(touch(at + MIB(3), true, &word), 0);
	assert_int_equal(resident(), MIB(2) + 4096);
	/* Cut and united like protections; the same advice again changes nothing. */
	assert_int_equal(area_protect(as, at + MIB(3), MIB(2), PROT_READ), 0);
	check_tree();
	assert_int_equal(as->stats.areas, 5);
	assert_int_equal(area_advise(as, at + MIB(2), MIB(2), MADV_NOHUGEPAGE), 0);
	assert_int_equal(as->stats.areas, 5);
	assert_int_equal(area_protect(as, at + MIB(3), MIB(2), RW), 0);
	assert_int_equal(as->stats.areas, 3);
	assert_int_equal(area_advise(as, at, MIB(8), MADV_HUGEPAGE), 0);
	assert_int_equal(as->stats.areas, 1);
	check_tree();
	/* With this advice, little memory is enough; without it, it is not. */
	leave(MIB(24));
	assert_int_equal(touch(at + MIB(6), true, &word), 0);
	assert_int_equal(resident(), MIB(4) + 4096);
	assert_int_equal(area_map(as, at + GIB(1), MIB(2), RW, ANON | MAP_FIXED), at + GIB(1));
	assert_int_equal(touch(at + GIB(1), true, &word), 0);
	assert_int_equal(resident(), MIB(4) + 8192);
	leave(MACHINE_RAM);
	assert_int_equal(area_advise(as, at + MIB(7), MIB(2), MADV_HUGEPAGE), -ENOMEM);
	assert_int_equal(area_advise(as, at + 1, MIB(2), MADV_HUGEPAGE), -EINVAL);
}

/* Calls that need a new struct area and cannot have one change nothing. */
static void test_no_area_struct(void **state)
{
	virt_t at = GIB(1);
	unsigned long i;
	int err = 0;

	(void)state;
	start();
	assert_int_equal(area_map(as, at, MIB(8), PROT_READ, ANON | MAP_FIXED), at);
	leave(0);
	for (i = 1; i < 2000 && err == 0; i += 2) {
		err = area_protect(as, at + i * 4096, 4096, PROT_NONE);
		check_tree();
	}
	assert_int_equal(err, -ENOMEM);
	i -= 2;
	assert_int_equal(area_find(as, at + i * 4096)->prot, PROT_READ);
	assert_int_equal(area_unmap(as, at + (i + 1) * 4096, 4096), -ENOMEM);
	assert_int_equal(area_covered(as, at, at + MIB(8)), at + MIB(8));
	assert_int_equal(area_map(as, at + (i + 1) * 4096, 4096, RW, ANON | MAP_FIXED), -ENOMEM);
	assert_int_equal(area_covered(as, at, at + MIB(8)), at + MIB(8));
	assert_int_equal(area_remap(as, at + (i + 1) * 4096, 4096, 8192, 1, 0), -ENOMEM);
	check_tree();
	leave(MACHINE_RAM);
	assert_int_equal(area_protect(as, at, MIB(8), PROT_READ), 0);
	assert_int_equal(as->stats.areas, 1);
}

static void test_faults(void **state)
{
	(void)state;
	start();
	assert_int_equal(area_map(as, GIB(1), 4096, PROT_READ, ANON | MAP_FIXED), GIB(1));
	assert_int_equal(area_map(as, GIB(2), 4096, PROT_EXEC, ANON | MAP_FIXED), GIB(2));
	assert_int_equal(area_map(as, GIB(3), 4096, PROT_NONE, ANON | MAP_FIXED), GIB(3));
	assert_int_equal(area_fault(as, GIB(1), PF_WRITE), -EFAULT);
	assert_int_equal(area_fault(as, GIB(1), PF_FETCH), -EFAULT);
	assert_int_equal(area_fault(as, GIB(1) + 4095, 0), 0);
	assert_int_equal(area_fault(as, GIB(1), PF_PRESENT), 0); /* spurious */
	assert_int_equal(area_fault(as, GIB(1), PF_PRESENT | PF_WRITE), -EFAULT);
	assert_int_equal(area_fault(as, GIB(1) + 4096, 0), -EFAULT);
	assert_int_equal(area_fault(as, GIB(2), PF_FETCH), 0);
	assert_int_equal(area_fault(as, GIB(2), 0), 0);
	assert_int_equal(area_fault(as, GIB(3), 0), -EFAULT);
	assert_int_equal(area_fault(as, 0, 0), -EFAULT);
	assert_int_equal(area_fault(as, USER_MAX, 0), -EFAULT);
	assert_int_equal(area_fault(as, UINT64_MAX, 0), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_errors),     cmocka_unit_test(test_overcommit),
		cmocka_unit_test(test_placement),      cmocka_unit_test(test_unmap_errors),
		cmocka_unit_test(test_protect_errors), cmocka_unit_test(test_remap_errors),
		cmocka_unit_test(test_advise),         cmocka_unit_test(test_brk),
		cmocka_unit_test(test_large_pages),    cmocka_unit_test(test_no_area_struct),
		cmocka_unit_test(test_faults),         cmocka_unit_test(test_page_advice),
	};

	return cmocka_run_group_tests(tests, machine, NULL);
}
