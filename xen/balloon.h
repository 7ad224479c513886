/* SPDX-License-Identifier: BSD-2-Clause */
/* `xl mem-set`: giving memory back to Xen and taking it again. memory/static-max is what the domain
 * was built with, memory/target what it shall have; the difference is held in the balloon: frames
 * that the allocator has handed out and that have no memory behind them. Only free memory goes that
 * way: the program never loses any. */
#ifndef PAGURUS_XEN_BALLOON_H
#define PAGURUS_XEN_BALLOON_H

#include "include/types.h"

#define BALLOON_LARGE 512UL /* frames of a large block, 2 MiB */

struct balloon_facts {
	uint64_t held;  /* frames in the balloon now */
	uint64_t goal;  /* how many there shall be */
	uint64_t free;  /* frames that the allocator could hand out */
	uint64_t total; /* frames of RAM that the domain began with */
	bool starved;   /* the last step down stopped at the floor */
};

/* Free frames that are never given away. */
uint64_t balloon_floor(uint64_t total);

/* What to do next: so many frames into the balloon (> 0), out of it (< 0), or nothing (0), where the
 * goal is reached or the floor is: then more must be free than the floor alone before it goes on.
 * At most BALLOON_LARGE. Pure. */
int64_t balloon_step(const struct balloon_facts *facts);

/* Reads memory/target. Threads only. */
void balloon_target_changed(void);

/* Moves towards the goal, as far as that can be done now. Returns when to be called again (clock_ns());
 * WAIT_FOREVER: when the target changes. Threads only. */
uint64_t balloon_work(void);

/* Frames in the balloon. */
uint64_t balloon_held(void);

#endif
