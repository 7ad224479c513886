/* SPDX-License-Identifier: BSD-2-Clause */
/* The two-level event ABI: bit w of the selector says that pending word w wants a look. */
#include "xen/event.h"

static unsigned scan_word(unsigned word, uint64_t *pending, const uint64_t *mask,
                          void (*deliver)(unsigned port))
{
	uint64_t ready = READ_ONCE(*pending) & ~READ_ONCE(*mask);
	unsigned count = 0, bit;

	while (ready) {
		bit = (unsigned)__builtin_ctzll(ready);
		ready &= ready - 1;
		/* Cleared before the handler looks, so that a new event is not lost. */
		__atomic_fetch_and(pending, ~(1ULL << bit), __ATOMIC_SEQ_CST);
		deliver(word * 64 + bit);
		count++;
	}
	return count;
}

unsigned event_scan(uint64_t selector, uint64_t pending[64], const uint64_t mask[64],
                    void (*deliver)(unsigned port))
{
	unsigned count = 0, word;

	while (selector) {
		word = (unsigned)__builtin_ctzll(selector);
		selector &= selector - 1;
		count += scan_word(word, &pending[word], &mask[word], deliver);
	}
	return count;
}
