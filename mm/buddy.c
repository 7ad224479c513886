// SPDX-License-Identifier: BSD-2-Clause
/* The buddy system: free blocks by order, linked through the blocks themselves. */
#include "mm/buddy.h"

#include "include/panic.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/frame.h"

struct frame_range frame_ranges[BOOT_RAM_MAX];
unsigned nr_frame_ranges;
struct spinlock frame_lock;
uint64_t buddy_free_frames;

static struct list free_lists[FRAME_ORDER_MAX + 1];
static uint32_t free_orders; /* bit k: free_lists[k] is not empty */

void buddy_init(void)
{
	for (unsigned k = 0; k <= FRAME_ORDER_MAX; k++)
		list_init(&free_lists[k]);
	free_orders = 0;
	buddy_free_frames = 0;
}

struct frame_range *buddy_range(phys_t p, const char *what)
{
	for (unsigned i = 0; i < nr_frame_ranges; i++) {
		struct frame_range *r = &frame_ranges[i];

		if (p >= r->first && p < r->frontier)
			return r;
	}
	panic("%s: 0x%lx is not a frame of this allocator", what, p);
}

static void push(struct frame_range *r, phys_t p, unsigned order)
{
	*state_of(r, p, order) = STATE_FREE | order;
	list_add_head(&free_lists[order], phys_to_virt(p));
	free_orders |= 1U << order;
}

static void pull(phys_t p, unsigned order)
{
	list_del(phys_to_virt(p));
	frame_poison(p, sizeof(struct list));
	if (list_empty(&free_lists[order]))
		free_orders &= ~(1U << order);
}

void buddy_split_states(struct frame_range *r, phys_t p)
{
	phys_t from = ALIGN_DOWN(p, LARGE_SIZE);
	phys_t to = MIN(from + LARGE_SIZE, r->end);

	*state_large(r, p) = STATE_SPLIT;
	from = MAX(from, r->start);
	memset(state_small(r, from), STATE_INSIDE, (to - from) >> FRAME_SHIFT);
}

/* Before the block p is cut below order: its states move from large to small. */
static void leave_order(struct frame_range *r, phys_t p, unsigned order)
{
	if (order == LARGE_ORDER)
		buddy_split_states(r, p);
}

phys_t buddy_take(unsigned order)
{
	uint32_t orders = free_orders >> order << order;
	struct frame_range *r;
	unsigned k;
	phys_t p;

	if (!orders)
		return FRAME_NONE;
	k = __builtin_ctz(orders);
	p = virt_to_phys(free_lists[k].next);
	r = buddy_range(p, "frame_alloc");
	pull(p, k);
	while (k > order) {
		leave_order(r, p, k);
		k--;
		push(r, p + ORDER_SIZE(k), k);
	}
	*state_of(r, p, order) = STATE_USED | order;
	buddy_free_frames -= 1UL << order;
	return p;
}

/* Is the block of this order at p, which may lie outside r, free as a whole? */
static bool is_free(const struct frame_range *r, phys_t p, unsigned order)
{
	return p >= r->first && p + ORDER_SIZE(order) <= r->frontier &&
	       *state_of(r, p, order) == (STATE_FREE | order);
}

void buddy_give(struct frame_range *r, phys_t p, unsigned order)
{
	buddy_free_frames += 1UL << order;
	while (order < FRAME_ORDER_MAX) {
		phys_t buddy = p ^ ORDER_SIZE(order);

		if (!is_free(r, buddy, order))
			break;
		pull(buddy, order);
		*state_of(r, p, order) = STATE_INSIDE;
		*state_of(r, buddy, order) = STATE_INSIDE;
		p = MIN(p, buddy);
		order++;
	}
	push(r, p, order);
}

/* Finds the block that p lies in and returns its state; STATE_INSIDE: there is none. */
static uint8_t find_used(const struct frame_range *r, phys_t p, phys_t *block)
{
	bool split = *state_large(r, p) == STATE_SPLIT;
	unsigned k = split ? 0 : LARGE_ORDER;
	unsigned last = split ? LARGE_ORDER - 1 : FRAME_ORDER_MAX;
	uint8_t state;

	for (; k <= last; k++) {
		*block = ALIGN_DOWN(p, ORDER_SIZE(k));
		if (*block < r->first)
			break;
		state = *state_of(r, *block, k);
		if (state != STATE_INSIDE)
			return state;
	}
	return STATE_INSIDE;
}

__cold __noreturn static void bad_free(phys_t p, unsigned order, uint8_t state)
{
	if (state == STATE_CACHED || (state & ~0x1f) == STATE_FREE)
		panic("frame_free: 0x%lx (order %u) is free already", p, order);
	panic("frame_free: 0x%lx was not allocated with order %u (state 0x%02x)", p, order, state);
}

void buddy_claim(struct frame_range *r, phys_t p, unsigned order)
{
	phys_t block, end;
	unsigned k;
	uint8_t state = find_used(r, p, &block);

	if ((state & ~0x1f) != STATE_USED)
		bad_free(p, order, state);
	k = state & 0x1f;
	end = block + ORDER_SIZE(k);
	if (k < order || !IS_ALIGNED(p, ORDER_SIZE(order)) || p + ORDER_SIZE(order) > end ||
	    (k == order && block != p))
		bad_free(p, order, state);

	/* A part of it: halve it until the part stands alone. */
	while (k > order) {
		phys_t half;

		leave_order(r, block, k);
		k--;
		half = block + ORDER_SIZE(k);
		*state_of(r, block, k) = STATE_USED | k;
		*state_of(r, half, k) = STATE_USED | k;
		if (p >= half)
			block = half;
	}
}

phys_t frame_block(phys_t p, unsigned *order)
{
	struct frame_range *r = buddy_range(p, "frame_block");
	phys_t block;
	uint8_t state = find_used(r, p, &block);

	if ((state & ~0x1f) != STATE_USED || p >= block + ORDER_SIZE(state & 0x1f))
		panic("frame_block: 0x%lx is not allocated", p);
	*order = state & 0x1f;
	return block;
}

int buddy_largest(void)
{
	return free_orders ? 31 - __builtin_clz(free_orders) : -1;
}

int buddy_smallest(void)
{
	return free_orders ? __builtin_ctz(free_orders) : -1;
}
