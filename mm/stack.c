// SPDX-License-Identifier: BSD-2-Clause
/* Kernel stacks (mm/heap.h): slots of the kernel's mappings, each with an unmapped guard page at its
 * low end. Slots are taken from below upwards; freed ones are used again, the last few of them with
 * their memory still mapped. */
#include "arch/x86/paging.h"
#include "arch/x86/spinlock.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/heap.h"

#define STACK_SIZE KIB(CONFIG_KERNEL_STACK_KIB)
#define SLOT_SIZE (STACK_SIZE + FRAME_SIZE)
#define SLOTS_MAX ((KERNEL_MAP_END - KERNEL_STACKS_BASE) / SLOT_SIZE)
#define WARM_MAX 16
#define FREE_SLOTS_FIRST 64

_Static_assert(SLOTS_MAX <= UINT32_MAX, "slot numbers fit in 32 bits");

static struct spinlock lock;
static uint32_t nr_slots;       /* slots that were ever used */
static uint32_t warm[WARM_MAX]; /* free slots with memory */
static unsigned nr_warm;
/* Free slots without memory. There is always room for all slots, so that freeing cannot fail. */
static uint32_t *free_slots;
static uint32_t nr_free_slots, max_free_slots;

static virt_t slot_base(uint32_t slot)
{
	return KERNEL_STACKS_BASE + slot * SLOT_SIZE;
}

static void *slot_top(uint32_t slot)
{
	return (void *)(slot_base(slot) + SLOT_SIZE);
}

static void release_frames(void *ctx, const struct paging_run *run)
{
	(void)ctx;
	frame_free_run(run->pa, run->frames);
}

static bool map_stack(virt_t base)
{
	phys_t root = paging_root();

	for (virt_t va = base + FRAME_SIZE; va < base + SLOT_SIZE; va += FRAME_SIZE) {
		phys_t frame = frame_alloc(0);

		if (frame == FRAME_NONE || paging_map(root, va, frame, 0, PROT_PTE_RW) != 0) {
			if (frame != FRAME_NONE)
				frame_free(frame, 0);
			paging_unmap(root, base, va, false, release_frames, NULL);
			return false;
		}
	}
	return true;
}

/* A slot that was never used; lock held. Returns false: no memory for the list, or none left. */
static bool new_slot(uint32_t *slot)
{
	if (nr_slots == SLOTS_MAX)
		return false;
	if (nr_slots == max_free_slots) {
		uint32_t max = max_free_slots ? 2 * max_free_slots : FREE_SLOTS_FIRST;
		uint32_t *more = heap_alloc(max * sizeof(*more));

		if (!more)
			return false;
		if (free_slots)
			memcpy(more, free_slots, nr_free_slots * sizeof(*more));
		heap_free(free_slots);
		free_slots = more;
		max_free_slots = max;
	}
	*slot = nr_slots++;
	return true;
}

void *kernel_stack_alloc(void)
{
	uint64_t flags = spin_lock(&lock);
	uint32_t slot;
	bool found;

	if (nr_warm) {
		slot = warm[--nr_warm];
		spin_unlock(&lock, flags);
		return slot_top(slot);
	}
	found = nr_free_slots > 0;
	if (found)
		slot = free_slots[--nr_free_slots];
	else
		found = new_slot(&slot);
	if (found && !map_stack(slot_base(slot))) {
		free_slots[nr_free_slots++] = slot;
		found = false;
	}
	spin_unlock(&lock, flags);
	return found ? slot_top(slot) : NULL;
}

void kernel_stack_free(void *top)
{
	virt_t base = (virt_t)top - SLOT_SIZE;
	uint32_t slot = (base - KERNEL_STACKS_BASE) / SLOT_SIZE;
	uint64_t flags = spin_lock(&lock);

	if (slot >= nr_slots || slot_base(slot) != base)
		panic("kernel_stack_free: %p is not the top of a kernel stack", top);
	if (nr_warm < WARM_MAX) {
		warm[nr_warm++] = slot;
	} else {
		paging_unmap(paging_root(), base, base + SLOT_SIZE, false, release_frames, NULL);
		free_slots[nr_free_slots++] = slot;
	}
	spin_unlock(&lock, flags);
}

bool kernel_stack_guard(virt_t address)
{
	virt_t offset = address - KERNEL_STACKS_BASE;

	return address >= KERNEL_STACKS_BASE && offset / SLOT_SIZE < READ_ONCE(nr_slots) &&
	       offset % SLOT_SIZE < FRAME_SIZE;
}
