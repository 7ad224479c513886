/* sources: arch/x86/paging.c arch/x86/paging_edit.c arch/x86/paging_unmap.c */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables against a model by 4 KiB page, read back as the processor reads them, with a TLB that
 * remembers everything until it is told not to. */
#include "tests/unit/paging_model.h"

/* ---- operations on both ---- */

static const pte_t protections[] = { PROT_PTE_R, PROT_PTE_RW, PROT_PTE_RX, PTE_BASE | PTE_W, 0 };

static pte_t seen(pte_t flags)
{
	return flags & PTE_P ? flags & (PTE_P | PTE_W | PTE_NX) : 0;
}

static bool model_free(unsigned long i, unsigned long n)
{
	for (unsigned long k = i; k < i + n; k++)
		if (model[k].pa)
			return false;
	return true;
}

static phys_t next_pa = GIB(8);

static void map_one(unsigned long i, unsigned order, pte_t flags)
{
	unsigned long n = 1UL << order;
	int err;

	i &= ~(n - 1);
	next_pa = (next_pa + MIB(4)) & ~(MIB(2) - 1);
	err = paging_map(root, va_of(i), next_pa, order, flags);
	if (err == 0) {
		assert_true(model_free(i, n));
		for (unsigned long k = 0; k < n; k++)
			model[i + k] = (struct page){ next_pa + k * FRAME_SIZE, seen(flags), order > 0 };
	} else if (err == -EEXIST) {
		assert_false(model_free(i, n));
	} else {
		assert_int_equal(err, -ENOMEM);
		assert_int_equal(tables_left, 0);
	}
}

static void model_split(unsigned long i)
{
	if (i >= PAGES || i % LARGE == 0 || !model[i].large)
		return;
	for (unsigned long k = i & ~(LARGE - 1); k < (i | (LARGE - 1)) + 1; k++)
		model[k].large = false;
}

static uint64_t released;
static const int release_ctx;

static void release(void *ctx, const struct paging_run *run)
{
	phys_t pa = run->pa, end = pa + run->frames * FRAME_SIZE;

	assert_ptr_equal(ctx, &release_ctx);
	released += run->frames;
	for (unsigned long i = 0; i < PAGES; i++)
		if (tlb[i].pa)
			assert_false(tlb[i].pa >= pa && tlb[i].pa < end);
}

void upcall_reserved_free(phys_t pa, size_t frames)
{
	fail_msg("0x%lx and %zu more are not kept for anything", pa, frames - 1);
}

static int unmap(unsigned long i, unsigned long n)
{
	uint64_t want = 0;
	int err;

	for (unsigned long k = i; k < i + n; k++)
		want += model[k].pa != 0;
	released = 0;
	err = paging_unmap(root, va_of(i), va_of(i + n), false, release, (void *)&release_ctx);
	if (err) {
		assert_int_equal(err, -ENOMEM);
		assert_int_equal(released, 0);
		return err;
	}
	assert_int_equal(released, want);
	model_split(i);
	model_split(i + n);
	memset(&model[i], 0, n * sizeof(model[0]));
	return 0;
}

static int protect(unsigned long i, unsigned long n, pte_t flags)
{
	int err = paging_protect(root, va_of(i), va_of(i + n), flags);

	if (err)
		return err;
	model_split(i);
	model_split(i + n);
	for (unsigned long k = i; k < i + n; k++)
		if (model[k].pa)
			model[k].flags = seen(flags);
	return 0;
}

static int move(unsigned long from, unsigned long to, unsigned long n)
{
	int err = paging_move(root, va_of(from), va_of(to), n * FRAME_SIZE);

	if (err)
		return err;
	model_split(from);
	model_split(from + n);
	if ((from - to) % LARGE)
		for (unsigned long k = from; k < from + n; k++)
			model[k].large = false;
	memcpy(&model[to], &model[from], n * sizeof(model[0]));
	memset(&model[from], 0, n * sizeof(model[0]));
	return 0;
}

/* A failed operation may have split pages: the model learns that by looking. */
static void learn_splits(void)
{
	for (unsigned long i = 0; i < PAGES; i++) {
		unsigned order = 0;
		pte_t flags;
		phys_t pa;

		if (model[i].large && paging_query(root, va_of(i), &pa, &order, &flags))
			model[i].large = order > 0;
	}
}

static void random_operation(void)
{
	unsigned long i = host_random_below(PAGES);
	unsigned long n = 1 + host_random_below(host_random_below(8) ? 40 : PAGES);
	pte_t flags = protections[host_random_below(ARRAY_SIZE(protections))];
	unsigned long to;
	int err = 0;

	n = MIN(n, PAGES - i);
	if (host_random_below(4) == 0) {
		i &= ~(LARGE - 1);
		n = MIN((n + LARGE - 1) & ~(LARGE - 1), PAGES - i);
	}
	switch (host_random_below(6)) {
	case 0:
		map_one(i, 9, flags & PTE_P ? flags : PROT_PTE_RW);
		break;
	case 1:
	case 2:
		for (unsigned long k = 0; k < n && k < 700; k++)
			map_one(i + k, 0, flags & PTE_P ? flags : PROT_PTE_RW);
		break;
	case 3:
		err = unmap(i, n);
		break;
	case 4:
		err = protect(i, n, flags);
		break;
	case 5:
		to = host_random_below(PAGES - n + 1);
		if (host_random_below(2))
			to = (to & ~(LARGE - 1)) | (i & (LARGE - 1));
		if (to + n <= PAGES && (to >= i + n || i >= to + n)) {
			err = unmap(to, n);
			err = err ? err : move(i, to, n);
		}
		break;
	}
	if (err) {
		assert_int_equal(err, -ENOMEM);
		assert_int_equal(tables_left, 0);
		learn_splits();
	}
}

/* ---- tests ---- */

static void test_random(void **state)
{
	(void)state;
	setup();
	for (unsigned i = 0; i < 1200; i++) {
		random_operation();
		check();
	}
	assert_int_equal(unmap(0, PAGES), 0);
	check();
	assert_int_equal(nr_tables, 1); /* the root */
}

static void test_random_without_memory(void **state)
{
	(void)state;
	setup();
	for (unsigned i = 0; i < 1200; i++) {
		tables_left = host_random_below(4);
		random_operation();
		check();
	}
	tables_left = UINT32_MAX;
	assert_int_equal(unmap(0, PAGES), 0);
	check();
	assert_int_equal(nr_tables, 1);
}

static void test_held_pages_keep_their_frame(void **state)
{
	pte_t flags;
	unsigned order;
	phys_t pa;

	(void)state;
	setup();
	assert_int_equal(paging_map(root, window, 0x5000, 0, PROT_PTE_RW), 0);
	assert_int_equal(paging_protect(root, window, window + FRAME_SIZE, 0), 0);
	assert_int_equal(walk(window, &flags, &order), 0);
	assert_true(paging_query(root, window, &pa, &order, &flags));
	assert_int_equal(pa, 0x5000);
	assert_false(flags & PTE_P);
	assert_int_equal(paging_map(root, window, 0x6000, 0, PROT_PTE_RW), -EEXIST);
	assert_int_equal(paging_protect(root, window, window + FRAME_SIZE, PROT_PTE_R), 0);
	assert_int_equal(walk(window, &flags, &order), 0x5000);
	assert_int_equal(flags, PTE_P | PTE_NX);
}

static void test_holes(void **state)
{
	pte_t flags;
	unsigned order = 0;
	phys_t pa;

	(void)state;
	setup();
	assert_false(paging_query(root, window, &pa, &order, &flags));
	assert_int_equal(order, 27);
	assert_int_equal(paging_map(root, window, 0x5000, 0, PROT_PTE_RW), 0);
	assert_false(paging_query(root, window + FRAME_SIZE, &pa, &order, &flags));
	assert_int_equal(order, 0);
	assert_false(paging_query(root, window + MIB(2), &pa, &order, &flags));
	assert_int_equal(order, 9);
	assert_false(paging_query(root, window - GIB(1), &pa, &order, &flags));
	assert_int_equal(order, 18);
}

static void test_1g(void **state)
{
	virt_t va = GIB(5);
	pte_t flags;
	unsigned order;

	(void)state;
	setup();
	assert_int_equal(paging_map(root, va, GIB(7), ORDER_1G, PROT_PTE_RW), 0);
	assert_int_equal(walk(va + MIB(77), &flags, &order), GIB(7) + MIB(77));
	assert_int_equal(order, 18);
	assert_int_equal(paging_map(root, va + MIB(2), 0, ORDER_2M, PROT_PTE_RW), -EEXIST);
	assert_int_equal(paging_protect(root, va + 0x3000, va + 0x4000, PROT_PTE_R), 0);
	assert_int_equal(walk(va + 0x3000, &flags, &order), GIB(7) + 0x3000);
	assert_int_equal(flags, PTE_P | PTE_NX);
	assert_int_equal(order, 0);
	assert_int_equal(walk(va + 0x4000, &flags, &order), GIB(7) + 0x4000);
	assert_int_equal(flags, PTE_P | PTE_W | PTE_NX);
	assert_int_equal(walk(va + MIB(2), &flags, &order), GIB(7) + MIB(2));
	assert_int_equal(order, 9);
	assert_int_equal(paging_unmap(root, va, va + GIB(1), false, NULL, NULL), 0);
	assert_int_equal(nr_tables, 1);
}

static void check_direct(phys_t start, phys_t end)
{
	pte_t flags;
	unsigned order;

	for (phys_t p = start; p < end; p += FRAME_SIZE << order) {
		assert_int_equal(walk(DIRECT_MAP_BASE + p, &flags, &order), p);
		assert_int_equal(flags, PTE_P | PTE_W | PTE_NX);
	}
	if (start)
		assert_int_equal(walk(DIRECT_MAP_BASE + start - 1, &flags, &order), 0);
	assert_int_equal(walk(DIRECT_MAP_BASE + end, &flags, &order), 0);
}

static void test_direct_map(void **state)
{
	pte_t flags;
	unsigned order;

	(void)state;
	setup();
	assert_int_equal(paging_direct_map(GIB(4), GIB(4) + MIB(2), upcall_table_alloc), 0);
	assert_int_equal(nr_tables, 3);
	assert_int_equal(paging_direct_map(GIB(4), GIB(5) + 0x3000, upcall_table_alloc), 0);
	check_direct(GIB(4), GIB(5) + 0x3000);
	assert_int_equal(nr_tables, 5);
	assert_int_equal(walk(DIRECT_MAP_BASE + GIB(5) - 1, &flags, &order), GIB(5) - 1);
	assert_int_equal(order, 9);
	/* Over a lone page that is there already. */
	assert_int_equal(paging_direct_map(GIB(9) + MIB(3), GIB(9) + MIB(3) + FRAME_SIZE,
	                                   upcall_table_alloc),
	                 0);
	assert_int_equal(paging_direct_map(GIB(9) + MIB(1), GIB(10), upcall_table_alloc), 0);
	check_direct(GIB(9) + MIB(1), GIB(10));

	cpu_features.page1g = true;
	assert_int_equal(paging_direct_map(GIB(20) - MIB(4), GIB(23) + MIB(2), upcall_table_alloc), 0);
	cpu_features.page1g = false;
	check_direct(GIB(20) - MIB(4), GIB(23) + MIB(2));
	assert_int_equal(walk(DIRECT_MAP_BASE + GIB(22), &flags, &order), GIB(22));
	assert_int_equal(order, 18);

	tables_left = 1;
	assert_int_equal(paging_direct_map(GIB(600), GIB(601), upcall_table_alloc), -ENOMEM);
	tables_left = 1;
	assert_int_equal(paging_direct_map(GIB(600), GIB(601), upcall_table_alloc), 0);
	check_direct(GIB(600), GIB(601));
}

static void test_device(void **state)
{
	pte_t flags;
	unsigned order;
	virt_t a, b;

	(void)state;
	setup();
	a = (virt_t)paging_map_device(0xfee00010, 0x1000);
	assert_int_equal(a & FRAME_MASK, 0x10);
	assert_int_equal(walk(a, &flags, &order), 0xfee00010);
	assert_int_equal(walk(a + 0xfff, &flags, &order), 0xfee0100f);
	assert_int_equal(flags, PTE_P | PTE_W | PTE_NX);
	b = (virt_t)paging_map_device(0xfec00000, 0x1000);
	assert_true(b >= a + 0x1ff0);
	assert_int_equal(walk(b - 1, &flags, &order), 0);
	assert_int_equal(walk(b + 0x1000, &flags, &order), 0);
	assert_null(paging_map_device(0x1000, 0));
	assert_null(paging_map_device(BIT(52), 0x1000));
	assert_null(paging_map_device(BIT(52) - 0x1000, 0x2000));
	assert_null(paging_map_device(0x1000, SIZE_MAX));
	assert_null(paging_map_device(0x1000, KERNEL_STACKS_BASE - KERNEL_MAP_BASE));
	tables_left = 0;
	assert_null(paging_map_device(GIB(3), GIB(1)));
}

/* A move that fails leaves no table behind that would keep a large page away later. */
static void test_failed_move(void **state)
{
	virt_t from = MIB(2), to = GIB(700);

	(void)state;
	setup();
	assert_int_equal(paging_map(root, from, 0x5000, 0, PROT_PTE_RW), 0);
	assert_int_equal(paging_map(root, from + MIB(2), 0x6000, 0, PROT_PTE_RW), 0);
	for (tables_left = 0; tables_left < 4;) {
		unsigned left = tables_left, before = nr_tables;

		assert_int_equal(paging_move(root, from, to, MIB(4)), -ENOMEM);
		assert_int_equal(nr_tables, before);
		tables_left = left + 1;
	}
	assert_int_equal(paging_move(root, from, to, MIB(4)), 0);
	assert_int_equal(nr_tables, 5);
}

/* Empty tables of the upper half stay: other roots have them too. */
static void test_upper_half_keeps_tables(void **state)
{
	(void)state;
	setup();
	assert_int_equal(paging_map(root, KERNEL_STACKS_BASE, 0x5000, 0, PROT_PTE_RW), 0);
	assert_int_equal(nr_tables, 4);
	assert_int_equal(paging_unmap(root, KERNEL_STACKS_BASE, KERNEL_STACKS_BASE + MIB(2), false, NULL,
	                              NULL),
	                 0);
	assert_int_equal(nr_tables, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_without_memory),
		cmocka_unit_test(test_held_pages_keep_their_frame),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_1g),
		cmocka_unit_test(test_direct_map),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_failed_move),
		cmocka_unit_test(test_upper_half_keeps_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
