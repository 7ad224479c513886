/* SPDX-License-Identifier: BSD-2-Clause */
/* For targets that unpack: memory that ends, and a bound on what may come out. Included once per
 * target. */
#ifndef PAGURUS_UNPACK_INPUT_H
#define PAGURUS_UNPACK_INPUT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/unpack.h"

#define MEMORY (1UL << 22)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

bool unpack_grow(struct unpack *u)
{
	uint8_t *larger;

	if (u->room >= MEMORY)
		return false;
	larger = malloc(u->room * 2);
	memcpy(larger, u->out, u->used);
	free(u->out);
	u->out = larger;
	u->room *= 2;
	return true;
}

void *heap_alloc(size_t size)
{
	return size <= MEMORY * 4 ? malloc(size) : NULL;
}

void *heap_zalloc(size_t size)
{
	return size <= MEMORY * 4 ? calloc(1, size) : NULL;
}

void heap_free(void *p)
{
	free(p);
}

/* Whatever it is: the end comes, content lies in the room, and what is refused is so for a reason. */
static void unpack_one(const uint8_t *data, size_t size, const char *(*run)(struct unpack *u),
                       uint64_t (*guess)(const uint8_t *data, size_t size))
{
	/* Copies, so that a read behind the end is found. */
	struct unpack u = { .data = memcpy(malloc(size), data, size), .size = size, .room = 4096 };
	const char *problem;
	uint64_t wanted;

	u.out = malloc(u.room);
	wanted = guess(u.data, size);
	problem = run(&u);
	if (u.used > u.room || (problem && !*problem) || (!problem && wanted > 1UL << 40)) {
		fprintf(stderr, "%zu of %zu bytes, %s\n", u.used, u.room, problem ? problem : "fine");
		abort();
	}
	free(u.out);
	free((void *)u.data);
}

#endif
