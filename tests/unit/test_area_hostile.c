/* sources: lib/tree.c mm/area.c mm/area_advise.c mm/area_fault.c mm/area_protect.c mm/area_reclaim.c mm/area_remap.c mm/area_reserve.c mm/area_tree.c mm/heap.c mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c arch/x86/paging.c arch/x86/paging_edit.c arch/x86/paging_reserve.c arch/x86/paging_unmap.c */
/* flags: -DCONFIG_LARGE_PAGES=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on areas with arguments that nobody sends by accident: whatever they answer, the tree stays
 * sound and nothing lies outside the lower half. */
#include "tests/unit/area_model.h"

#define TOP (USER_MAX - AREA_STACK_SPACE)

static const uint64_t nasty[] = {
	0,
	1,
	4095,
	4096,
	4097,
	USER_MIN - 4096,
	USER_MIN,
	MIB(2),
	GIB(4),
	USER_MAX / 2,
	TOP,
	USER_MAX - 4096,
	USER_MAX - 1,
	USER_MAX,
	USER_MAX + 1,
	BIT(47),
	BIT(62),
	BIT(63) - 4096,
	BIT(63),
	0xffff800000000000UL,
	UINT64_MAX - 4096,
	UINT64_MAX - 4095,
	UINT64_MAX,
};

#define NASTY ARRAY_SIZE(nasty)

static void start(void)
{
	leave(MACHINE_RAM);
	assert_int_equal(area_unmap(as, USER_MIN, USER_MAX - USER_MIN), 0);
	assert_int_equal(as->stats.areas, 0);
	assert_int_equal(as->stats.resident, 0);
	area_init();
}

static void test_hostile_map(void **state)
{
	static const int flags[] = { ANON,
		                         ANON | MAP_FIXED,
		                         ANON | MAP_FIXED_NOREPLACE,
		                         ANON | MAP_NORESERVE,
		                         ANON | MAP_FIXED | MAP_NORESERVE,
		                         ANON | MAP_32BIT,
		                         MAP_SHARED | MAP_ANONYMOUS,
		                         -1,
		                         0 };

	(void)state;
	start();
	for (unsigned i = 0; i < NASTY; i++)
		for (unsigned k = 0; k < NASTY; k++)
			for (unsigned f = 0; f < ARRAY_SIZE(flags); f++) {
				long at = area_map(as, nasty[i], nasty[k], RW, flags[f]);

				if (at < 0)
					assert_in_range(-at, 1, 133);
				else
					assert_true((virt_t)at >= USER_MIN && (virt_t)at < USER_MAX);
				check_tree();
			}
}

static void test_hostile_ranges(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < NASTY; i++)
		for (unsigned k = 0; k < NASTY; k++) {
			uint64_t *word;

			(void)area_map(as, GIB(1), MIB(4), RW, ANON | MAP_FIXED);
			(void)touch(GIB(1), true, &word);
			(void)area_protect(as, nasty[i], nasty[k], PROT_READ);
			for (int advice = -1; advice < 30; advice++)
				if (advice < MADV_POPULATE_READ || nasty[k] < GIB(1))
					(void)area_advise(as, nasty[i], nasty[k], advice);
			(void)area_resident(as, nasty[i], nasty[k], NULL);
			(void)area_brk(as, nasty[i]);
			(void)area_unmap(as, nasty[i], nasty[k]);
			(void)area_fault(as, nasty[i], nasty[k] & 31);
			check_tree();
		}
}

static void test_hostile_remap(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < NASTY; i++)
		for (unsigned k = 0; k < NASTY; k++)
			for (unsigned m = 0; m < NASTY; m++)
				for (unsigned to = 0; to < NASTY; to++) {
					int flags = to % 4;

					(void)area_map(as, MIB(2), MIB(4), RW, ANON | MAP_FIXED);
					(void)area_remap(as, nasty[i], nasty[k], nasty[m], flags, nasty[to]);
					check_tree();
				}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_map),
		cmocka_unit_test(test_hostile_ranges),
		cmocka_unit_test(test_hostile_remap),
	};

	return cmocka_run_group_tests(tests, machine, NULL);
}
