/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of the frame allocator: mm/buddy.c keeps blocks, mm/carve.c brings memory that was never
 * used into it, mm/frame.c is the interface. Everything here wants frame_lock held.
 *
 * A block is known by the state byte where it begins; the bytes behind it are 0. There is one byte
 * per 2 MiB for blocks of order 9 and up, and one per 4 KiB for smaller ones, which is written
 * when its 2 MiB block is first broken up (then the byte of the former says STATE_SPLIT). */
#ifndef PAGURUS_MM_BUDDY_H
#define PAGURUS_MM_BUDDY_H

#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/spinlock.h"
#include "include/boot_info.h"
#include "include/panic.h"
#include "include/types.h"

#define LARGE_ORDER 9 /* 2 MiB: from here on states have one byte per 2 MiB */
#define LARGE_SHIFT (FRAME_SHIFT + LARGE_ORDER)
#define LARGE_SIZE (1UL << LARGE_SHIFT)
#define ORDER_SIZE(order) (FRAME_SIZE << (order))

/* State bytes; the order of the block in the low bits of free and used ones. */
#define STATE_ORDER 0x1f
#define STATE_INSIDE 0x00 /* no block begins here */
#define STATE_FREE 0x20
#define STATE_USED 0x40
#define STATE_CACHED 0x60 /* a single frame in a per-CPU cache */
#define STATE_SPLIT 0x80  /* 2 MiB that are described frame by frame */
#define STATE_CLEAN 0xa0  /* free, and known to be zero but for the links of the list */

/* A range of RAM. Blocks lie in [first, frontier); what is above was never touched. */
struct frame_range {
	phys_t start;
	phys_t end;
	phys_t first; /* below it lie state bytes */
	phys_t frontier;
	phys_t mapped;    /* the direct map reaches here from start */
	phys_t split_end; /* small[] is written for the 2 MiB block that ends here */
	uint8_t *large;   /* by 2 MiB block, from the one that start lies in */
	uint8_t *small;   /* by frame, from start */
};

extern struct frame_range frame_ranges[BOOT_RAM_MAX];
extern unsigned nr_frame_ranges;
extern struct spinlock frame_lock;
extern uint64_t buddy_free_frames; /* in free blocks */

/* Filled into free frames with CONFIG_POISON_FRAMES. */
#define FRAME_POISON 0xdeadf4a3dec0dedbUL

static inline void frame_poison(phys_t p, size_t bytes)
{
#ifdef CONFIG_POISON_FRAMES
	fill_words(phys_to_virt(p), FRAME_POISON, bytes / sizeof(uint64_t));
#else
	(void)p;
	(void)bytes;
#endif
}

/* Nobody has written to what is free. */
#ifdef CONFIG_POISON_FRAMES
static inline void frame_check_poison(phys_t p, size_t bytes)
{
	const uint64_t *words = phys_to_virt(p);

	for (uint64_t i = 0; i < bytes / sizeof(*words); i++)
		if (words[i] != FRAME_POISON)
			panic("frame_alloc: 0x%lx was written to while free (0x%lx there)",
			      p + i * sizeof(*words), words[i]);
}
#else
static inline void frame_check_poison(phys_t p, size_t bytes)
{
	(void)p;
	(void)bytes;
}
#endif

#define CHECKS_CLEAN (IS_ENABLED(CONFIG_DEBUG_CHECKS) || IS_ENABLED(CONFIG_POISON_FRAMES))

/* What was said to be zero is. */
static inline void frame_check_clean(phys_t p, size_t bytes)
{
	const uint64_t *words = phys_to_virt(p);

	for (size_t i = 0; CHECKS_CLEAN && i < bytes / sizeof(*words); i++)
		if (words[i])
			panic("frame_alloc: 0x%lx should be zero but is 0x%lx: is memory really handed out "
			      "zeroed, as pagurus.zeroed says?",
			      p + i * sizeof(*words), words[i]);
}

/* What was free until now is as it was. */
static inline void frame_check_taken(phys_t p, size_t bytes, bool clean)
{
	if (!clean)
		frame_check_poison(p, bytes);
	else if (IS_ENABLED(CONFIG_POISON_FRAMES))
		frame_check_clean(p, bytes);
}

static inline uint8_t *state_small(const struct frame_range *r, phys_t p)
{
	return &r->small[(p - r->start) >> FRAME_SHIFT];
}

static inline uint8_t *state_large(const struct frame_range *r, phys_t p)
{
	return &r->large[(p >> LARGE_SHIFT) - (r->start >> LARGE_SHIFT)];
}

static inline uint8_t *state_of(const struct frame_range *r, phys_t p, unsigned order)
{
	return order < LARGE_ORDER ? state_small(r, p) : state_large(r, p);
}

/* The range whose carved part holds p, or panic: what says who called. */
struct frame_range *buddy_range(phys_t p, const char *what);

void buddy_init(void);

/* Makes p's 2 MiB block described frame by frame, with no block in it. */
void buddy_split_states(struct frame_range *r, phys_t p);

/* Takes a block out of the free lists. FRAME_NONE: none that large. *clean: are zeros wanted; then, does
 * it hold zeros. */
phys_t buddy_take(unsigned order, bool *clean);

/* Puts a block that nobody uses into the free lists, united with its free buddies. clean: it holds
 * zeros; what it becomes by uniting is clean only if all of it is. With CONFIG_ZERO_AHEAD blocks of
 * 2 MiB and more unite only with those that are clean as they are. */
void buddy_give(struct frame_range *r, phys_t p, unsigned order, bool clean);

#ifdef CONFIG_ZERO_AHEAD
extern uint64_t buddy_clean_frames; /* in free blocks that hold zeros */

/* Takes a block to be zeroed: of 2 MiB where there is one, else the largest of order least or more.
 * FRAME_NONE: there is none. */
phys_t buddy_take_dirty(unsigned least, unsigned *order);

/* Unites what differs only in holding zeros, for a block of more than 2 MiB. */
void buddy_unite(void);
#else
static inline void buddy_unite(void)
{
}
#endif

/* Puts [p, end) into the free lists, used frames in blocks of any order. Panics where one is not
 * used. */
void buddy_give_run(struct frame_range *r, phys_t p, phys_t end);

/* Checks that a used block of this order begins at p, cutting it out of a larger one where it is a
 * part of that; panics where it is not used. */
void buddy_claim(struct frame_range *r, phys_t p, unsigned order);

/* The largest and the smallest order in the free lists; -1: none. */
int buddy_largest(void);
int buddy_smallest(void);

/* Chooses where the state bytes lie, without touching them. Returns 0 or -ENOMEM. */
int carve_init(const struct mem_range *ram, unsigned nr);

/* Brings more untouched memory into the free lists, so that a block of this order may be found.
 * Returns false where there is none. */
bool carve(unsigned order);

/* A block from the free lists, into which memory is brought for it. FRAME_NONE: there is none. *clean as
 * for buddy_take(). */
phys_t carve_take(unsigned order, bool *clean);

/* The largest block that carve() could still bring; -1: none. */
int carve_largest(void);

/* Memory that was never carved holds zeros (frame_set_zeroed()). */
extern bool carve_zeroed;
extern uint64_t carve_untouched; /* frames never carved */
extern uint64_t carve_overhead;  /* frames of state bytes */
extern uint64_t carve_total;
uint64_t carve_reserved(void); /* frames kept for the direct map's tables */

#endif
