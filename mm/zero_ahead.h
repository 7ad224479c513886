/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames zeroed ahead of need by CPUs that have nothing else to do, so that first touch finds them
 * (CONFIG_ZERO_AHEAD). They stay in the free lists of the frame allocator, which knows which ones hold
 * zeros: whoever needs memory gets them as any other, and they count as free. */
#ifndef PAGURUS_MM_ZERO_AHEAD_H
#define PAGURUS_MM_ZERO_AHEAD_H

#include "include/types.h"

#ifdef CONFIG_ZERO_AHEAD

/* For frame_init(). */
void zero_ahead_init(void);

/* Zeroes the next 16 KiB. Returns false where there is nothing to do: as much is zeroed as is allowed
 * (CONFIG_ZERO_AHEAD_MIB, an eighth of what is free), or all that is free. Interrupts off. */
bool zero_ahead_step(void);

/* Memory is short: gives the blocks that CPUs have begun to zero back to the free lists. Returns
 * whether there were any. Any context, frame_lock not held. */
bool zero_ahead_return(void);

#else

static inline void zero_ahead_init(void)
{
}

static inline bool zero_ahead_step(void)
{
	return false;
}

static inline bool zero_ahead_return(void)
{
	return false;
}

#endif
#endif
