/* SPDX-License-Identifier: BSD-2-Clause */
/* The upper half of malloc: objects of one size class come from slabs, and each CPU keeps some at
 * hand, in a list that percpu_list_pop() and _push() work on and in what stands here. */
#ifndef PAGURUS_CORE_MALLOC_SMALL_H
#define PAGURUS_CORE_MALLOC_SMALL_H

#include "arch/x86/percpu_list.h"
#include "core/malloc/class.h"
#include "include/types.h"

_Static_assert(PERCPU_LISTS == CLASSES, "a list for each class");

/* The same as percpu_list_pop(class), for classes whose objects are at least a page: *zero tells
 * whether it holds zeros. */
void *small_alloc_zero(unsigned class, bool *zero);

/* Gives all free objects of this CPU and of those that the CPUs share back to their slabs, and slabs
 * that hold no others to the runs. Returns whether there was one. For when memory is short. */
bool small_trim(void);

/* Sets up percpu_list_most. */
void small_init(void);

/* CONFIG_DEBUG_CHECKS: does an object begin at p, and not one that was never handed out? */
bool small_is_object(const void *p, unsigned class);

#endif
