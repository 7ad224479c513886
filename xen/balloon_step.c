/* SPDX-License-Identifier: BSD-2-Clause */
/* The balloon's decisions: how much, and when to stop. */
#include "xen/balloon.h"

#define FLOOR_MIN (MIB(2) >> FRAME_SHIFT)
#define FLOOR_PART 32 /* of the domain's memory */
#define HYSTERESIS                                                                                 \
	(MIB(1) >> FRAME_SHIFT) /* free beyond the floor before a starved balloon goes on */

uint64_t balloon_floor(uint64_t total)
{
	return MIN(MAX(total / FLOOR_PART, FLOOR_MIN), total / 4);
}

int64_t balloon_step(const struct balloon_facts *f)
{
	uint64_t floor = balloon_floor(f->total), more;

	if (f->held > f->goal)
		return -(int64_t)MIN(f->held - f->goal, BALLOON_LARGE);
	more = f->goal - f->held;
	if (more == 0 || f->free <= floor + (f->starved ? HYSTERESIS : 0))
		return 0;
	return (int64_t)MIN(MIN(more, f->free - floor), BALLOON_LARGE);
}
