/* sources: mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c mm/zero_ahead.c */
/* flags: -DCONFIG_ZERO_AHEAD=1 -DCONFIG_ZERO_AHEAD_MIB=16 -DCONFIG_POISON_FRAMES=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* The same where freed frames are filled with a pattern. */
#include "tests/unit/test_zero_ahead.c"
