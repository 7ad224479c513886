/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables: reading and editing one address space's tree. The layout of the address space:
 *
 *   0x0000000000010000 .. 0x00007ffffffff000  programs (the lower half; first 64 KiB unmapped)
 *   0xffff800000000000 + physical             direct map of all RAM, no-execute
 *   0xffffc00000000000 ..                     kernel mappings: stacks with guard pages, device memory
 *   0xffffffff80000000 + physical             image (text R-X, rodata R--, data RW-)
 *
 * The upper half is the same in every root. Nothing here takes a lock: the caller owns the range,
 * and in the lower half the whole root (tables that become empty there are freed). */
#ifndef PAGURUS_X86_PAGING_H
#define PAGURUS_X86_PAGING_H

#include "include/types.h"

#define DIRECT_MAP_BASE 0xffff800000000000UL
#define DIRECT_MAP_END 0xffffc00000000000UL
#define KERNEL_MAP_BASE 0xffffc00000000000UL    /* device memory from here on */
#define KERNEL_STACKS_BASE 0xffffd00000000000UL /* kernel stacks (mm/stack.c) up to the end */
#define KERNEL_MAP_END 0xffffe00000000000UL
#define IMAGE_BASE 0xffffffff80000000UL
#define USER_MIN 0x10000UL
#define USER_MAX 0x00007ffffffff000UL /* first byte that programs cannot have */

typedef uint64_t pte_t;

#define TABLE_ENTRIES 512 /* of every table */

/* Architectural bits (SDM volume 3, 4.5). */
#define PTE_P BIT(0)
#define PTE_W BIT(1)
#define PTE_U BIT(2)
#define PTE_PWT BIT(3)
#define PTE_PCD BIT(4)
#define PTE_A BIT(5)
#define PTE_D BIT(6)
#define PTE_PS BIT(7) /* in a PDE or PDPTE: a large page */
#define PTE_G BIT(8)
#define PTE_NX BIT(63)
/* A bit that the processor leaves to software, with PTE_P clear: the page is there, but made
 * inaccessible by paging_protect(). */
#define PTE_HELD BIT(9)
/* With CONFIG_RESERVATIONS an entry for 4 KiB may keep a frame for the page that will be touched there:
 * with PTE_P and PTE_HELD clear nothing is mapped yet, but the frame is there (and zero, where
 * PTE_CLEAN says so); once it is mapped, the bit says that it may stay when the page is given back. */
#define PTE_RESERVED BIT(11)
#define PTE_CLEAN BIT(8)
/* In an entry of level 2: paging_lock_block(). */
#define PTE_LOCKED BIT(10)
#define PTE_ADDR 0x000ffffffffff000UL

/* What callers ask for. All are present, accessed and dirty from the start: nobody reads those. */
#define PTE_BASE (PTE_P | PTE_A | PTE_D)
#define PROT_PTE_RX (PTE_BASE)
#define PROT_PTE_R (PTE_BASE | PTE_NX)
#define PROT_PTE_RW (PTE_BASE | PTE_W | PTE_NX)
#define PROT_PTE_DEVICE (PROT_PTE_RW | PTE_PCD | PTE_PWT)

/* Sizes of pages as orders of 4 KiB frames. */
#define ORDER_4K 0
#define ORDER_2M 9
#define ORDER_1G 18

#ifdef PAGURUS_HOST
extern uint64_t host_direct_map; /* tests/unit/host_stubs.h: where the test's memory lies */
#define DIRECT_MAP_OFFSET host_direct_map
#else
#define DIRECT_MAP_OFFSET DIRECT_MAP_BASE
#endif

static inline void *phys_to_virt(phys_t p)
{
	return (void *)(DIRECT_MAP_OFFSET + p);
}

/* Only for addresses in the direct map or in the image. */
static inline phys_t virt_to_phys(const void *v)
{
	uint64_t a = (uint64_t)v;

	return a >= IMAGE_BASE ? a - IMAGE_BASE : a - DIRECT_MAP_OFFSET;
}

/* Bytes of the direct map that the boot stub has made, from physical address 0. */
#define BOOT_DIRECT_MAP GIB(1)

/* The root that is in CR3. */
phys_t paging_root(void);

/* Is there a page or a table (and not nothing, or just a frame kept for a page)? */
static inline bool paging_mapped(pte_t entry)
{
#ifdef CONFIG_RESERVATIONS
	return entry & (PTE_P | PTE_HELD);
#else
	return entry;
#endif
}

/* Maps one page of 4 KiB << order (0, 9 or 18) at va, replacing nothing: the entry must be empty.
 * flags: PTE_ bits. Table frames come from upcall_table_alloc(). Returns 0, -ENOMEM, or -EEXIST
 * (a page is there, or smaller pages are or were where a large one should go). */
int paging_map(phys_t root, virt_t va, phys_t pa, unsigned order, pte_t flags);

/* Splits large pages until va begins a page, so that what is said of ranges that begin or end at va
 * needs no memory. Returns 0 or -ENOMEM. */
int paging_split(phys_t root, virt_t va);

/* Frames that follow each other in memory, as their pages did. */
struct paging_run {
	phys_t pa;
	uint32_t frames;
#ifdef CONFIG_RESERVATIONS
	uint32_t mapped; /* of these; the others were kept for pages that nobody touched */
	bool kept;       /* they stay in the page table, for the next who touches the pages */
#endif
};

typedef void paging_release(void *ctx, const struct paging_run *run);

/* Takes every mapping in [start, end) away and hands what was mapped to release() (NULL: not called),
 * in runs. A large page that is only partly inside is split first. Tables in which nothing is mapped
 * any more are freed (not those of the upper half), and frames that were kept in them go to release()
 * too, or where that is NULL to upcall_reserved_free(). keep: in tables that stay, frames with
 * PTE_RESERVED do too. The TLB is flushed before a frame is released.
 * Returns 0, or -ENOMEM where a split found no frame: then nothing has changed. */
int paging_unmap(phys_t root, virt_t start, virt_t end, bool keep, paging_release *release,
                 void *ctx);

#ifdef CONFIG_RESERVATIONS
/* Takes at least so many frames that are kept for pages, but not mapped, out of the tables of
 * [va, end) and hands them to release(), a table's at once. Returns where it stopped; *frames: how many
 * are missing still (less than 1: none). */
virt_t paging_unreserve(phys_t root, virt_t va, virt_t end, long *frames,
                        void (*release)(phys_t pa, size_t frames));
#endif

/* Gives all that is mapped in [start, end) the P, W and NX of flags; splits as above; flushes the
 * TLB. Without PTE_P the pages become inaccessible but stay, and come back with a later call.
 * Returns 0, or -ENOMEM: then nothing has changed. */
int paging_protect(phys_t root, virt_t start, virt_t end, pte_t flags);

/* Moves the mappings of [from, from + size) to [to, to + size), where nothing is mapped; the ranges
 * do not overlap. Frames kept there change their places with what moves. Large pages stay large where both addresses are aligned alike. Flushes the TLB.
 * Returns 0, or -ENOMEM: then nothing has moved. */
int paging_move(phys_t root, virt_t from, virt_t to, size_t size);

/* Finds the entry that maps va. *order is the page's, *pa where that page begins; *flags are all
 * bits but the address. A page made inaccessible is found, without PTE_P. Returns false where there
 * is none: then *order is that of the largest aligned block around va with nothing in it (0, 9, 18
 * or 27), and *pa and *flags are untouched. */
bool paging_query(phys_t root, virt_t va, phys_t *pa, unsigned *order, pte_t *flags);

/* Finds the entry that decides about va: the first one from the root down that is empty or a page.
 * *order: of the aligned block that it stands for (0, 9, 18 or 27). It lies in a table with the
 * entries of its neighbours. */
pte_t *paging_lookup(phys_t root, virt_t va, unsigned *order);

/* Finds va's entry for a 4 KiB page, making the tables above it. Returns 0, -ENOMEM, or -EEXIST: a
 * large page is in the way. */
int paging_make_entry(phys_t root, virt_t va, pte_t **entry);

#ifdef CONFIG_SMP
/* For CPUs that only add to the lower half, while nobody takes anything away: locks what the 2 MiB
 * around va map, making the tables above; *block becomes their entry of level 2, which is changed in
 * that variable until paging_unlock_block(). Waits for others that have it locked. Returns 0, -ENOMEM,
 * or -EEXIST: a page of 1 GiB is there. Interrupts off. */
int paging_lock_block(phys_t root, virt_t va, pte_t **entry, pte_t *block);
void paging_unlock_block(pte_t *entry, pte_t block);

/* va's entry in the block, which is locked, making its table where there is nothing: block itself where
 * that is a large page. NULL: no memory. */
pte_t *paging_block_entry(pte_t *block, virt_t va);

/* Is there nothing, not even a table, in the aligned GiB around va? */
bool paging_hole_1g(phys_t root, virt_t va);
#endif

/* Which entry of its table this is. */
static inline unsigned paging_index(const pte_t *entry)
{
	return ((uint64_t)entry & FRAME_MASK) / sizeof(*entry);
}

/* Fills the empty entry of a block of this order (0, 9 or 18) with a page. */
static inline void paging_fill(pte_t *entry, phys_t pa, unsigned order, pte_t flags)
{
	WRITE_ONCE(*entry, pa | flags | (order ? PTE_PS : 0));
}

/* Puts another page in the place of the one that entry maps at va; flushes the TLB. */
void paging_replace(pte_t *entry, virt_t va, pte_t page);

/* Makes the direct map reach [start, end), RW and NX, with the largest pages that fit; parts that
 * are there already stay. Table frames come from alloc() (physical address of a cleared frame,
 * or 0), since the frame allocator itself calls this as it grows. Returns 0 or -ENOMEM. */
int paging_direct_map(phys_t start, phys_t end, phys_t (*alloc)(void));

/* Maps device memory [pa, pa + size) uncached into the kernel's mappings.
 * Returns its address or NULL (no memory). Never unmapped. */
void *paging_map_device(phys_t pa, size_t size);

void tlb_flush_page(virt_t va);
void tlb_flush_range(virt_t start, virt_t end);
void tlb_flush_all(void);

/* What the room above provides (mm/frame.c): a cleared frame for a table, or 0; and its return; the
 * return of frames that were kept for pages and never mapped. */
phys_t upcall_table_alloc(void);
void upcall_table_free(phys_t table);
void upcall_reserved_free(phys_t pa, size_t frames);

#endif
