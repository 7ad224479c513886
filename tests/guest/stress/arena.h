/* SPDX-License-Identifier: BSD-2-Clause */
/* A piece of the address space, and a model of what it must hold. */
#ifndef TESTS_GUEST_STRESS_ARENA_H
#define TESTS_GUEST_STRESS_ARENA_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096UL

enum content {
	ZERO,
	STAMPED,
	EITHER, /* after MADV_FREE: what it was, or zeros */
};

struct page {
	uint64_t stamp; /* of STAMPED and EITHER */
	bool mapped;
	uint8_t prot;    /* PROT_ */
	uint8_t content; /* enum content */
};

struct arena {
	char *base;
	size_t pages;
	struct page *model;
	pthread_rwlock_t lock; /* its owner changes it, others may look */
};

void arena_init(struct arena *arena, size_t pages);

/* Fills page p, which is writable, with words that follow from stamp alone. */
void arena_stamp(struct arena *arena, size_t p, uint64_t stamp);

/* Compares page p, every word of it, with the model; where it must not be read or written, tries to.
 * who: for the message. */
void arena_check(struct arena *arena, size_t p, const char *who);

#endif
