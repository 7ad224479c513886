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
#ifdef CONFIG_ZERO_AHEAD
uint64_t buddy_clean_frames;
#endif

/* Where frames are zeroed ahead of need, blocks that hold zeros are in lists of their own. */
#define KINDS (1 + IS_ENABLED(CONFIG_ZERO_AHEAD))
#define KIND(clean) (KINDS > 1 ? (unsigned)(clean) : 0)

static struct list free_lists[KINDS][FRAME_ORDER_MAX + 1];
static uint32_t free_orders[KINDS]; /* bit k: free_lists[][k] is not empty */

void buddy_init(void)
{
	for (unsigned i = 0; i < KINDS; i++) {
		for (unsigned k = 0; k <= FRAME_ORDER_MAX; k++)
			list_init(&free_lists[i][k]);
		free_orders[i] = 0;
	}
	buddy_free_frames = 0;
#ifdef CONFIG_ZERO_AHEAD
	buddy_clean_frames = 0;
#endif
}

/* The orders that there are blocks of. */
static inline uint32_t all_orders(void)
{
	return free_orders[0] | free_orders[KINDS - 1];
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

static inline void count_clean(int64_t frames)
{
#ifdef CONFIG_ZERO_AHEAD
	buddy_clean_frames += frames;
#else
	(void)frames;
#endif
}

static void push(struct frame_range *r, phys_t p, unsigned order, bool clean)
{
	*state_of(r, p, order) = (clean ? STATE_CLEAN : STATE_FREE) | order;
	list_add_head(&free_lists[KIND(clean)][order], phys_to_virt(p));
	free_orders[KIND(clean)] |= 1U << order;
	count_clean(clean ? 1L << order : 0);
}

static void pull(phys_t p, unsigned order, bool clean)
{
	struct list *links = phys_to_virt(p);

	list_del(links);
	frame_poison(p, sizeof(struct list));
	if (clean)
		*links = (struct list){ 0 };
	if (list_empty(&free_lists[KIND(clean)][order]))
		free_orders[KIND(clean)] &= ~(1U << order);
	count_clean(clean ? -(1L << order) : 0);
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

/* Cuts a block out of the first one of order k of this kind. */
static inline phys_t take(unsigned kind, unsigned k, unsigned order, bool *clean)
{
	phys_t p = virt_to_phys(free_lists[kind][k].next);
	struct frame_range *r = buddy_range(p, "frame_alloc");

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

/* Which kind to take a block from, and of which orders: where large ones are asked for, the kind that
 * is wanted if there is any, else whichever leaves larger blocks whole. */
static inline unsigned choose_kind(unsigned order, bool clean, uint32_t *orders)
{
	uint32_t wanted = free_orders[KIND(clean)] >> order << order;

	if (KINDS == 1)
		return 0;
	if (order >= LARGE_ORDER && wanted)
		*orders = wanted;
	return wanted & *orders & -*orders ? clean : !clean;
}

phys_t buddy_take(unsigned order, bool *clean)
{
	uint32_t orders = all_orders() >> order << order;
	unsigned kind;

	if (!orders)
		return FRAME_NONE;
	kind = choose_kind(order, *clean, &orders);
	return take(kind, __builtin_ctz(orders), order, clean);
}

#ifdef CONFIG_ZERO_AHEAD
phys_t buddy_take_dirty(unsigned least, unsigned *order)
{
	uint32_t dirty = free_orders[0] >> least << least, large = dirty >> LARGE_ORDER << LARGE_ORDER;
	bool clean;

	if (!dirty)
		return FRAME_NONE;
	*order = large ? LARGE_ORDER : 31 - __builtin_clz(dirty);
	return take(0, large ? (unsigned)__builtin_ctz(large) : *order, *order, &clean);
}
#endif

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

/* Do blocks of this order keep their zeros when their buddies become free? */
static inline bool keeps_clean(unsigned order)
{
	return IS_ENABLED(CONFIG_ZERO_AHEAD) && order >= LARGE_ORDER;
}

void buddy_give(struct frame_range *r, phys_t p, unsigned order, bool clean)
{
	buddy_free_frames += 1UL << order;
	while (order < FRAME_ORDER_MAX) {
		phys_t buddy = p ^ ORDER_SIZE(order);
		uint8_t state = free_state(r, buddy, order);
		bool buddy_clean = state == (STATE_CLEAN | order);

		if (state == STATE_INSIDE || (keeps_clean(order) && clean != buddy_clean))
			break;
		pull(buddy, order, buddy_clean);
		if (IS_ENABLED(CONFIG_ZERO_AHEAD) && clean != buddy_clean)
			frame_poison(clean ? p : buddy, ORDER_SIZE(order));
		clean = clean && buddy_clean;
		*state_of(r, p, order) = STATE_INSIDE;
		*state_of(r, buddy, order) = STATE_INSIDE;
		p = MIN(p, buddy);
		order++;
	}
	push(r, p, order, clean);
}

#ifdef CONFIG_ZERO_AHEAD
void buddy_unite(void)
{
	for (unsigned k = LARGE_ORDER; k < FRAME_ORDER_MAX; k++) {
		struct list *next;

		for (struct list *at = free_lists[1][k].next; at != &free_lists[1][k]; at = next) {
			phys_t p = virt_to_phys(at);
			struct frame_range *r = buddy_range(p, "frame_alloc");

			next = at->next;
			if (free_state(r, p ^ ORDER_SIZE(k), k) != (STATE_FREE | k))
				continue;
			pull(p, k, true);
			buddy_free_frames -= 1UL << k;
			frame_poison(p, ORDER_SIZE(k));
			buddy_give(r, p, k, false);
		}
	}
}
#endif

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
	return all_orders() ? 31 - __builtin_clz(all_orders()) : -1;
}

int buddy_smallest(void)
{
	return all_orders() ? __builtin_ctz(all_orders()) : -1;
}
