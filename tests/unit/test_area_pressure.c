/* sources: lib/tree.c mm/area.c mm/area_advise.c mm/area_fault.c mm/area_protect.c mm/area_reclaim.c mm/area_remap.c mm/area_reserve.c mm/area_tree.c mm/heap.c mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c arch/x86/paging.c arch/x86/paging_edit.c arch/x86/paging_reserve.c arch/x86/paging_unmap.c */
/* flags: -DCONFIG_LARGE_PAGES=1 -DCONFIG_WX_STRICT=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* First touch when memory is short: what was mapped ahead of need comes back, and what the program
 * has written stays. */
#include <stdlib.h>

#include "tests/unit/area_model.h"

#define AT GIB(2)
#define THERE (ANON | MAP_FIXED | MAP_NORESERVE)

static uint64_t resident(void)
{
	return as->stats.resident;
}

/* A new address space in which large pages are still affordable, over this much memory. */
static void start(uint64_t ram)
{
	assert_int_equal(area_unmap(as, USER_MIN, USER_MAX - USER_MIN), 0);
	while (as->nr_spare)
		frame_free(as->spare[--as->nr_spare], 0);
	leave(MACHINE_RAM);
	area_init();
	leave(ram);
	as->ram = ram;
}

static uint64_t value_of(unsigned long page)
{
	return page * 0x9e3779b97f4a7c15 | 1;
}

/* Touches pages of an area in this order and checks that each keeps what was written. */
static void write_and_check(unsigned long pages, const unsigned *order, unsigned long n)
{
	uint64_t *word;

	assert_int_equal(area_map(as, AT, pages * FRAME_SIZE, RW, THERE), AT);
	for (unsigned long i = 0; i < n; i++) {
		assert_int_equal(touch(AT + order[i] * FRAME_SIZE + 8, true, &word), 0);
		assert_int_equal(*word, 0);
		*word = value_of(order[i]);
	}
	for (unsigned long i = 0; i < n; i++) {
		assert_int_equal(touch(AT + order[i] * FRAME_SIZE + 8, false, &word), 0);
		assert_int_equal(*word, value_of(order[i]));
	}
	check_tree();
}

static void test_sparse(void **state)
{
	enum {
		PAGES = MIB(64) / 4096,
		WANTED = MIB(20) / 4096
	};
	static unsigned order[PAGES];

	(void)state;
	for (unsigned i = 0; i < PAGES; i++)
		order[i] = i;
	for (unsigned i = PAGES; i-- > 1;) {
		unsigned k = host_random_below(i + 1), t = order[i];

		order[i] = order[k];
		order[k] = t;
	}
	start(MIB(22));
	write_and_check(PAGES, order, WANTED);
	assert_true(as->stats.large > 4);
	assert_in_range(resident(), WANTED * FRAME_SIZE, MIB(22));
}

/* Nothing to reclaim: an error, not a search without end, and nothing that was written is lost. */
static void test_full(void **state)
{
	unsigned long n = 0;
	uint64_t *word;

	(void)state;
	start(MIB(8));
	assert_int_equal(area_map(as, AT, MIB(16), RW, THERE), AT);
	while (touch(AT + n * FRAME_SIZE, true, &word) == 0)
		*word = value_of(n++);
	/* All but tables, the heap's slab, the spare frame and the pages of the last faults. */
	assert_in_range(n, MIB(8) / FRAME_SIZE - 16 - CONFIG_FAULT_AROUND, MIB(8) / FRAME_SIZE);
	for (unsigned long i = 0; i < n; i++) {
		assert_int_equal(touch(AT + i * FRAME_SIZE, false, &word), 0);
		assert_int_equal(*word, value_of(i));
	}
	assert_int_equal(area_unmap(as, AT, MIB(16)), 0);
	assert_int_equal(resident(), 0);
}

/* Zeros that were only read are given back for more of them. */
static void test_reading_needs_little(void **state)
{
	uint64_t *word;

	(void)state;
	start(MIB(4));
	assert_int_equal(area_map(as, AT, MIB(64), PROT_READ, THERE), AT);
	for (virt_t at = AT; at < AT + MIB(64); at += FRAME_SIZE)
		assert_int_equal(touch(at, false, &word) || *word, 0);
	/* But the pages of the last faults stay: an instruction may need several. */
	for (unsigned i = 1; i < 32; i++)
		assert_true(paging_query(host_cr3, AT + MIB(64) - i * FRAME_SIZE, &(phys_t){ 0 },
		                         &(unsigned){ 0 }, &(pte_t){ 0 }));
}

/* The kernel's own needs reclaim too. */
static void test_kernel_allocation(void **state)
{
	uint64_t *word;
	unsigned n = 0;

	(void)state;
	start(MIB(24));
	assert_int_equal(area_map(as, AT, MIB(8), RW, THERE), AT);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(touch(AT + i * LARGE_PAGE + 16, true, &word), 0);
		*word = 77 + i;
	}
	assert_int_equal(resident(), MIB(8));
	leave(0);
	for (; n < 1500; n++) {
		hogs[nr_hogs] = frame_alloc(0);
		assert_int_not_equal(hogs[nr_hogs], FRAME_NONE);
		nr_hogs++;
	}
	assert_in_range(resident(), 4 * FRAME_SIZE, MIB(3));
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(touch(AT + i * LARGE_PAGE + 16, false, &word), 0);
		assert_int_equal(*word, 77 + i);
	}
	/* Not while the areas are being worked on. */
	leave(0);
	as->locked = true;
	assert_int_equal(frame_alloc(0), FRAME_NONE);
	as->locked = false;
}

/* A run of pages grows with what was touched before it, and ends where something is. */
static void test_around(void **state)
{
	virt_t block = AT + MIB(1); /* its 2 MiB do not lie in the area */
	uint64_t *word;
	unsigned faults = 0;

	(void)state;
	start(MACHINE_RAM);
	assert_int_equal(area_map(as, block, KIB(900), RW, THERE), block);
	for (unsigned i = 0; i < 225; i++) {
		uint64_t before = resident();

		assert_int_equal(touch(block + i * FRAME_SIZE, true, &word) || *word, 0);
		*word = 1;
		faults += resident() != before;
		assert_true(resident() <= 2 * (i + 1) * FRAME_SIZE);
		assert_true(resident() - before <= CONFIG_FAULT_AROUND * FRAME_SIZE);
	}
	assert_int_equal(resident(), KIB(900));
	assert_in_range(faults, 225 / CONFIG_FAULT_AROUND, 225 / CONFIG_FAULT_AROUND + 6);
	/* Far from each other: one by one. */
	assert_int_equal(area_unmap(as, block, KIB(900)), 0);
	assert_int_equal(area_map(as, block, KIB(900), RW, THERE), block);
	for (unsigned i = 0; i < 225; i += 3)
		assert_int_equal(touch(block + i * FRAME_SIZE, true, &word) || *word, 0);
	assert_int_equal(resident(), 75 * FRAME_SIZE);
	for (unsigned i = 0; i < 225; i++)
		assert_int_equal(touch(block + i * FRAME_SIZE, false, &word) || *word, 0);
	assert_int_equal(resident(), KIB(900));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_reading_needs_little),
		cmocka_unit_test(test_kernel_allocation),
		cmocka_unit_test(test_around),
	};

	return cmocka_run_group_tests(tests, machine, NULL);
}
