// SPDX-License-Identifier: BSD-2-Clause
/* Memory pressure: pages that hold nothing but zeros are taken from the program, which gets zeros
 * again when it touches them next. Most of them were never written to: parts of large pages, which
 * are split for this, and small pages that were mapped ahead of need. */
#include "mm/area_space.h"
#include "mm/frame.h"

/* Frames given back at once, so that the next few faults need not search again. */
#define RECLAIM_FRAMES 64
/* With more than this free, memory was not what was missing. */
#define ENOUGH 64

static bool (*trim)(bool (*drop)(virt_t start, virt_t end));

static bool is_zero(phys_t p)
{
	const uint64_t *word = phys_to_virt(p), *end = word + FRAME_SIZE / sizeof(*word);

	for (; word < end; word += 4)
		if (word[0] | word[1] | word[2] | word[3])
			return false;
	return true;
}

/* Did one of the last faults bring this page? An instruction that needs several pages would never
 * have them all if the next fault could take the one before. */
static bool is_recent(const struct address_space *as, virt_t va)
{
	for (unsigned i = 0; i < CONFIG_NR_CPUS * RECENT_MAX; i++)
		if (as->cpu[i / RECENT_MAX].recent[i % RECENT_MAX] == va)
			return true;
	return false;
}

/* Can the small page at va be done without? Where there are other CPUs, they must not write to it
 * after this was found: it is made inaccessible first, and again accessible where it stays. */
static bool is_idle(struct address_space *as, virt_t va, const pte_t *entry)
{
	phys_t p = *entry & PTE_ADDR;

	if ((*entry & PTE_BORROWED) || !is_zero(p) || is_recent(as, va))
		return false;
	if (CONFIG_NR_CPUS > 1 && (*entry & PTE_P)) {
		pte_t flags = *entry;

		(void)paging_protect(as->root, va, va + FRAME_SIZE, 0);
		if (!is_zero(p)) {
			(void)paging_protect(as->root, va, va + FRAME_SIZE, flags);
			return false;
		}
	}
	return true;
}

/* Splits the large page at block if frames of it can be done without: two, since the table takes
 * one. */
static bool split(struct address_space *as, virt_t block, phys_t page, unsigned order)
{
	unsigned idle = 0;

	for (uint64_t at = 0; at < (FRAME_SIZE << order) && idle < 2; at += FRAME_SIZE)
		idle += is_zero(page + at);
	return idle == 2 && paging_split(as->root, block + (FRAME_SIZE << (order - 9))) == 0;
}

/* Searches [va, end) until frames are free. Returns where it stopped; *frames: how many are missing
 * still. */
static virt_t search(struct address_space *as, virt_t va, virt_t end, long *frames)
{
	while (va<end && * frames> 0) {
		unsigned order;
		pte_t *entry = paging_lookup(as->root, va, &order);
		virt_t block = ALIGN_DOWN(va, FRAME_SIZE << order);
		uint64_t resident = as->stats.resident;

		if (paging_mapped(*entry) && order &&
		    split(as, block, *entry & PTE_ADDR & -(FRAME_SIZE << order), order)) {
			va = block;
			++*frames;
			continue;
		}
		va = block + (FRAME_SIZE << order);
		if (!paging_mapped(*entry) || order || !is_idle(as, block, entry))
			continue;
		/* This one, and those behind it in the same table. */
		while (va < end && paging_index(++entry) && paging_mapped(*entry) && is_idle(as, va, entry))
			va += FRAME_SIZE;
		area_source_return(as, block, va);
		(void)paging_unmap(as->root, block, va, false, area_release, as); /* nothing to split */
		*frames -= (resident - as->stats.resident) / FRAME_SIZE;
	}
	return va;
}

static bool drop(virt_t start, virt_t end)
{
	return area_drop_pages(program_space, start, end) == 0;
}

void area_set_trim(bool (*fn)(bool (*drop)(virt_t start, virt_t end)))
{
	trim = fn;
}

void area_reclaim_prepare(struct address_space *as)
{
	while (as->nr_spare < SPARE_MAX) {
		phys_t frame = frame_alloc(0);

		if (frame == FRAME_NONE)
			break;
		as->spare[as->nr_spare++] = frame;
	}
}

/* The spare frames are for the first tables that splitting takes; the pages that go leave more.
 * Returns whether there were any. */
static bool use_spare(struct address_space *as)
{
	bool had = as->nr_spare > 0;

	while (as->nr_spare)
		frame_free(as->spare[--as->nr_spare], 0);
	return had;
}

bool area_trim(struct address_space *as)
{
	bool found;

	if (area_unreserve(as))
		return true;
	use_spare(as);
	as->scarce = true;
	found = trim && trim(drop);
	if (found)
		area_reclaim_prepare(as);
	return found;
}

bool area_reclaim(struct address_space *as)
{
	long missing = RECLAIM_FRAMES;
	uint64_t resident = as->stats.resident;
	virt_t at = as->reclaim_at;
	bool had;

	if (area_unreserve(as))
		return true;
	if (frame_free_exact() > ENOUGH)
		return false;
	as->scarce = true;
	had = use_spare(as);
	if (trim && trim(drop))
		missing -= (resident - as->stats.resident) / FRAME_SIZE;
	as->reclaim_at = search(as, at, USER_MAX, &missing);
	if (missing > 0)
		as->reclaim_at = search(as, USER_MIN, at, &missing);
	if (missing < RECLAIM_FRAMES - SPARE_MAX)
		area_reclaim_prepare(as);
	return had || missing < RECLAIM_FRAMES;
}

bool area_make_room(struct address_space *as, uint64_t bytes)
{
	long missing = (bytes + FRAME_MASK) / FRAME_SIZE;
	uint64_t irq = area_lock(as);

	use_spare(as);
	(void)search(as, USER_MIN, USER_MAX, &missing);
	area_reclaim_prepare(as);
	area_unlock(as, irq);
	return missing <= 0;
}

bool area_reclaim_outside(void)
{
	struct address_space *as = program_space;
	uint64_t irq;
	bool found;

	if (!area_trylock(as, &irq))
		return false;
	found = area_reclaim(as);
	area_unlock(as, irq);
	return found;
}
