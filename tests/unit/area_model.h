/* SPDX-License-Identifier: BSD-2-Clause */
/* For the tests of areas: an address space over real frames and page tables, a program that touches
 * memory as a processor would, and checks of the tree's invariants. Included once per test. */
#ifndef PAGURUS_AREA_MODEL_H
#define PAGURUS_AREA_MODEL_H

#include <errno.h>
#include <string.h>

#include "arch/x86/paging.h"
#include "arch/x86/trap.h"
#include "mm/area_space.h"
#include "mm/frame.h"
#include "tests/unit/host_stubs.h"

#define as program_space
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

uint64_t host_cr3;

void host_tlb_flush(uint64_t va)
{
	(void)va; /* test_paging looks after this */
}

static uint64_t free_frames(void)
{
	struct frame_stats s;

	frame_stats(&s);
	return s.free;
}

#define MACHINE_RAM MIB(512)

static phys_t hogs[MACHINE_RAM / FRAME_SIZE];
static unsigned nr_hogs;

/* A machine, once per program: the heap's slabs lie in its memory. */
static inline int machine(void **state)
{
	struct mem_range range = { MIB(1), MIB(1) + MACHINE_RAM };

	(void)state;
	host_memory_init(0, range.end);
	memset(phys_to_virt(0), 0x77, MIB(32));
	assert_int_equal(frame_init(&range, 1), 0);
	host_cr3 = frame_alloc_zeroed(0);
	area_init();
	return 0;
}

/* Leaves this much memory, each frame of it beginning with junk. */
static inline void leave(uint64_t bytes)
{
	while (nr_hogs && free_frames() * FRAME_SIZE < bytes)
		frame_free(hogs[--nr_hogs], 0);
	while (free_frames() * FRAME_SIZE > bytes) {
		phys_t p = frame_alloc(0);

		memset(phys_to_virt(p), 0x99, 64);
		hogs[nr_hogs++] = p;
	}
}

/* The program reads or writes at va. Returns 0 and where the word lies, or area_fault()'s error. */
static int touch(virt_t va, bool write, uint64_t **word)
{
	for (unsigned tries = 0; tries < 2; tries++) {
		uint64_t error = write ? PF_WRITE : 0;
		unsigned order;
		pte_t flags;
		phys_t pa;
		int err;

		if (paging_query(host_cr3, va, &pa, &order, &flags) && (flags & PTE_P)) {
			if (!write || (flags & PTE_W)) {
				*word = phys_to_virt(pa + (va & ((FRAME_SIZE << order) - 1)));
				return 0;
			}
			error |= PF_PRESENT;
		}
		err = area_fault(as, va, error);
		if (err)
			return err;
	}
	fail_msg("area_fault() says try again, again and again");
	return 0;
}

static int check_node(struct tree_node *node, uint64_t *gap_max)
{
	uint64_t left_max = 0, right_max = 0;
	int left, right;

	if (!node)
		return 0;
	left = check_node(node->left, &left_max);
	right = check_node(node->right, &right_max);
	assert_in_range(left - right + 1, 0, 2);
	*gap_max = MAX(area_of(node)->gap, MAX(left_max, right_max));
	assert_int_equal(area_of(node)->gap_max, *gap_max);
	return 1 + MAX(left, right);
}

/* Sorted, disjoint, united where alike, gaps and sums right, pages only in areas. */
static void check_tree(void)
{
	struct tree_node *node = tree_first(&as->areas);
	virt_t end = USER_MIN;
	struct area *prev = NULL;
	uint64_t reserved = 0, count = 0, gap_max;

	for (; node; node = tree_next(node)) {
		struct area *area = area_of(node);

		assert_true(area->start < area->end && area->start >= end && area->end <= USER_MAX);
		assert_true(IS_ALIGNED(area->start | area->end, FRAME_SIZE));
		assert_int_equal(area->gap, area->start - end);
		if (prev && prev->end == area->start)
			assert_false(prev->prot == area->prot && prev->type == area->type &&
			             prev->pages == area->pages);
		reserved += area->end - area->start;
		count++;
		end = area->end;
		prev = area;
	}
	check_node(as->areas.root, &gap_max);
	assert_int_equal(as->stats.reserved, reserved);
	assert_int_equal(as->stats.areas, count);
}

#endif
