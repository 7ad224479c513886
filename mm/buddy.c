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

static void push(struct frame_range *r, phys_t p, unsigned order, bool clean)
{
	*state_of(r, p, order) = (clean ? STATE_CLEAN : STATE_FREE) | order;
	list_add_head(&free_lists[order], phys_to_virt(p));
	free_orders |= 1U << order;
}

static void pull(phys_t p, unsigned order, bool clean)
{
	struct list *links = phys_to_virt(p);

	list_del(links);
	frame_poison(p, sizeof(struct list));
	if (clean)
		*links = (struct list){ 0 };
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

phys_t buddy_take(unsigned order, bool *clean)
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
	*clean = *state_of(r, p, k) == (STATE_CLEAN | k);
	pull(p, k, *clean);
	while (k > order) {
		leave_order(r, p, k);
		k--;
		push(r, p + ORDER_SIZE(k), k, *clean);
	}
	*state_of(r, p, order) = STATE_USED | order;
	buddy_free_frames -= 1UL << order;
	return p;
}

/* The state of the block of this order at p, which may lie outside r, where it is free as a whole;
 * STATE_INSIDE: it is not. */
static uint8_t free_state(const struct frame_range *r, phys_t p, unsigned order)
{
	uint8_t state;

	if (p < r->first || p + ORDER_SIZE(order) > r->frontier)
		return STATE_INSIDE;
	state = *state_of(r, p, order);
	return state == (STATE_FREE | order) || state == (STATE_CLEAN | order) ? state : STATE_INSIDE;
}

void buddy_give(struct frame_range *r, phys_t p, unsigned order, bool clean)
{
	buddy_free_frames += 1UL << order;
	while (order < FRAME_ORDER_MAX) {
		phys_t buddy = p ^ ORDER_SIZE(order);
		uint8_t state = free_state(r, buddy, order);
		bool buddy_clean = state == (STATE_CLEAN | order);

		if (state == STATE_INSIDE)
			break;
		pull(buddy, order, buddy_clean);
		clean = clean && buddy_clean;
		*state_of(r, p, order) = STATE_INSIDE;
		*state_of(r, buddy, order) = STATE_INSIDE;
		p = MIN(p, buddy);
		order++;
	}
	push(r, p, order, clean);
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
	uint8_t kind = state & ~STATE_ORDER;

	if (kind == STATE_CACHED || kind == STATE_FREE || kind == STATE_CLEAN)
		panic("frame_free: 0x%lx (order %u) is free already", p, order);
	panic("frame_free: 0x%lx was not allocated with order %u (state 0x%02x)", p, order, state);
}

void buddy_claim(struct frame_range *r, phys_t p, unsigned order)
{
	phys_t block, end;
	unsigned k;
	uint8_t state = find_used(r, p, &block);

	if ((state & ~STATE_ORDER) != STATE_USED)
		bad_free(p, order, state);
	k = state & STATE_ORDER;
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

/* Are all frames of the block at p used singly? */
static bool used_singly(const struct frame_range *r, phys_t p, unsigned order)
{
	const uint8_t *states = state_small(r, p), *end = states + (1UL << order);
	uint64_t eight;

	if (*state_large(r, p) != STATE_SPLIT)
		return false;
	for (; end - states >= 8; states += sizeof(eight)) {
		__builtin_memcpy(&eight, states, sizeof(eight));
		if (eight != STATE_USED * 0x0101010101010101UL)
			return false;
	}
	while (states < end)
		if (*states++ != STATE_USED)
			return false;
	return true;
}

/* The block of this order at p: used as one, in part of a larger one, or in smaller pieces. */
static void give_used(struct frame_range *r, phys_t p, unsigned order)
{
	if (order <= LARGE_ORDER && used_singly(r, p, order)) {
		memset(state_small(r, p), STATE_INSIDE, 1UL << order);
	} else {
		phys_t block;
		uint8_t state = find_used(r, p, &block);

		if (order > 0 && (state & ~STATE_ORDER) == STATE_USED && (state & STATE_ORDER) < order) {
			give_used(r, p, order - 1);
			give_used(r, p + ORDER_SIZE(order - 1), order - 1);
			return;
		}
		buddy_claim(r, p, order);
	}
	frame_poison(p, ORDER_SIZE(order));
	buddy_give(r, p, order, false);
}

void buddy_give_run(struct frame_range *r, phys_t p, phys_t end)
{
	while (p < end) {
		unsigned order = MIN(__builtin_ctzl(p >> FRAME_SHIFT), FRAME_ORDER_MAX);

		while (p + ORDER_SIZE(order) > end)
			order--;
		give_used(r, p, order);
		p += ORDER_SIZE(order);
	}
}

phys_t frame_block(phys_t p, unsigned *order)
{
	struct frame_range *r = buddy_range(p, "frame_block");
	phys_t block;
	uint8_t state = find_used(r, p, &block);

	if ((state & ~STATE_ORDER) != STATE_USED || p >= block + ORDER_SIZE(state & STATE_ORDER))
		panic("frame_block: 0x%lx is not allocated", p);
	*order = state & STATE_ORDER;
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
