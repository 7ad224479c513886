/* SPDX-License-Identifier: BSD-2-Clause */
/* For the tests of page tables: a supply of tables, a model by 4 KiB page, a walk as the processor
 * does it, and a TLB that remembers everything until it is told not to. Included once per test. */
#ifndef PAGURUS_PAGING_MODEL_H
#define PAGURUS_PAGING_MODEL_H

#include "arch/x86/paging.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/cpu.h"
#include "include/panic.h"
#include "tests/unit/host_stubs.h"

#define ARENA MIB(16)
#define PAGES 8192UL /* of the window, 32 MiB */
#define LARGE 512UL

/* Across a border of PML4 entries, so that every kind of table is on the way. */
static const virt_t window = (1UL << 39) * 3 - MIB(16);

uint64_t host_cr3;
static phys_t root;

/* ---- tables ---- */

static phys_t free_tables[ARENA / FRAME_SIZE];
static unsigned nr_free_tables, nr_tables, tables_left;

phys_t upcall_table_alloc(void)
{
	phys_t table;

	if (!tables_left)
		return 0;
	tables_left--;
	assert_true(nr_free_tables > 0);
	table = free_tables[--nr_free_tables];
	memset(phys_to_virt(table), 0, FRAME_SIZE);
	nr_tables++;
	return table;
}

void upcall_table_free(phys_t table)
{
	assert_true(nr_tables > 0);
	nr_tables--;
	memset(phys_to_virt(table), 0xff, FRAME_SIZE); /* who still walks here goes astray */
	free_tables[nr_free_tables++] = table;
}

/* ---- model ---- */

struct page {
	phys_t pa;   /* of this 4 KiB; 0: not mapped */
	pte_t flags; /* P, W, NX */
	bool large;  /* part of a 2 MiB page */
};

static struct page model[PAGES];
static struct page tlb[PAGES];

static virt_t va_of(unsigned long i)
{
	return window + i * FRAME_SIZE;
}

void host_tlb_flush(uint64_t va)
{
	unsigned long i = (va - window) / FRAME_SIZE;

	if (va == UINT64_MAX) {
		memset(tlb, 0, sizeof(tlb));
	} else if (va >= window && i < PAGES) {
		if (tlb[i].large)
			memset(&tlb[i & ~(LARGE - 1)], 0, LARGE * sizeof(tlb[0]));
		tlb[i] = (struct page){ 0 };
	}
}

/* As the SDM has it, volume 3, 4.5.4. The root's frame is never 0, so 0 means: page fault. */
static phys_t walk(virt_t va, pte_t *flags, unsigned *order)
{
	phys_t table = root;
	pte_t w = PTE_W, nx = 0;

	for (int shift = 39; shift >= 12; shift -= 9) {
		pte_t e = ((pte_t *)phys_to_virt(table))[va >> shift & 511];
		phys_t address = e & 0x000ffffffffff000UL;

		if (!(e & 1))
			return 0;
		w &= e;
		nx |= e & PTE_NX;
		if (shift == 12 || (e & 0x80)) {
			assert_true(shift < 39);
			*flags = PTE_P | w | nx;
			*order = shift - 12;
			return (address & ~((1UL << shift) - 1)) | (va & ((1UL << shift) - 1));
		}
		table = address;
	}
	return 0;
}

/* The tables, what paging_query() says, and the model agree; the TLB holds nothing that is not so. */
static void check(void)
{
	for (unsigned long i = 0; i < PAGES; i++) {
		struct page *m = &model[i], *t = &tlb[i];
		pte_t flags = 0;
		unsigned order = 77;
		phys_t pa = walk(va_of(i), &flags, &order);

		assert_int_equal(pa, m->flags & PTE_P ? m->pa : 0);
		if (pa) {
			assert_int_equal(flags, m->flags);
			assert_int_equal(order, m->large ? 9 : 0);
		}
		assert_int_equal(paging_query(root, va_of(i) + 5, &pa, &order, &flags), m->pa != 0);
		if (m->pa) {
			assert_int_equal(order, m->large ? 9 : 0);
			assert_int_equal(pa, m->large ? m->pa & ~(MIB(2) - 1) : m->pa);
			assert_int_equal(flags & (PTE_P | PTE_W | PTE_NX), m->flags);
		}
		if (t->pa) {
			assert_int_equal(t->pa, m->pa);
			assert_int_equal(t->flags, m->flags);
		}
	}
	/* From now on the TLB may know all that is mapped. */
	for (unsigned long i = 0; i < PAGES; i++)
		if (model[i].flags & PTE_P)
			tlb[i] = model[i];
}

static void setup(void)
{
	host_memory_init(0, ARENA);
	nr_free_tables = nr_tables = 0;
	for (phys_t p = ARENA - FRAME_SIZE; p > 0; p -= FRAME_SIZE)
		free_tables[nr_free_tables++] = p;
	tables_left = UINT32_MAX;
	root = upcall_table_alloc();
	host_cr3 = root;
	memset(model, 0, sizeof(model));
	memset(tlb, 0, sizeof(tlb));
}

#endif
