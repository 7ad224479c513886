/* SPDX-License-Identifier: BSD-2-Clause */
/* Size classes of malloc: 16 to 128 bytes in steps of 16, then four to each doubling, up to 64 KiB;
 * so at most a fifth of an object is lost to rounding. */
#ifndef PAGURUS_CORE_MALLOC_CLASS_H
#define PAGURUS_CORE_MALLOC_CLASS_H

#include "core/malloc/run.h"
#include "include/types.h"

#define CLASS_STEP 16  /* also malloc's alignment */
#define CLASS_LINEAR 8 /* classes 1 to 8 */
#define CLASS_LARGEST KIB(64)
#define CLASSES 45 /* 1 to 44 */

/* The class of objects for size bytes, at most CLASS_LARGEST. */
static inline unsigned class_of(size_t size)
{
	unsigned power;

	if (size <= CLASS_STEP * CLASS_LINEAR)
		return size ? (size + CLASS_STEP - 1) / CLASS_STEP : 1;
	size--;
	power = 63 - __builtin_clzl(size);
	/* The two bits below the leading one tell the quarter: (size >> (power - 2)) is 4 to 7. */
	return CLASS_LINEAR + (power - 7) * 4 + (size >> (power - 2)) - 3;
}

/* Bytes of an object. */
static inline size_t class_size(unsigned class)
{
	unsigned k = class - CLASS_LINEAR - 1;

	if (class <= CLASS_LINEAR)
		return class * CLASS_STEP;
	return (5UL + k % 4) << (k / 4 + 5);
}

/* Units of a slab: room for four objects at least, for eight of the smaller ones. */
static inline uint32_t class_units(unsigned class)
{
	size_t size = class_size(class);

	return size <= KIB(8) ? 1 : size <= KIB(32) ? 4 : 8;
}

#endif
