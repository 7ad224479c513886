/* SPDX-License-Identifier: BSD-2-Clause */
/* CONFIG_LOCK_ORDER: remembers which spin lock was taken while which other one was held, and panics
 * as soon as two orders together could end in a deadlock, whether they ever meet or not. Locks in
 * static storage are each of a class of their own; of those in allocated memory, all that the same
 * line of the source takes are one class. */
#ifndef PAGURUS_X86_LOCK_ORDER_H
#define PAGURUS_X86_LOCK_ORDER_H

#include "include/types.h"

/* A place in the source that takes a lock; known by name in the report. */
struct lock_site {
	const char *file, *what;
	uint32_t line;
	uint16_t number; /* of the class of what is taken here; 0: not yet known */
};

/* The lock at address is about to be taken, interrupts off; tried: only if that needs no waiting, so
 * that no order can be wrong. */
void lock_order_take(const void *lock, struct lock_site *site, bool tried);
void lock_order_release(const void *lock);

/* Whoever sleeps must hold none. */
void lock_order_check_none(void);

/* From now on nothing is checked: a panic takes locks in whatever order it can. */
void lock_order_stop(void);

#endif
