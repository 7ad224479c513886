/* SPDX-License-Identifier: BSD-2-Clause */
/* What kernel sources find below them when they are compiled into a host test: a piece of memory
 * that plays physical memory, one CPU, panic() and log_print(). Linked into every test. */
#ifndef PAGURUS_HOST_STUBS_H
#define PAGURUS_HOST_STUBS_H

#include <stddef.h>
#include <stdint.h>

#ifndef HOST_FUZZ
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>
#endif

/* phys_to_virt(p) is host_direct_map + p. */
extern uint64_t host_direct_map;

/* Maps size bytes of zeroed memory to play physical addresses [start, start + size), on demand as
 * for any anonymous mapping, so gigabytes cost nothing. start and size: multiples of 4 KiB. */
void host_memory_init(uint64_t start, uint64_t size);

/* Gives that memory back: a later access to it faults. */
void host_memory_destroy(void);

/* panic() in a test is a failed assertion: expect_assert_failure(call()) expects one, and leaves
 * the text here; elsewhere the test fails with it. In a fuzz target panic() aborts. */
extern char host_panic_text[512];

/* A reproducible random number (xorshift64*); a test sets host_random_state to choose the run. */
extern uint64_t host_random_state;
uint64_t host_random(void);

/* Of 0 .. n - 1; n > 0. */
static inline uint64_t host_random_below(uint64_t n)
{
	return host_random() % n;
}

#endif
