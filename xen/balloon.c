/* SPDX-License-Identifier: BSD-2-Clause */
/* The balloon's memory: to and from Xen, in blocks of 2 MiB as long as there are such, so that Xen
 * and the processor keep their large pages, else in batches of single frames. */
#include "xen/balloon.h"

#include "arch/x86/tsc.h"
#include "include/errno.h"
#include "include/log.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/heap.h"
#include "sched/thread.h"
#include "xen/hypercall.h"
#include "xen/xenstore.h"

#define LARGE_ORDER 9
#define BATCH 128 /* single frames in one hypercall */
#define RETRY_MIN NS_PER_SEC
#define RETRY_MAX (32 * NS_PER_SEC)
#define KIB_PER_FRAME (FRAME_SIZE >> 10)

_Static_assert(BALLOON_LARGE == 1UL << LARGE_ORDER, "a large block");

/* Which frames are in the balloon: those have no memory to write that down in. */
struct sheet {
	struct sheet *next;
	uint64_t nr;
	uint64_t frame[510];
};
_Static_assert(sizeof(struct sheet) == FRAME_SIZE, "a sheet is a frame");

#define ENTRY_LARGE BIT(63)

static struct {
	struct sheet *sheets; /* the first one has room or is NULL */
	uint64_t held, goal, total;
	uint64_t retry; /* how long to wait next time */
	bool known;     /* goal has been read */
	bool starved;
	bool told;
} balloon;

uint64_t balloon_held(void)
{
	return balloon.held;
}

/* How many entries the first sheet can still take; 0: no memory for another. */
static uint64_t room(void)
{
	struct sheet *sheet = balloon.sheets;

	if (sheet && sheet->nr < ARRAY_SIZE(sheet->frame))
		return ARRAY_SIZE(sheet->frame) - sheet->nr;
	sheet = heap_alloc(sizeof(*sheet));
	if (!sheet)
		return 0;
	sheet->next = balloon.sheets;
	sheet->nr = 0;
	balloon.sheets = sheet;
	return ARRAY_SIZE(sheet->frame);
}

/* The first sheet with something on it; empty ones before it are given up. */
static struct sheet *used_sheet(void)
{
	struct sheet *sheet;

	while ((sheet = balloon.sheets) && !sheet->nr) {
		balloon.sheets = sheet->next;
		heap_free(sheet);
	}
	return sheet;
}

/* XENMEM_decrease_reservation or XENMEM_populate_physmap of nr blocks. Returns how many it did, from
 * the first one on. */
static uint64_t reserve(unsigned op, xen_pfn_t *frames, uint64_t nr, unsigned order)
{
	struct xen_memory_reservation reservation = {
		.nr_extents = nr,
		.extent_order = order,
		.domid = DOMID_SELF,
	};
	long done;

	set_xen_guest_handle(reservation.extent_start, frames);
	done = xen_memory_op(op, &reservation);
	return done > 0 ? MIN((uint64_t)done, nr) : 0;
}

/* One large block into the balloon. Returns how many frames that were. */
static uint64_t inflate_large(void)
{
	phys_t block = room() ? frame_alloc(LARGE_ORDER) : FRAME_NONE;
	struct sheet *sheet = balloon.sheets;
	xen_pfn_t frame = block >> FRAME_SHIFT;

	if (block == FRAME_NONE)
		return 0;
	if (!reserve(XENMEM_decrease_reservation, &frame, 1, LARGE_ORDER)) {
		frame_free(block, LARGE_ORDER);
		return 0;
	}
	sheet->frame[sheet->nr++] = frame | ENTRY_LARGE;
	return BALLOON_LARGE;
}

/* Up to want single frames. */
static uint64_t inflate_small(uint64_t want)
{
	uint64_t max = MIN(MIN(room(), want), (uint64_t)BATCH);
	struct sheet *sheet = balloon.sheets;
	uint64_t nr = 0, done;
	xen_pfn_t *frames;
	phys_t p;

	if (!max)
		return 0;
	frames = &sheet->frame[sheet->nr];
	while (nr < max && (p = frame_alloc(0)) != FRAME_NONE)
		frames[nr++] = p >> FRAME_SHIFT;
	done = nr ? reserve(XENMEM_decrease_reservation, frames, nr, 0) : 0;
	for (uint64_t i = done; i < nr; i++)
		frame_free(frames[i] << FRAME_SHIFT, 0);
	sheet->nr += done;
	return done;
}

/* Up to want of the single frames that the sheet ends with. */
static uint64_t deflate_small(struct sheet *sheet, uint64_t want)
{
	uint64_t nr = 0, done;
	xen_pfn_t *frames;

	while (nr < want && nr < BATCH && nr < sheet->nr &&
	       !(sheet->frame[sheet->nr - nr - 1] & ENTRY_LARGE))
		nr++;
	frames = &sheet->frame[sheet->nr - nr];
	done = reserve(XENMEM_populate_physmap, frames, nr, 0);
	for (uint64_t i = 0; i < done; i++)
		frame_free(frames[i] << FRAME_SHIFT, 0);
	memmove(frames, frames + done, (nr - done) * sizeof(*frames));
	sheet->nr -= done;
	return done;
}

/* Up to want frames from the end of the large block that the sheet ends with, which becomes single
 * ones: fewer are wanted, or Xen has no 2 MiB in one piece any more. */
static uint64_t deflate_broken(struct sheet *sheet, uint64_t want)
{
	uint64_t first = sheet->frame[sheet->nr - 1] & ~ENTRY_LARGE, done = 0;

	while (done < want) {
		xen_pfn_t frame = first + BALLOON_LARGE - 1 - done;

		if (!reserve(XENMEM_populate_physmap, &frame, 1, 0))
			break;
		frame_free(frame << FRAME_SHIFT, 0);
		done++;
	}
	if (!done)
		return 0;
	sheet->nr--;
	for (uint64_t i = 0; i < BALLOON_LARGE - done; i++) {
		if (!room()) {
			log_error("xen: no memory to remember the balloon: %lu frames are lost",
			          BALLOON_LARGE - done - i);
			break;
		}
		balloon.sheets->frame[balloon.sheets->nr++] = first + i;
	}
	return done;
}

static uint64_t inflate(uint64_t want)
{
	uint64_t done = want == BALLOON_LARGE && frame_largest() >= LARGE_ORDER ? inflate_large() : 0;

	return done ? done : inflate_small(want);
}

static uint64_t deflate(uint64_t want)
{
	struct sheet *sheet = used_sheet();
	xen_pfn_t frame;

	if (!sheet)
		return 0;
	if (!(sheet->frame[sheet->nr - 1] & ENTRY_LARGE))
		return deflate_small(sheet, want);
	frame = sheet->frame[sheet->nr - 1] & ~ENTRY_LARGE;
	if (want < BALLOON_LARGE || !reserve(XENMEM_populate_physmap, &frame, 1, LARGE_ORDER))
		return deflate_broken(sheet, want);
	sheet->nr--;
	frame_free(frame << FRAME_SHIFT, LARGE_ORDER);
	return BALLOON_LARGE;
}

/* In KiB; static-max is what the domain's memory map amounts to, and the target leaves an emulated
 * graphics card's memory out. */
void balloon_target_changed(void)
{
	uint64_t max, target, video;
	struct frame_stats stats;

	if (xenstore_read_u64(0, "memory/static-max", &max) ||
	    xenstore_read_u64(0, "memory/target", &target))
		return;
	if (xenstore_read_u64(0, "memory/videoram", &video) == 0 && video < max)
		max -= video;
	frame_stats(&stats);
	balloon.total = stats.total;
	balloon.goal = target < max ? (max - target) / KIB_PER_FRAME : 0;
	balloon.known = true;
	balloon.starved = balloon.told = false;
	balloon.retry = RETRY_MIN;
}

static void tell(int64_t step)
{
	if (!balloon.told)
		log_info("xen: balloon: %lu of %lu KiB given back, %s", balloon.held * KIB_PER_FRAME,
		         balloon.goal * KIB_PER_FRAME,
		         step < 0 ? "and Xen has no more to give" : "the rest is in use");
	balloon.told = true;
}

uint64_t balloon_work(void)
{
	struct balloon_facts facts;
	uint64_t done, now;
	int64_t step = 0;

	if (!balloon.known)
		return WAIT_FOREVER;
	do {
		facts = (struct balloon_facts){
			.held = balloon.held,
			.goal = balloon.goal,
			.free = frame_free_count(),
			.total = balloon.total,
			.starved = balloon.starved,
		};
		step = balloon_step(&facts);
		done = step > 0 ? inflate((uint64_t)step) : step < 0 ? deflate((uint64_t)-step) : 0;
		balloon.held += step > 0 ? done : -done;
		if (done) {
			balloon.starved = false;
			balloon.retry = RETRY_MIN;
		}
		thread_yield();
	} while (done);
	if (balloon.held == balloon.goal)
		return WAIT_FOREVER;
	/* What is missing may come: another look after a while, less and less often. */
	balloon.starved = step >= 0;
	tell(step);
	now = clock_ns();
	balloon.retry = MIN(balloon.retry * 2, RETRY_MAX);
	return now + balloon.retry;
}
