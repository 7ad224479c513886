/* sources: lib/tree.c mm/area.c mm/area_advise.c mm/area_fault.c mm/area_protect.c mm/area_reclaim.c mm/area_remap.c mm/area_reserve.c mm/area_tree.c mm/heap.c mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c arch/x86/paging.c arch/x86/paging_edit.c arch/x86/paging_reserve.c arch/x86/paging_unmap.c */
/* flags: -DCONFIG_LARGE_PAGES=1 -DCONFIG_WX_STRICT=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames kept for neighbouring pages, against an array of pages: each frame has one place, what is kept
 * counts as free, nothing that was written is lost, and all of it comes back. */
#include <stdlib.h>

#include "tests/unit/area_model.h"

#define AT GIB(2)
#define TABLES 6UL
#define PAGES (TABLES * TABLE_ENTRIES)
#define THERE (ANON | MAP_FIXED | MAP_NORESERVE)

static uint64_t model[PAGES]; /* 0: not mapped by an area; 1: never written to; else what was */
static bool readable[PAGES];
static uint8_t *seen; /* by frame */

static virt_t va_of(unsigned long i)
{
	return AT + i * FRAME_SIZE;
}

static void start(uint64_t ram)
{
	assert_int_equal(area_unmap(as, USER_MIN, USER_MAX - USER_MIN), 0);
	while (as->nr_spare)
		frame_free(as->spare[--as->nr_spare], 0);
	assert_int_equal(frame_reserved(), 0);
	leave(MACHINE_RAM);
	area_init();
	leave(ram);
	as->ram = ram;
	memset(model, 0, sizeof(model));
}

/* The table of va, NULL: none. */
static const pte_t *table_at(virt_t va)
{
	const pte_t *table = phys_to_virt(host_cr3);

	for (int shift = 39; shift > 12; shift -= 9) {
		pte_t e = table[va >> shift & 511];

		if (!(e & PTE_P) || (e & PTE_PS))
			return NULL;
		table = phys_to_virt(e & PTE_ADDR);
	}
	return table;
}

/* No frame in two entries, the sums are right, tables without a page are gone. */
static void check(void)
{
	uint64_t kept = 0, mapped = 0;

	memset(seen, 0, (MIB(1) + MACHINE_RAM) / FRAME_SIZE);
	for (unsigned long t = 0; t < TABLES; t++) {
		const pte_t *table = table_at(va_of(t * TABLE_ENTRIES));
		unsigned here = 0;

		for (unsigned i = 0; table && i < TABLE_ENTRIES; i++) {
			phys_t frame = table[i] & PTE_ADDR;

			if (!table[i])
				continue;
			assert_int_equal(seen[frame / FRAME_SIZE], 0);
			seen[frame / FRAME_SIZE] = 1;
			here += paging_mapped(table[i]);
			kept += !paging_mapped(table[i]);
			if (paging_mapped(table[i]))
				assert_int_not_equal(model[t * TABLE_ENTRIES + i], 0);
		}
		assert_true(!table || here > 0);
		mapped += here;
	}
	assert_int_equal(kept, frame_reserved());
	assert_int_equal(mapped * FRAME_SIZE, as->stats.resident);
}

static void map(unsigned long i, unsigned long n)
{
	assert_int_equal(area_map(as, va_of(i), n * FRAME_SIZE, RW, THERE), va_of(i));
	assert_int_equal(area_advise(as, va_of(i), n * FRAME_SIZE, MADV_NOHUGEPAGE), 0);
	for (unsigned long k = i; k < i + n; k++) {
		model[k] = 1;
		readable[k] = true;
	}
}

static void write_page(unsigned long i)
{
	uint64_t *word;
	int err = touch(va_of(i), true, &word);

	if (!model[i] || !readable[i]) {
		assert_int_equal(err, -EFAULT);
		return;
	}
	if (err == -ENOMEM)
		return;
	assert_int_equal(err, 0);
	assert_int_equal(*word, model[i] == 1 ? 0 : model[i]);
	assert_int_equal(word[FRAME_SIZE / 8 - 1], 0);
	*word = model[i] = host_random() | 2;
}

static void drop(unsigned long i, unsigned long n)
{
	bool hole = false;

	for (unsigned long k = i; k < i + n; k++)
		hole = hole || !model[k];
	assert_int_equal(area_advise(as, va_of(i), n * FRAME_SIZE, MADV_DONTNEED), hole ? -ENOMEM : 0);
	for (unsigned long k = i; k < i + n; k++)
		model[k] = model[k] != 0;
}

static void unmap(unsigned long i, unsigned long n)
{
	assert_int_equal(area_unmap(as, va_of(i), n * FRAME_SIZE), 0);
	memset(&model[i], 0, n * sizeof(model[0]));
}

static void protect(unsigned long i, unsigned long n, bool rw)
{
	unsigned long k;

	for (k = i; k < i + n && model[k]; k++)
		;
	if (k < i + n)
		return;
	assert_int_equal(area_protect(as, va_of(i), n * FRAME_SIZE, rw ? RW : PROT_NONE), 0);
	for (k = i; k < i + n; k++)
		readable[k] = rw;
}

/* Somewhere else in the window, over what is there. */
static void move(unsigned long from, unsigned long to, unsigned long n)
{
	long at;

	for (unsigned long k = from; k < from + n; k++)
		if (!model[k] || readable[k] != readable[from])
			return;
	if (from < to + n && to < from + n)
		return;
	at = area_remap(as, va_of(from), n * FRAME_SIZE, n * FRAME_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
	                va_of(to));
	if (at == -ENOMEM) { /* what was there may be gone */
		unmap(to, n);
		return;
	}
	assert_int_equal(at, va_of(to));
	memcpy(&model[to], &model[from], n * sizeof(model[0]));
	memcpy(&readable[to], &readable[from], n * sizeof(readable[0]));
	memset(&model[from], 0, n * sizeof(model[0]));
}

static void random_operations(uint64_t ram, unsigned rounds)
{
	uint64_t before;

	start(ram);
	before = free_frames();
	for (unsigned r = 0; r < rounds; r++) {
		unsigned long i = host_random_below(PAGES), n = 1 + host_random_below(PAGES - i);
		unsigned dice = host_random_below(100);

		if (host_random_below(2))
			n = MIN(n, 1 + host_random_below(40));
		if (dice < 12)
			map(i, n);
		else if (dice < 20)
			unmap(i, n);
		else if (dice < 30)
			drop(i, n);
		else if (dice < 35)
			protect(i, n, host_random_below(3));
		else if (dice < 42)
			move(i, host_random_below(PAGES - n + 1), n);
		else if (dice < 44)
			area_unreserve(as);
		else
			for (unsigned k = 0; k < 40; k++)
				write_page(dice < 70 ? host_random_below(PAGES) : i + k % n);
		check();
		check_tree();
	}
	for (unsigned long i = 0; i < PAGES; i++)
		if (model[i] > 1 && readable[i])
			write_page(i); /* compares */
	unmap(0, PAGES);
	check();
	assert_int_equal(frame_reserved(), 0);
	/* But for slabs of the heap, and frames kept for splitting. */
	assert_in_range(free_frames(), before - 16, before + 16);
}

static void test_random(void **state)
{
	(void)state;
	random_operations(MIB(128), 4000);
}

static void test_random_short(void **state)
{
	(void)state;
	random_operations(MIB(5), 4000);
}

/* Pages touched in any order lie side by side, and go back as one block. */
static void test_side_by_side(void **state)
{
	uint64_t *first, *word, free;

	(void)state;
	start(MIB(128));
	map(0, TABLE_ENTRIES);
	free = free_frames();
	assert_int_equal(touch(va_of(300), true, &first), 0);
	assert_int_equal(frame_reserved(), TABLE_ENTRIES - 1);
	for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
		unsigned page = i * 61 % TABLE_ENTRIES;

		assert_int_equal(touch(va_of(page), true, &word), 0);
		assert_int_equal((char *)word - (char *)first, ((long)page - 300) * (long)FRAME_SIZE);
	}
	assert_int_equal(frame_reserved(), 0);
	assert_in_range(free - free_frames(), TABLE_ENTRIES + 1, TABLE_ENTRIES + 3);
	unmap(0, TABLE_ENTRIES);
}

/* A page that was given back is zero again; its frame has stayed, poisoned or not. */
static void test_given_back(void **state)
{
	uint64_t *word, *again;

	(void)state;
	start(MIB(128));
	map(0, TABLE_ENTRIES);
	assert_int_equal(touch(va_of(5), true, &word), 0);
	assert_int_equal(touch(va_of(99), true, &again), 0);
	*word = 77;
	drop(5, 1);
	assert_int_equal(frame_reserved(), TABLE_ENTRIES - 1);
	assert_int_equal(touch(va_of(5), true, &again), 0);
	assert_ptr_equal(word, again);
	assert_int_equal(*again, 0);
	unmap(0, TABLE_ENTRIES);
	assert_int_equal(frame_reserved(), 0);
}

/* Nobody who touches little is told that there is no memory. */
static void test_all_is_free(void **state)
{
	uint64_t *word, free;
	unsigned n = 0;
	phys_t p;

	(void)state;
	start(MIB(64));
	free = free_frames();
	assert_int_equal(area_map(as, AT, GIB(1), RW, THERE), AT);
	assert_int_equal(area_advise(as, AT, GIB(1), MADV_NOHUGEPAGE), 0);
	for (virt_t va = AT; va < AT + GIB(1); va += MIB(2)) {
		assert_int_equal(touch(va, true, &word), 0);
		*word = va;
	}
	/* A page and a table for each, and some more tables. */
	assert_in_range(free - free_frames(), 2 * 512, 2 * 512 + 16);
	assert_true(frame_reserved() * FRAME_SIZE > MIB(30));
	while ((p = frame_alloc(0)) != FRAME_NONE)
		hogs[nr_hogs + n++] = p;
	assert_int_equal(frame_reserved(), 0);
	assert_in_range(n, free - 2 * 512 - 32, free);
	for (virt_t va = AT; va < AT + GIB(1); va += MIB(2))
		assert_true(touch(va, false, &word) == 0 && *word == va);
	while (n)
		frame_free(hogs[nr_hogs + --n], 0);
	assert_int_equal(area_unmap(as, AT, GIB(1)), 0);
}

/* So do those who want a larger block. */
static void test_larger_block(void **state)
{
	uint64_t *word;
	unsigned n = 0;
	phys_t p;

	(void)state;
	start(MIB(32));
	map(0, PAGES);
	for (unsigned long i = 0; i < TABLES; i++)
		assert_int_equal(touch(va_of(i * TABLE_ENTRIES), true, &word), 0);
	assert_true(frame_reserved() > 4 * TABLE_ENTRIES);
	while (free_frames() - frame_reserved() > 16 && (p = frame_alloc(0)) != FRAME_NONE)
		hogs[nr_hogs + n++] = p;
	p = frame_alloc(8);
	assert_int_not_equal(p, FRAME_NONE);
	frame_free(p, 8);
	while (n)
		frame_free(hogs[nr_hogs + --n], 0);
	unmap(0, PAGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_side_by_side), cmocka_unit_test(test_given_back),
		cmocka_unit_test(test_all_is_free),  cmocka_unit_test(test_larger_block),
		cmocka_unit_test(test_random),       cmocka_unit_test(test_random_short),
	};

	seen = malloc((MIB(1) + MACHINE_RAM) / FRAME_SIZE);
	return cmocka_run_group_tests(tests, machine, NULL);
}
