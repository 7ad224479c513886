/* sources: lib/tree.c mm/area.c mm/area_advise.c mm/area_fault.c mm/area_protect.c mm/area_reclaim.c mm/area_remap.c mm/area_reserve.c mm/area_tree.c mm/heap.c mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c arch/x86/paging.c arch/x86/paging_edit.c arch/x86/paging_reserve.c arch/x86/paging_unmap.c */
/* flags: -DCONFIG_LARGE_PAGES=1 -DCONFIG_WX_STRICT=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Areas against an array of pages: what is mapped, how, and what was written there. */
#include "tests/unit/area_model.h"

#define TOP (USER_MAX - AREA_STACK_SPACE)
#define PAGES 12288UL /* of the window below TOP, 48 MiB */
#define WINDOW (TOP - PAGES * FRAME_SIZE)

struct page {
	bool mapped;
	uint8_t prot;
	uint64_t value; /* what its first word must be */
};

static struct page model[PAGES];
static bool scarce; /* so little memory that anything may fail */

static virt_t va_of(unsigned long i)
{
	return WINDOW + i * FRAME_SIZE;
}

/* Leaves free only the window, so that mmap's choice falls into it. Shared: never united with it. */
static void setup(uint64_t ram)
{
	area_init(); /* a new space: the one before is empty but for areas without pages */
	leave(ram);
	scarce = ram < PAGES * FRAME_SIZE;
	memset(model, 0, sizeof(model));
	assert_int_equal(area_map(as, USER_MIN, WINDOW - USER_MIN, PROT_NONE,
	                          MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED),
	                 USER_MIN);
	assert_int_equal(area_map(as, TOP, USER_MAX - TOP, PROT_NONE,
	                          MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED),
	                 TOP);
}

static bool range_free(unsigned long i, unsigned long n)
{
	for (unsigned long k = i; k < i + n; k++)
		if (model[k].mapped)
			return false;
	return true;
}

/* How many pages from i on are mapped, at most n. */
static unsigned long covered(unsigned long i, unsigned long n)
{
	unsigned long k = 0;

	while (k < n && model[i + k].mapped)
		k++;
	return k;
}

/* Are these pages in one area? Areas that are alike are always united. */
static bool one_area(unsigned long i, unsigned long n)
{
	for (unsigned long k = i; k < i + n; k++)
		if (!model[k].mapped || model[k].prot != model[i].prot)
			return false;
	return true;
}

/* The highest hole of n pages; PAGES: none. */
static unsigned long highest(unsigned long n)
{
	unsigned long run = 0;

	for (unsigned long i = PAGES; i-- > 0;) {
		run = model[i].mapped ? 0 : run + 1;
		if (run == n)
			return i;
	}
	return PAGES;
}

/* Is this what mmap may choose for n pages? */
static void check_choice(long at, unsigned long n)
{
	unsigned long i = (at - WINDOW) / FRAME_SIZE;

	assert_true(at >= (long)WINDOW && i + n <= PAGES);
	assert_true(range_free(i, n));
	if (n % 512)
		assert_int_equal(i, highest(n));
}

static void set(unsigned long i, unsigned long n, struct page page)
{
	for (unsigned long k = i; k < i + n; k++)
		model[k] = page;
}

static bool failed(long result)
{
	if (result == -ENOMEM && scarce)
		return true;
	return false;
}

static void do_map(unsigned long i, unsigned long n, int prot, int kind)
{
	static const int flags[] = { 0, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_POPULATE };
	bool free = range_free(i, n);
	long at = area_map(as, kind ? va_of(i) : 0, n * FRAME_SIZE - 5, prot, ANON | flags[kind]);

	if ((prot & PROT_WRITE) && (prot & PROT_EXEC)) {
		assert_int_equal(at, -EACCES);
		return;
	}
	if (failed(at))
		return;
	if (kind == 2 && !free) {
		assert_int_equal(at, -EEXIST);
		return;
	}
	if ((kind == 1 || kind == 2) || (kind == 3 && free)) {
		assert_int_equal(at, va_of(i));
	} else if (highest(n) == PAGES) {
		assert_int_equal(at, -ENOMEM);
		return;
	} else {
		check_choice(at, n);
	}
	i = (at - WINDOW) / FRAME_SIZE;
	set(i, n, (struct page){ .mapped = true, .prot = prot });
	if (kind == 3 && (prot & PROT_WRITE) && !scarce) {
		uint8_t vec[PAGES];

		assert_int_equal(area_resident(as, at, n, vec), 0);
		for (unsigned long k = 0; k < n; k++)
			assert_int_equal(vec[k], 1);
	}
}

static void do_unmap(unsigned long i, unsigned long n)
{
	int err = area_unmap(as, va_of(i), n * FRAME_SIZE);

	if (failed(err))
		return;
	assert_int_equal(err, 0);
	set(i, n, (struct page){ 0 });
}

static void do_protect(unsigned long i, unsigned long n, int prot)
{
	unsigned long m = covered(i, n);
	int err = area_protect(as, va_of(i), n * FRAME_SIZE, prot);

	if ((prot & PROT_WRITE) && (prot & PROT_EXEC)) {
		assert_int_equal(err, -EACCES);
		return;
	}
	if (m < n)
		assert_int_equal(err, -ENOMEM);
	else if (!failed(err))
		assert_int_equal(err, 0);
	/* -ENOMEM may mean both; the area tells. */
	if (err && m && area_find(as, va_of(i))->prot != prot)
		return;
	for (unsigned long k = i; k < i + m; k++)
		model[k].prot = prot;
}

static void do_remap(unsigned long i, unsigned long n, unsigned long m, int flags, unsigned long to)
{
	long at = area_remap(as, va_of(i), n * FRAME_SIZE, m * FRAME_SIZE, flags, va_of(to));
	static struct page moved[PAGES];

	if (flags & MREMAP_FIXED) {
		if (failed(at)) { /* what was there may be lost */
			for (unsigned long k = to; k < to + m; k++)
				if (area_range_free(as, va_of(k), va_of(k + 1)))
					model[k] = (struct page){ 0 };
			return;
		}
		if (!one_area(i, n)) {
			assert_int_equal(at, -EFAULT);
			return;
		}
		if (to < i + n && i < to + m) {
			assert_int_equal(at, -EINVAL);
			return;
		}
		assert_int_equal(at, va_of(to));
	} else if (!model[i].mapped) {
		assert_int_equal(at, -EFAULT);
		return;
	} else if (m <= n) {
		if (failed(at))
			return;
		assert_int_equal(at, va_of(i));
		set(i + m, n - m, (struct page){ 0 });
		return;
	} else if (!one_area(i, n)) {
		assert_int_equal(at, -EFAULT);
		return;
	} else if (i + m <= PAGES && range_free(i + n, m - n)) {
		assert_int_equal(at, va_of(i));
		set(i + n, m - n, (struct page){ .mapped = true, .prot = model[i].prot });
		return;
	} else if (!(flags & MREMAP_MAYMOVE) || highest(m) == PAGES) {
		assert_int_equal(at, -ENOMEM);
		return;
	} else {
		if (failed(at))
			return;
		check_choice(at, m);
		to = (at - WINDOW) / FRAME_SIZE;
	}
	for (unsigned long k = 0; k < m; k++)
		moved[k] = k < n ? model[i + k] : (struct page){ .mapped = true, .prot = model[i].prot };
	set(i, n, (struct page){ 0 });
	memcpy(&model[to], moved, m * sizeof(moved[0]));
}

static void do_drop(unsigned long i, unsigned long n)
{
	int err = area_advise(as, va_of(i), n * FRAME_SIZE, MADV_DONTNEED);

	if (scarce && err == -ENOMEM) {
		/* Both errors look alike, and then nothing or all is gone. */
		for (unsigned long k = i; k < i + n; k++) {
			uint8_t there = 1;

			if (model[k].mapped && area_resident(as, va_of(k), 1, &there) == 0 && !there)
				model[k].value = 0;
		}
		return;
	}
	assert_int_equal(err, covered(i, n) < n ? -ENOMEM : 0);
	for (unsigned long k = i; k < i + n; k++)
		model[k].value = 0;
}

static void do_touch(unsigned long i, bool write)
{
	uint64_t *word;
	int err = touch(va_of(i), write, &word);
	bool may = model[i].mapped && (write ? model[i].prot & PROT_WRITE : model[i].prot);

	if (failed(err))
		return;
	assert_int_equal(err, may ? 0 : -EFAULT);
	if (err)
		return;
	assert_int_equal(*word, model[i].value);
	if (write)
		*word = model[i].value = host_random();
}

/* Every page has its area, its protection and its content, and nothing else is resident. */
static void check_all(void)
{
	uint64_t resident = 0;

	for (unsigned long i = 0; i < PAGES; i++) {
		struct area *area = area_find(as, va_of(i));
		bool mapped = area && area->start <= va_of(i);
		unsigned order;
		pte_t flags;
		phys_t pa;

		assert_int_equal(mapped, model[i].mapped);
		if (mapped)
			assert_int_equal(area->prot, model[i].prot);
		if (paging_query(host_cr3, va_of(i), &pa, &order, &flags)) {
			resident += FRAME_SIZE;
			assert_true(mapped);
			pa += va_of(i) & ((FRAME_SIZE << order) - 1);
			assert_int_equal(*(uint64_t *)phys_to_virt(pa), model[i].value);
			assert_int_equal(flags & (PTE_P | PTE_W | PTE_NX),
			                 area_pte(area->prot) & (PTE_P | PTE_W | PTE_NX));
		} else if (mapped) {
			assert_int_equal(model[i].value, 0);
		}
	}
	assert_int_equal(as->stats.resident, resident);
}

static void random_operation(void)
{
	unsigned long i = host_random_below(PAGES);
	unsigned long n = 1 + host_random_below(host_random_below(6) ? 30 : 3000);
	unsigned long m = 1 + host_random_below(host_random_below(6) ? 40 : 3000), to;
	int prot = host_random_below(4) ? RW : (int)host_random_below(8);

	if (host_random_below(5) == 0) {
		i &= ~511UL;
		n = (n + 511) & ~511UL;
	}
	n = MIN(n, PAGES - i);
	if (host_random_below(4) == 0) {
		/* The hole behind, exactly. */
		for (m = n; i + m < PAGES && !model[i + m].mapped; m++)
			;
	}
	to = host_random_below(PAGES - m + 1);
	if (host_random_below(2) && to + 512 + m <= PAGES)
		to = (to & ~511UL) | (i & 511); /* aligned alike */
	switch (host_random_below(10)) {
	case 0:
	case 1:
		do_map(i, n, prot, host_random_below(4));
		break;
	case 2:
		do_unmap(i, n);
		break;
	case 3:
		do_protect(i, n, prot);
		break;
	case 4:
		do_remap(i, n, m, host_random_below(3) ? MREMAP_MAYMOVE : 0, 0);
		break;
	case 5:
		do_remap(i, n, m, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		break;
	case 6:
		if (host_random_below(4) == 0)
			do_drop(i, n);
		break;
	default:
		for (unsigned long k = 0; k < n && k < 50; k++)
			do_touch(i + host_random_below(n), host_random_below(4));
		break;
	}
}

/* dry: now and then there is no memory at all, among large pages that were mapped before. */
static void random_run(uint64_t ram, unsigned rounds, bool dry)
{
	uint64_t before;

	setup(ram);
	scarce |= dry;
	before = free_frames();
	for (unsigned r = 0; r < rounds; r++) {
		if (dry && r % 256 == 128)
			leave(host_random_below(4) * FRAME_SIZE);
		else if (dry && r % 256 == 0)
			leave(MACHINE_RAM);
		random_operation();
		check_tree();
		if (r % 64 == 0)
			check_all();
	}
	if (dry)
		leave(MACHINE_RAM);
	check_all();
	assert_int_equal(area_unmap(as, WINDOW, PAGES * FRAME_SIZE), 0);
	set(0, PAGES, (struct page){ 0 });
	check_all();
	assert_int_equal(as->stats.areas, 2);
	/* Every frame is back but for a slab of areas or two, and the spare ones. */
	assert_in_range(free_frames(), before - 4 - SPARE_MAX, before + 4);
	if (ram > MIB(32))
		assert_true(as->stats.large > 0);
}

static void test_random(void **state)
{
	(void)state;
	random_run(MIB(500), 40000, false);
}

static void test_random_without_memory(void **state)
{
	(void)state;
	random_run(MIB(3), 40000, false);
}

static void test_random_running_dry(void **state)
{
	(void)state;
	random_run(MACHINE_RAM, 40000, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_without_memory),
		cmocka_unit_test(test_random_running_dry),
	};

	return cmocka_run_group_tests(tests, machine, NULL);
}
