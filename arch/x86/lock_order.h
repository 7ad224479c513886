/* SPDX-License-Identifier: BSD-2-Clause */
/* CONFIG_LOCK_ORDER: remembers which lock was taken while which other one was held, spin locks by a
 * CPU and sleeping mutexes by a thread, and panics as soon as two orders together could end in a
 * deadlock, whether they ever meet or not. Locks in
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

#define LOCK_ORDER_HELD_MAX 16

/* What a CPU or a thread holds. */
struct lock_order_held {
	struct {
		const void *lock;
		const struct lock_site *site;
		unsigned number;
	} stack[LOCK_ORDER_HELD_MAX];
	unsigned depth;
};

/* The lock at address is about to be taken, interrupts off; tried: only if that needs no waiting, so
 * that no order can be wrong. */
void lock_order_take(const void *lock, struct lock_site *site, bool tried);
void lock_order_release(const void *lock);

/* The same for a mutex that the owner of held takes. Interrupts may be on. */
void lock_order_take_mutex(struct lock_order_held *held, const void *mutex, struct lock_site *site,
                           bool tried);
void lock_order_release_mutex(struct lock_order_held *held, const void *mutex);

/* Whoever sleeps must hold no spin lock. */
void lock_order_check_none(void);

/* Whoever ends must hold no mutex either. */
void lock_order_check_end(const struct lock_order_held *held);

/* From now on nothing is checked: a panic takes locks in whatever order it can. */
void lock_order_stop(void);

#endif
